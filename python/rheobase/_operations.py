"""Networks of Rheobase made of PyTorch's operations, for devices and precisions that the engine does not know.

What a node computes, and every model's equations, come from the engine as lists of instructions; nothing of a model is written here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ._native import Sequence as _Function

# --- Equations --------------------------------------------------------------------------------------------------------------


class Spike(torch.autograd.Function):
    """What fires on a margin; goes back by the slope of the surrogate."""

    generate_vmap_rule = True

    @staticmethod
    def forward(margin: Tensor, through: Tensor, slope: Tensor, name: str) -> Tensor:
        if name == "count":
            return margin.trunc()
        return (margin > 0 if name == "fire_strict" else margin >= 0).to(margin.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(inputs[2])

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Any, ...]:
        (slope,) = ctx.saved_tensors
        return None, upstream * slope, None, None


class Gate(torch.autograd.Function):
    """``yes`` where a neuron has fired, else ``no``; goes back to the spike by the jump between them."""

    generate_vmap_rule = True

    @staticmethod
    def forward(own: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return torch.where(own > 0.5, yes, no)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Any, ...]:
        own, yes, no = ctx.saved_tensors
        fired, nothing = own > 0.5, torch.zeros_like(upstream)
        return upstream * (yes - no), torch.where(fired, upstream, nothing), torch.where(fired, nothing, upstream)


def _abs(x: Tensor) -> Tensor:
    return torch.where(x < 0, -x, x)


def _softplus(x: Tensor) -> Tensor:
    return torch.logaddexp(x, torch.zeros_like(x))


_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "lt": operator.lt,
    "le": operator.le,
    "and": operator.and_,
    "or": operator.or_,
    "not": operator.invert,
    "abs": _abs,
    "floor": torch.floor,
    "trunc": torch.trunc,
    "sqrt": torch.sqrt,
    "exp": torch.exp,
    "exp_m1": torch.expm1,
    "ln": torch.log,
    "ln_1p": torch.log1p,
    "softplus": _softplus,
    "tanh": torch.tanh,
    "cosh": torch.cosh,
    "detach": torch.detach,
}
_DECIDING = {
    "select": lambda mask, yes, no, _: torch.where(mask, yes, no),
    "gate": lambda own, yes, no, _: Gate.apply(*torch.broadcast_tensors(own, yes, no)),
}


def _evaluate(formula: tuple[int, Any, Any], inputs: Sequence[Tensor], like: Tensor) -> list[Tensor]:
    """The results of a formula; ``like`` has the kind, the device and the shape of what is constant among them."""
    values = list(inputs)
    for name, given in formula[1]:
        arguments = [values[a] if isinstance(a, int) else a for a in given]
        if name not in _FUNCTIONS:
            arguments = [a if isinstance(a, Tensor) else torch.full((), a, dtype=like.dtype, device=like.device) for a in arguments]
        if name in _FUNCTIONS:
            values.append(_FUNCTIONS[name](*arguments))
        elif name in _DECIDING:
            values.append(_DECIDING[name](*arguments, name))
        else:
            margin, through, *slope = torch.broadcast_tensors(*arguments)
            values.append(Spike.apply(margin.detach(), through, *(slope or [torch.ones_like(margin)]), name))
    return [values[a] if isinstance(a, int) else torch.full_like(like, a) for a in formula[2]]


# --- Nodes ------------------------------------------------------------------------------------------------------------------


class _Neurons:
    """A layer of neurons with its parameters, for the time of one call."""

    def __init__(self, node: dict[str, Any], tensors: Sequence[Tensor], like: Tensor) -> None:
        self.node, self.learned = node, bool(node["learned"])
        # As the engine does: in double precision, once, then rounded. Not every device has that.
        wide = torch.empty((), dtype=torch.float64)
        params = list(node["params"])
        self.initial: dict[int, Tensor] = {}
        for (field, initial), tensor in zip(node["learned"], tensors, strict=True):
            if initial:
                self.initial[field] = tensor.reshape(-1)
            else:
                params[field] = tensor.reshape(-1).to("cpu", torch.float64)
        dt = torch.full((), node["dt"], dtype=torch.float64)
        self.coeffs = [k.to(like.device, like.dtype) for k in _evaluate(node["prepare"], [*params, dt], wide)]
        self.rest = _evaluate(node["at_rest"], params, wide) if self.learned else []

    def start(self, reset: list[Tensor]) -> list[Tensor]:
        """The state after a reset, where it depends on what is learned; else as given."""
        state = list(reset)
        for field, at_rest in enumerate(self.node["rest"]):
            if field in self.initial:
                state[field] = self.initial[field].expand_as(reset[field])
            elif at_rest and self.learned:
                state[field] = self.rest[field].to(reset[field].device, reset[field].dtype).expand_as(reset[field])
        return state

    def first(self, state: list[Tensor], like: Tensor) -> Tensor:
        """What has been sent before the first step."""
        return _evaluate(self.node["first"], [*(k.detach() for k in self.coeffs), *state], like)[0].expand_as(like)

    def step(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        *state, own = _evaluate(self.node["integrate"], [*self.coeffs, *state, x], x)
        *after, out = _evaluate(self.node["emit"], [*self.coeffs, *state, x, own], x)
        if self.node["detach_reset"]:
            after = _evaluate(self.node["emit"], [*self.coeffs, *state, x, own.detach()], x)[:-1]
        return out, after


class _Synapse:
    """A low-pass filter over time."""

    learned = False

    def __init__(self, node: dict[str, Any], *_: Any) -> None:
        self.decay, self.gain, self.through = node["decay"], node["gain"], node["through"]

    def step(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        y = state[0] * self.decay + x * self.gain
        if self.through is None:
            return y, [y]
        y = y + (state[1] - x) * self.through
        return y, [y, state[1] * self.decay + x * self.gain]


_WITH_STATE = {"neurons": _Neurons, "synapse": _Synapse}


def _windows(x: Tensor, node: dict[str, Any], of: Callable[..., Tensor]) -> Tensor:
    """``of`` over maps, whatever axes stand before them."""
    shape = node["from"]
    return of(x.reshape(-1, *shape)).reshape(*x.shape[:-1], -1)


def _conv(x: Tensor, node: dict[str, Any], weight: Tensor, bias: Tensor | None = None) -> Tensor:
    conv = functional.conv1d if len(node["kernel"]) == 1 else functional.conv2d
    settings = {name: node[name] for name in ("stride", "padding", "dilation", "groups")}
    return _windows(x, node, lambda maps: conv(maps, weight, bias, **settings))


def _pool(x: Tensor, node: dict[str, Any]) -> Tensor:
    flat, places = len(node["kernel"]) == 1, int(np.prod(node["kernel"]))
    settings = {name: node[name] for name in ("stride", "padding")}
    if node["kind"] == "max_pool":
        largest = functional.max_pool1d if flat else functional.max_pool2d
        return _windows(x, node, lambda maps: largest(maps, node["kernel"], **settings))
    mean = functional.avg_pool1d if flat else functional.avg_pool2d
    factor = places if node["kind"] == "sum_pool" else 1
    return _windows(x, node, lambda maps: mean(maps, node["kernel"], **settings) * factor)


_STATIC: dict[str, Callable[..., Tensor]] = {
    "same": lambda xs, node: xs[0],
    "sum": lambda xs, node: sum(xs[1:], xs[0]),
    "stack": lambda xs, node: torch.cat(xs, -1),
    "scale": lambda xs, node: xs[0] * node["factor"],
    "relu": lambda xs, node: torch.relu(xs[0]),
    "sigmoid": lambda xs, node: torch.sigmoid(xs[0]),
    "tanh": lambda xs, node: torch.tanh(xs[0]),
    "linear": lambda xs, node, weight, *bias: functional.linear(xs[0], weight.t(), *bias),
    "conv": lambda xs, node, *tensors: _conv(xs[0], node, *tensors),
    "sum_pool": lambda xs, node: _pool(xs[0], node),
    "max_pool": lambda xs, node: _pool(xs[0], node),
    "average_pool": lambda xs, node: _pool(xs[0], node),
}

# --- Networks ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _function(text: str) -> _Function:
    return _Function(text, 0)


class Plan:
    """A network's nodes, and in which order they go through time.

    Raises:
        NotImplementedError: which node cannot be made of operations.
    """

    def __init__(self, text: str) -> None:
        function = _function(text)
        self.text = text
        self.nodes: list[dict[str, Any]] = function.operations()
        self.output: int = function.output()
        shapes = [list(function.shapes()[0]), *(node["shape"] for node in self.nodes)]
        self.widths = [int(np.prod(shape)) for shape in shapes]
        self.delays = [0] * len(shapes)
        for node in self.nodes:
            node["from"] = shapes[node["inputs"][0][0]]
            node["params"] = [torch.from_numpy(values).reshape(-1) for values in node.get("params", ())]
            for source, delay in node["inputs"]:
                self.delays[source] = max(self.delays[source], delay)
        self.runs = self._runs()

    def _runs(self) -> list[range]:
        """Nodes that go through time together, in order: those between the ends of an edge that goes back."""
        ends = list(range(len(self.nodes) + 1))
        for i, node in enumerate(self.nodes):
            ends[i + 1] = max([i + 1, *(source for source, _ in node["inputs"])])
        runs, n = [], 1
        while n <= len(self.nodes):
            last, at = ends[n], n
            while at <= last:
                last, at = max(last, ends[at]), at + 1
            runs.append(range(n, last + 1))
            n = last + 1
        return runs

    def check(self, tensors: Sequence[Tensor]) -> None:
        """Holds what neurons have learned against its ranges."""
        for node in self.nodes:
            if node["kind"] == "neurons":
                for n in range(*node["tensors"]):
                    _function(self.text).check(n, tensors[n].detach().reshape(-1).float().numpy())

    def run(self, x: Tensor, state: Tensor | None, tensors: Sequence[Tensor], reset: Tensor) -> tuple[Tensor, Tensor]:
        """The output ``[time, batch, number]`` and the state after the last step, as the engine's operator gives them."""
        return _Run(self, x, state, tensors, reset).through()


