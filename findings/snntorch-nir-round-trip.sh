#!/usr/bin/env bash
# snnTorch 1.0.0 with nir 1.0.8: a Leaky that is exported and imported resets to 0 at once instead of by subtraction a step late, and
# fires at other steps; a neuron without a leak comes in with beta = 0.9. PyTorch brings 5 GB of libraries along.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'snntorch==1.0.0' 'nir==1.0.8' 'nirtorch==2.6' 'torch==2.15.0' 'numpy==2.4.6'
cd "$work"
"$work/env/bin/python" - << 'PYTHON'
import nir
import numpy as np
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from snntorch.import_nir import import_from_nir


def spikes(leaky, inputs):
    """Steps in which a neuron fires that is given these inputs."""
    mem, fired = leaky.init_leaky(), []
    for step, x in enumerate(inputs):
        spk, mem = leaky(torch.tensor([x]), mem)
        if spk.item() > 0:
            fired.append(step)
    return fired


def leaky_of(network):
    return next(m for m in network.modules() if isinstance(m, snn.Leaky))


def without_hidden_state(leaky):
    leaky.init_hidden = False
    return leaky


# Out and in again: the class with its defaults, whose reset subtracts the threshold, one step late.
linear = torch.nn.Linear(1, 1)
with torch.no_grad():
    linear.weight.fill_(1.0), linear.bias.fill_(0.0)
first = snn.Leaky(beta=torch.full((1,), 0.9), threshold=torch.ones(1), init_hidden=True)
graph = export_to_nir(torch.nn.Sequential(linear, first), torch.zeros(1))
second = leaky_of(import_from_nir(graph))
inputs = [0.7] * 20
print("before:", first.reset_mechanism, "reset_delay", first.reset_delay)
print("after: ", second.reset_mechanism, "reset_delay", second.reset_delay)
fired = [spikes(without_hidden_state(leaky), inputs) for leaky in (first, second)]
print("steps of spikes before:", fired[0])
print("steps of spikes after: ", fired[1])

# A neuron without a leak, as other frameworks write it.
ends = [nir.Input({"input": np.array([1])}), nir.Output({"output": np.array([1])})]
nodes = {"input": ends[0], "if": nir.IF(r=np.ones(1), v_threshold=np.ones(1)), "output": ends[1]}
leaking = leaky_of(import_from_nir(nir.NIRGraph(nodes, [("input", "if"), ("if", "output")])))
print("a neuron without a leak is read with beta =", leaking.beta.item())

assert (first.reset_mechanism, first.reset_delay) == ("subtract", True), "this has changed"
assert (second.reset_mechanism, second.reset_delay) == ("zero", False), "this has changed"
assert fired[0] != fired[1], "this has changed"
assert leaking.beta.item() < 1, "this has changed"
PYTHON
