#!/usr/bin/env bash
# Nengo 4.1.0: a LIF whose refractory period is shorter than dt. Its rate formula (`LIF.rates`) and its simulation part: after a
# spike the rest of the step is not integrated. Seen: 383.6 and 474.6 Hz by the formula, 333 Hz simulated for both; 243.5 and
# 243.5 with tau_ref = 2 dt. Our `lif` does the same by default, says so, and follows the formula with `carry_over`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" -q install nengo==4.1.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PY'
import nengo
import numpy as np

DT, SECONDS = 0.001, 2.0
for tau_ref, formula, simulated in [(0.002, 243.5, 243.5), (0.0005, 383.6, 333.0), (0.0, 474.6, 333.0)]:
    rest = {"voltage": nengo.dists.Choice([0])}
    lif = nengo.LIF(tau_rc=0.02, tau_ref=tau_ref, initial_state=rest)
    with nengo.Network() as net:
        neuron = nengo.Ensemble(1, 1, neuron_type=lif, gain=[1.0], bias=[10.0])
        probe = nengo.Probe(neuron.neurons)
    with nengo.Simulator(net, dt=DT, progress_bar=False) as sim:
        sim.run(SECONDS)
    rate = sim.data[probe].sum() * DT / SECONDS
    said = lif.rates(np.zeros(1), np.ones(1), np.full(1, 10.0)).item()
    print(f"tau_ref {tau_ref}: formula {said:.1f} Hz, simulated {rate:.1f} Hz")
    assert abs(said - formula) < 0.1 and abs(rate - simulated) < 0.6, "this has changed"
PY
