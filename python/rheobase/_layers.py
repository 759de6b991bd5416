"""Networks of one layer: what modules of other frameworks are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import _network
from ._model import Model
from ._numbers import count, layer_shape


def neurons(model: Model, shape: Any, *, dt: float, **settings: Any) -> _network.Network:
    """Neurons by themselves."""
    part = _network.Neurons(model, **settings).named("neurons")
    return _network.Sequential(part, input=layer_shape(shape), dt=dt)


def dense(
    inputs: int,
    outputs: int,
    model: Model,
    *,
    recurrent: bool,
    bias: bool,
    start: Mapping[str, Any] | None,
    dt: float,
    **settings: Any,
) -> _network.Network:
    """Weights from every input to every neuron, and the neurons; with a recurrence from every neuron to every neuron."""
    layers = [_network.Layer("linear", "input", _network.Linear(outputs, bias=bias, start=start))]
    sources: Any = "linear"
    if recurrent:
        back = _network.Linear(outputs, bias=False, start=start)
        layers.append(_network.Layer("recurrent", _network.Delayed("neurons"), back))
        sources = _network.Sum("linear", "recurrent")
    layers.append(_network.Layer("neurons", sources, _network.Neurons(model, **settings)))
    return _network.Layers(*layers, input=count(inputs, "inputs"), output="neurons", dt=dt)


def conv(
    shape: Sequence[int],
    outputs: int,
    kernel: int | tuple[int, ...],
    model: Model,
    *,
    window: Mapping[str, Any] | None,
    dt: float,
    **settings: Any,
) -> _network.Network:
    """A convolution, and neurons at every place."""
    weights = _network.Layer("conv", "input", _network.Conv(outputs, kernel, **(window or {})))
    layer = _network.Layer("neurons", "conv", _network.Neurons(model, **settings))
    return _network.Layers(weights, layer, input=tuple(shape), output="neurons", dt=dt)
