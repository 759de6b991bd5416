"""Losses, optimisers, schedules and clipping as PyTorch computes them, for tests/learning_reference.rs.

    pip install torch && python make_learning_reference.py > learning_reference.json

Losses and their gradients are double precision, optimisers single precision as in training.
"""

import json

import torch
import torch.nn.functional as F

STEPS, CLASSES, LABEL = 7, 4, 2


def losses():
    draw = torch.Generator().manual_seed(1)
    spikes = (torch.rand(STEPS, CLASSES, generator=draw) < 0.4).double()
    spikes[:, 3] = 0  # a silent output
    # Rounded to single precision, as the library reads them.
    potential = torch.randn(STEPS, CLASSES, generator=draw).double()
    course = torch.randn(STEPS, CLASSES, generator=draw).double()
    label = torch.tensor(LABEL)
    wanted = torch.where(torch.arange(CLASSES) == LABEL, 0.8, 0.2).double()

    def cross_entropy(readout, trace, gain=1.0, smoothing=0.0):
        scores = {
            "count": lambda: trace.sum(0),
            "rate": lambda: trace.mean(0),
            "max": lambda: trace.amax(0),
            "mean": lambda: trace.mean(0),
            "last": lambda: trace[-1],
        }[readout]()
        return F.cross_entropy(gain * scores, label, label_smoothing=smoothing)

    def first_spike(trace, tau):
        times = torch.cumprod(1 - trace, 0).sum(0)
        return F.cross_entropy(-times / tau, label)

    cases = [
        ({"kind": "cross_entropy", "readout": r, "gain": g, "smoothing": e}, x,
         lambda t, r=r, g=g, e=e: cross_entropy(r, t, g, e))
        for r, x in [("count", spikes), ("rate", spikes), ("max", potential), ("mean", potential), ("last", potential)]
        for g, e in [(1.0, 0.0), (3.5, 0.1)]
    ]
    cases += [
        ({"kind": "rate_error", "correct": 0.8, "incorrect": 0.2}, spikes, lambda t: F.mse_loss(t.mean(0), wanted)),
        ({"kind": "trace_error"}, potential, lambda t: F.mse_loss(t, course)),
        ({"kind": "first_spike", "tau": 2.5}, spikes, lambda t: first_spike(t, 2.5)),
    ]
    rows = []
    for settings, values, loss in cases:
        trace = values.clone().requires_grad_()
        value = loss(trace)
        value.backward()
        rows.append({
            "loss": settings, "trace": values.flatten().tolist(), "value": value.item(),
            "gradient": trace.grad.flatten().tolist(),
        })
    return {"classes": CLASSES, "label": LABEL, "course": course.flatten().tolist(), "cases": rows}


def optimisers():
    draw = torch.Generator().manual_seed(2)
    start = torch.randn(9, generator=draw)
    # Sizes over eight decades, and a parameter that never has a gradient.
    gradients = torch.randn(30, 9, generator=draw) * 10.0 ** torch.arange(-4.0, 5.0)
    gradients[:, 4] = 0
    rate = 0.01
    kinds = [
        ({"kind": "sgd"}, lambda p: torch.optim.SGD(p, lr=rate)),
        ({"kind": "sgd", "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9)),
        ({"kind": "sgd", "momentum": 0.8, "nesterov": True},
         lambda p: torch.optim.SGD(p, lr=rate, momentum=0.8, nesterov=True)),
        ({"kind": "adam"}, lambda p: torch.optim.Adam(p, lr=rate)),
        ({"kind": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
         lambda p: torch.optim.Adam(p, lr=rate, betas=(0.8, 0.95), eps=1e-3)),
        ({"kind": "adamw"}, lambda p: torch.optim.AdamW(p, lr=rate)),
        ({"kind": "adamw", "weight_decay": 0.5}, lambda p: torch.optim.AdamW(p, lr=rate, weight_decay=0.5)),
    ]
    rows = []
    for settings, make in kinds:
        parameter = torch.nn.Parameter(start.clone())
        optimiser = make([parameter])
        after = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimiser.step()
            after.append(parameter.detach().tolist())
        rows.append({"optimiser": settings, "after": after})
    return {"rate": rate, "start": start.tolist(), "gradients": gradients.tolist(), "cases": rows}


def schedules():
    from torch.optim import lr_scheduler as s

    history = [1.0, 0.8, 0.79, 0.795, 0.79, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.49, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
    kinds = [
        ({"kind": "step", "every": 4, "factor": 0.3}, lambda o: s.StepLR(o, 4, 0.3)),
        ({"kind": "exponential", "factor": 0.9}, lambda o: s.ExponentialLR(o, 0.9)),
        ({"kind": "cosine", "epochs": 19.0, "floor": 0.05}, lambda o: s.CosineAnnealingLR(o, 19, 0.05)),
        ({"kind": "plateau", "patience": 2, "factor": 0.5, "minimum_delta": 0.02, "cooldown": 1, "floor": 0.2},
         lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=0.02, threshold_mode="abs", cooldown=1,
                                       min_lr=0.2)),
    ]
    rows = []
    for settings, make in kinds:
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        schedule = make(optimiser)
        factors = [1.0]
        for value in history:
            optimiser.step()
            schedule.step(value) if settings["kind"] == "plateau" else schedule.step()
            factors.append(optimiser.param_groups[0]["lr"])
        rows.append({"schedule": settings, "factors": factors})
    return {"history": history, "cases": rows}


def clipping():
    draw = torch.Generator().manual_seed(3)
    gradients = [torch.randn(n, generator=draw) for n in (5, 40)]
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, 2.0)
    return {
        "limit": 2.0, "gradients": [g.tolist() for g in gradients], "norm": norm.item(),
        "clipped": [p.grad.tolist() for p in parameters],
    }


if __name__ == "__main__":
    parts = {
        "made_with": f"torch {torch.__version__.split('+')[0]}",
        "losses": losses(), "optimisers": optimisers(), "schedules": schedules(), "clipping": clipping(),
    }
    print("{" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in parts.items()) + "}")
