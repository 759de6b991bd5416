"""Runs snnTorch's Leaky and Synaptic and writes what they give to snntorch_reference.json.

In 64 bit, but for spikes and the gradients through them: snnTorch always makes those 32 bit.
Needs `pip install torch snntorch`; the file in the repository was made with the versions it names.
    python snntorch_reference.py
"""

import json
import math
from pathlib import Path

import snntorch
import torch

torch.set_default_dtype(torch.float64)
STEPS, NEURONS = 60, 5
SLOPE = 25.0

# Drive that keeps the potential below threshold right after a reset: above it, snnTorch's two resets differ.
INPUT = [
    [0.35 + 0.3 * math.sin(0.7 * t + n) + 0.05 * n for n in range(NEURONS)] for t in range(STEPS)
]
# Weights and thresholds are exact in 32 bit.
WEIGHTS = [[round(64 * math.cos(0.37 * t * (n + 1) + n)) / 64 for n in range(NEURONS)] for t in range(STEPS)]

CASES = [
    ("leaky_late", "Leaky", {"beta": 0.9, "threshold": 1.0, "reset_mechanism": "subtract", "reset_delay": True}),
    ("leaky_late_2", "Leaky", {"beta": 0.6, "threshold": 0.75, "reset_mechanism": "subtract", "reset_delay": True}),
    ("leaky_early", "Leaky", {"beta": 0.9, "threshold": 1.0, "reset_mechanism": "subtract", "reset_delay": False}),
    ("leaky_none", "Leaky", {"beta": 0.8, "threshold": 1e9, "reset_mechanism": "none", "reset_delay": True}),
    (
        "synaptic_late",
        "Synaptic",
        {"alpha": 0.5, "beta": 0.8, "threshold": 1.25, "reset_mechanism": "subtract", "reset_delay": True},
    ),
    (
        "synaptic_equal",
        "Synaptic",
        {"alpha": 0.7, "beta": 0.7, "threshold": 2.0, "reset_mechanism": "subtract", "reset_delay": True},
    ),
    (
        "synaptic_early",
        "Synaptic",
        {"alpha": 0.3, "beta": 0.85, "threshold": 1.5, "reset_mechanism": "subtract", "reset_delay": False},
    ),
]


def run(kind, params):
    """Spikes, states and the gradient of sum(WEIGHTS · output) with respect to the input."""
    x = torch.tensor(INPUT, requires_grad=True)
    weights = torch.tensor(WEIGHTS)
    layer = getattr(snntorch, kind)(spike_grad=snntorch.surrogate.fast_sigmoid(slope=SLOPE), **params)
    state = [torch.zeros(NEURONS) for _ in range(2 if kind == "Synaptic" else 1)]
    rows = []
    for row in x:
        spike, *state = layer(row, *state)
        rows.append((spike, *state))
    spikes, *states = (torch.stack(column) for column in zip(*rows))
    # Without reset the neuron is a readout: its output is the potential.
    output = states[-1] if params["reset_mechanism"] == "none" else spikes
    (output * weights).sum().backward()
    result = {"spikes": spikes.detach().int().tolist(), "mem": states[-1].detach().tolist()}
    if kind == "Synaptic":
        result["syn"] = states[0].detach().tolist()
    return result | {"grad_input": x.grad.tolist()}


def main():
    cases = [{"name": name, "class": kind, **params, **run(kind, params)} for name, kind, params in CASES]
    for case in cases:
        print(case["name"], sum(map(sum, case["spikes"])), "spikes")
    document = {
        "made_by": f"snnTorch {snntorch.__version__}, PyTorch {torch.__version__}, 64-bit",
        "slope": SLOPE,
        "input": INPUT,
        "weights": WEIGHTS,
        "cases": cases,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
