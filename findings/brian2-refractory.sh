#!/usr/bin/env bash
# Brian2: a refractory period of n steps holds a neuron for n − 1 steps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'brian2==2.9.0' 'numpy==2.3.5'
"$work/env/bin/python" - << 'PYTHON'
from brian2 import *

prefs.codegen.target = "numpy"
defaultclock.dt = 0.1 * ms
group = NeuronGroup(
    1, "dv/dt = (3 - v)/(20*ms) : 1 (unless refractory)", threshold="v > 1", reset="v = 0", refractory=2 * ms, method="exact"
)
spikes, states = SpikeMonitor(group), StateMonitor(group, "v", record=True)
run(20 * ms)
fired = int(round(spikes.t[0] / (0.1 * ms)))
# states.v[n] is the potential at the start of step n: that of the spike's own step is followed by its reset.
held = next(n for n in range(100) if states.v[0][fired + 2 + n] != 0)
print(f"fired in step {fired}; refractory for 20 steps; held in {held} of the steps that follow")
assert held == 19, "this has changed"
PYTHON
