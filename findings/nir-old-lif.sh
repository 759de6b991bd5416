#!/usr/bin/env bash
# nir 1.0.4 writes a LIF (no reset potential there: the membrane returns to its rest, v_leak), nir 1.0.8 reads it. Seen: v_reset = 0 is
# filled in, whatever v_leak is. With v_leak = -65 and v_threshold = -50 the neuron is reset above its threshold.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/old"
"$folder/old/bin/pip" -q install nir==1.0.4
python3 -m venv "$folder/new"
"$folder/new/bin/pip" -q install nir==1.0.8
cd "$folder"
old/bin/python - <<'PY'
import nir
import numpy as np

one = np.array([1])
lif = nir.LIF(tau=np.array([0.02]), r=np.array([1.0]), v_leak=np.array([-65.0]), v_threshold=np.array([-50.0]))
nodes = {"input": nir.Input(one), "lif": lif, "output": nir.Output(one)}
nir.write("old.nir", nir.NIRGraph(nodes, [("input", "lif"), ("lif", "output")]))
PY
new/bin/python - <<'PY'
import nir

lif = nir.read("old.nir").nodes["lif"]
print(f"v_leak {lif.v_leak[0]}, v_threshold {lif.v_threshold[0]}, v_reset {lif.v_reset[0]}")
assert lif.v_reset[0] == 0.0, "this has changed"
PY
