#!/usr/bin/env bash
# nir 1.0.8: it refuses a file with a grouped convolution that it has written itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'nir==1.0.8' 'numpy==2.3.5'
cd "$work"
"$work/env/bin/python" - << 'PYTHON'
import nir
import numpy as np

# Four inputs and four outputs in two groups: each kernel sees two inputs.
conv = nir.Conv2d(
    input_shape=(5, 5), weight=np.ones((4, 2, 3, 3), np.float32), stride=1, padding=1, dilation=1, groups=2, bias=np.zeros(4)
)
nodes = {
    "input": nir.Input(input_type={"input": np.array([4, 5, 5])}),
    "conv": conv,
    "output": nir.Output(output_type={"output": np.array([4, 5, 5])}),
}
graph = nir.NIRGraph(nodes, [("input", "conv"), ("conv", "output")], type_check=False)
nir.write("groups.nir", graph)
try:
    nir.read("groups.nir")
except ValueError as e:
    print(e)
else:
    raise SystemExit("this has changed")
PYTHON