class _Run:
    """A sequence on its way through a network."""

    def __init__(self, of: Plan, x: Tensor, state: Tensor | None, tensors: Sequence[Tensor], reset: Tensor) -> None:
        self.plan, self.steps = of, x.shape[0]
        self.tensors = [tensors[slice(*node["tensors"])] for node in of.nodes]
        self.moving = {
            n: _WITH_STATE[node["kind"]](node, self.tensors[n - 1], x)
            for n, node in enumerate(of.nodes, 1)
            if node["kind"] in _WITH_STATE
        }
        rows = reset.expand(x.shape[1], -1) if state is None else state
        columns = iter(rows.split([w for w, _ in self._columns()], -1))
        self.fields = {n: [next(columns) for _ in range(node["fields"])] for n, node in enumerate(of.nodes, 1)}
        self.past = [[next(columns) for _ in range(delay)] for delay in of.delays]
        """What each source has sent, the latest first."""
        if state is None:
            for n, layer in self.moving.items():
                if isinstance(layer, _Neurons) and layer.learned:
                    self.fields[n] = layer.start(self.fields[n])
                    self.past[n] = [layer.first(self.fields[n], sent) for sent in self.past[n]]
        self.signals: dict[int, Tensor] = {0: x}

    def _columns(self) -> list[tuple[int, int]]:
        """Widths of the parts of a state, and whose they are."""
        fields = [(self.plan.widths[n], n) for n, node in enumerate(self.plan.nodes, 1) for _ in range(node["fields"])]
        return fields + [(self.plan.widths[source], source) for source, d in enumerate(self.plan.delays) for _ in range(d)]

    def through(self) -> tuple[Tensor, Tensor]:
        for run in self.plan.runs:
            if len(run) == 1 and not self._hears_itself(run[0]):
                self._sequence(run[0])
            else:
                self._step_by_step(run)
        fields = [field for n in self.fields for field in self.fields[n]]
        sent = [self._all(source, d)[-ago] for source, d in enumerate(self.plan.delays) for ago in range(1, d + 1)]
        rows = [part.expand(self.signals[0].shape[1], -1) for part in fields + sent]
        after = torch.cat(rows, -1) if rows else self.signals[0].new_empty((self.signals[0].shape[1], 0))
        return self.signals[self.plan.output], after

    def _hears_itself(self, n: int) -> bool:
        return any(source == n for source, _ in self.plan.nodes[n - 1]["inputs"])

    def _all(self, source: int, delay: int) -> Tensor:
        """What a source sends, and has sent that many steps before."""
        if delay == 0:
            return self.signals[source]
        return torch.cat([torch.stack(self.past[source][:delay][::-1]), self.signals[source]])

    def _compute(self, n: int, inputs: list[Tensor]) -> Tensor:
        node = self.plan.nodes[n - 1]
        if n not in self.moving:
            return _STATIC[node["kind"]](inputs, node, *self.tensors[n - 1])
        out, self.fields[n] = self.moving[n].step(inputs[0], self.fields[n])
        return out

    def _sequence(self, n: int) -> None:
        """A node that hears nothing of what comes behind it: all steps at once, if it has no state."""
        inputs = [self._all(source, delay)[: self.steps] for source, delay in self.plan.nodes[n - 1]["inputs"]]
        if n in self.moving:
            self.signals[n] = self._stacked(n, [self._compute(n, [x]) for x in inputs[0].unbind(0)])
        else:
            self.signals[n] = self._compute(n, inputs)

    def _step_by_step(self, run: range) -> None:
        sent: dict[int, list[Tensor]] = {n: [] for n in run}

        def heard(source: int, t: int) -> Tensor:
            if t < 0:
                return self.past[source][-t - 1]
            return sent[source][t] if source in sent else self.signals[source][t]

        for t in range(self.steps):
            for n in run:
                inputs = [heard(source, t - delay) for source, delay in self.plan.nodes[n - 1]["inputs"]]
                sent[n].append(self._compute(n, inputs))
        self.signals.update((n, self._stacked(n, steps)) for n, steps in sent.items())

    def _stacked(self, n: int, steps: list[Tensor]) -> Tensor:
        x = self.signals[0]
        return torch.stack(steps) if steps else x.new_empty((0, x.shape[1], self.plan.widths[n]))
