"""Networks: put together from parts, read from TOML, written to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._model import Learned, Model, PerFeature
from ._numbers import count
from ._toml import toml


class Part:
    """A step of a network: a kind of node with its settings, as a network's file has them.

    :func:`Linear`, :func:`Conv` and so on make the usual ones; models are parts as they are. Every kind of the files can be
    made by its name: ``Part("fire", threshold=15.0)``.
    """

    __slots__ = ("_what", "name")

    def __init__(self, kind: str, /, *, name: str | None = None, **settings: Any) -> None:
        if not isinstance(kind, str):
            raise TypeError(f"kind: the name of a kind of node is needed, not {kind!r}")
        self._what: str | _native.Network = f"{kind} = {toml(settings, kind)}"
        self.name = name

    def named(self, name: str) -> Part:
        """The same part with a name: what errors, files and parameters call it."""
        part = object.__new__(Part)
        part._what, part.name = self._what, name
        return part

    def __repr__(self) -> str:
        return f"Part({self._what})" if self.name is None else f"Part({self._what}).named({self.name!r})"


def Linear(outputs: int, *, bias: bool = True, start: Mapping[str, Any] | None = None) -> Part:
    """``outputs`` sums of weighted inputs, and a bias; ``start`` says how weights begin, such as ``{"uniform": 1.0}``."""
    return Part("linear", outputs=count(outputs, "outputs"), bias=bool(bias), start=start)


def Conv(
    outputs: int,
    kernel: int | tuple[int, ...],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    bias: bool = True,
    start: Mapping[str, Any] | None = None,
) -> Part:
    """A convolution to ``outputs`` channels, over ``[C, L]`` or ``[C, H, W]``; lengths are for all axes or one for each."""
    return Part(
        "conv",
        outputs=count(outputs, "outputs"),
        kernel=_axes(kernel),
        stride=_axes(stride),
        padding=_axes(padding),
        dilation=_axes(dilation),
        groups=groups,
        bias=bool(bias),
        start=start,
    )


def SumPool(kernel: int | tuple[int, ...], *, stride: Any = None, padding: Any = 0) -> Part:
    """The sum of every window; the windows side by side unless ``stride`` says otherwise."""
    return _pool("sum", kernel, stride, padding)


def MaxPool(kernel: int | tuple[int, ...], *, stride: Any = None, padding: Any = 0) -> Part:
    """The largest value of every window."""
    return _pool("max", kernel, stride, padding)


def AveragePool(kernel: int | tuple[int, ...], *, stride: Any = None, padding: Any = 0) -> Part:
    """The mean of every window."""
    return _pool("average", kernel, stride, padding)


def _pool(of: str, kernel: Any, stride: Any, padding: Any) -> Part:
    strides = None if stride is None else _axes(stride)
    return Part("pool", of=of, kernel=_axes(kernel), stride=strides, padding=_axes(padding))


def _axes(lengths: Any) -> list[int]:
    return list(lengths) if isinstance(lengths, (tuple, list)) else [lengths]


def Flatten() -> Part:
    """All values in one row."""
    return Part("flatten")


def Scale(factor: float) -> Part:
    """Every value times ``factor``."""
    return Part("scale", factor=float(factor))


def Synapse(tau: float, shape: str = "exponential") -> Part:
    """A low-pass filter over time, ``"exponential"`` or ``"alpha"``, of time constant ``tau`` in seconds."""
    return Part("synapse", shape=shape, tau=float(tau))


def Dropout(probability: float) -> Part:
    """Values zeroed with this probability during training."""
    return Part("dropout", probability=float(probability))


def ReLU() -> Part:
    """``max(x, 0)``."""
    return Part("relu")


def Sigmoid() -> Part:
    """``1 / (1 + exp(-x))``."""
    return Part("sigmoid")


def Tanh() -> Part:
    """``tanh(x)``."""
    return Part("tanh")


def Identity() -> Part:
    """What comes in: for layers that only combine inputs."""
    return Part("identity")


def Neurons(
    model: Model,
    *,
    initial: Mapping[str, Any] | None = None,
    learn: Iterable[str] = (),
    surrogate: str | tuple[Any, ...] | None = None,
    detach_reset: bool = False,
    competition: Any = None,
    as_rate: bool = False,
    sigma: float | None = None,
) -> Part:
    """A layer of neurons, as many as there are inputs; a model alone is one with nothing else said.

    Args:
        model: The model; parameters that are :class:`Learned` are learned, those that are :class:`PerFeature` drawn.
        initial: Where state fields start, one number or one for each neuron.
        learn: What else is learned: ``"initial.v"`` for the start of a state field, with ``[]`` behind it one value per neuron.
        surrogate: What stands in for the derivative of a spike: a name, or a name and its parameters in a tuple.
        detach_reset: Whether gradients stop at the reset.
        competition: How the neurons compete (:class:`Competition`).
        as_rate: Whether they are run as their rate curve, to be run as spikes later (:meth:`Trained.as_spikes`).
        sigma: As a rate, the width over which the curve is smoothed at threshold, in units of the input.
    """
    if not isinstance(model, Model):
        raise TypeError(f"model: a model such as LIF() is needed, not {model!r}")
    values, drawn, learned = {}, {}, list(learn)
    for name, value in model._values.items():
        if isinstance(value, PerFeature):
            drawn[name] = {"uniform": [value.low, value.high], "seed": value.seed}
            continue
        if isinstance(value, Learned):
            learned.append(f"{name}[]" if value.each else name)
            value = value.value
        values[name] = value
    word = [surrogate] if isinstance(surrogate, str) else surrogate
    compete = None if competition is None else competition._asdict()
    return Part(
        "neurons",
        model=model.name,
        set=values or None,
        draw=drawn or None,
        initial=dict(initial) if initial else None,
        learn=learned or None,
        surrogate=None if word is None else list(word),
        detach_reset=True if detach_reset else None,
        competition=compete,
        **({"as": "rate"} if as_rate else {}),
        sigma=None if sigma is None else float(sigma),
    )


class Delayed(NamedTuple):
    """What the layer called ``name`` sent ``steps`` steps ago: makes networks recurrent."""

    name: str
    steps: int = 1


class Stack:
    """Inputs of a layer one after the other along the first axis."""

    def __init__(self, *sources: str | Delayed) -> None:
        self.sources = sources


class Sum:
    """Inputs of a layer added up."""

    def __init__(self, *sources: str | Delayed) -> None:
        self.sources = sources


class Layer:
    """A layer by name, its inputs, and its parts, for :func:`Layers`.

    ``inputs`` is the name of a layer (``"input"`` is the network's input), :class:`Delayed`, or several as :class:`Sum` or
    :class:`Stack`.
    """

    def __init__(self, name: str, inputs: str | Delayed | Sum | Stack, *parts: Part | Model | Network) -> None:
        combine = "stack" if isinstance(inputs, Stack) else "sum"
        sources = inputs.sources if isinstance(inputs, (Sum, Stack)) else (inputs,)
        links = []
        for source in sources:
            if isinstance(source, Delayed):
                links.append((source.name, count(source.steps, "steps")))
            elif isinstance(source, str):
                links.append((source, 0))
            else:
                raise TypeError(f"inputs: the name of a layer or Delayed(name) is needed, not {source!r}")
        self._layer = (name, links, combine, [_named(part) for part in parts])


class Network:
    """The description of a network: plain data, to be trained (:func:`fit`), written to a file and read again.

    >>> import rheobase as rb
    >>> network = rb.Sequential(rb.Linear(128), rb.LIFSubtract(tau=rb.Learned(10.0)), rb.Linear(10), rb.LI(), input=64)
    >>> network
    Network of input (64,):
      linear        linear            (128,)    8320 learned
      lif_subtract  lif_subtract      (128,)    1 learned
      linear2       linear            (10,)     1290 learned
      leaky_integrator leaky_integrator  (10,)     0 learned
    >>> rb.Network.from_toml(network.to_toml()) == network
    True
    """

    __slots__ = ("_own",)
    _own: _native.Network

    def __init__(self) -> None:
        raise TypeError("make a network by Sequential, Layers, Network.from_toml or Network.read")

    @classmethod
    def _of(cls, native: _native.Network) -> Network:
        network = object.__new__(cls)
        network._own = native
        return network

    @classmethod
    def from_toml(cls, text: str) -> Network:
        """The network of a TOML text; errors name the line."""
        return cls._of(_native.Network.from_toml(text))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Network:
        """The network of a TOML file."""
        return cls._of(_native.Network.read(path))

    def to_toml(self) -> str:
        """The network as TOML: what :meth:`from_toml` makes the same network of, bit for bit."""
        return self._own.to_toml()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the TOML file ``path``, whole or not at all."""
        self._own.write(path)

    @property
    def input(self) -> tuple[int, ...]:
        """Shape of a sample in one step; empty if it follows the samples."""
        return tuple(self._own.input)

    @property
    def dt(self) -> float:
        """Length of a step in seconds."""
        return self._own.dt

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes."""
        return tuple(self._own.nodes)

    def table(self) -> list[tuple[str, str, tuple[int, ...], int]]:
        """Name, kind, shape and number of learned values of each node. Everything is checked for it.

        Raises:
            ValueError: whatever is wrong with the network; one without input shape.
        """
        return [(name, what, tuple(shape), learned) for name, what, shape, learned in self._own.table()]

    def __eq__(self, other: object) -> bool:
        return self._own.same(other._own) if isinstance(other, Network) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Network.from_toml, (self.to_toml(),)

    def __repr__(self) -> str:
        if not self.input:
            return f"Network of {', '.join(self.nodes)}"
        try:
            rows = self.table()
        except ValueError as error:
            return f"Network of {', '.join(self.nodes)}, which is not valid: {error}"
        lines = [f"  {name:<13} {what:<17} {str(shape):<9} {learned} learned" for name, what, shape, learned in rows]
        return "\n".join([f"Network of input {self.input}:", *lines])


def _named(part: Any) -> tuple[str | None, str | _native.Network]:
    if isinstance(part, Model):
        part = Neurons(part)
    if isinstance(part, Network):
        return None, part._own
    if isinstance(part, Part):
        return part.name, part._what
    raise TypeError(f"a part of a network is needed, such as Linear(10) or a model, not {part!r}")


def _input(shape: Any) -> list[int]:
    if shape is None:
        return []
    return [count(n, "input") for n in (shape if isinstance(shape, (tuple, list, np.ndarray)) else (shape,))]


def Sequential(*parts: Part | Model | Network, input: Any = None, dt: float = 0.001) -> Network:
    """A chain: each part takes what the one before gives.

    Args:
        parts: Parts, models, and networks within the network.
        input: Shape of a sample in one step, ``n``, ``(C, L)`` or ``(C, H, W)``; without it, that of the samples it is fitted to.
        dt: Length of a step in seconds.
    """
    return Network._of(_native.Network.chain([_named(part) for part in parts], _input(input), float(dt)))


def Layers(*layers: Layer, input: Any = None, dt: float = 0.001, output: str = "") -> Network:
    """Layers by name, each with its inputs: other layers, and themselves a step ago.

    >>> import rheobase as rb
    >>> hidden = rb.Layer("hidden", rb.Stack("input", rb.Delayed("hidden")), rb.Linear(32), rb.LIFSubtract())
    >>> network = rb.Layers(hidden, rb.Layer("readout", "hidden", rb.Linear(10), rb.LI()), input=64)
    >>> network.nodes
    ('hidden_linear', 'hidden', 'readout_linear', 'readout')

    Args:
        layers: The layers, in order.
        input: Shape of a sample in one step; without it, that of the samples it is fitted to.
        dt: Length of a step in seconds.
        output: The layer whose signal the network gives; the last one by default.
    """
    for layer in layers:
        if not isinstance(layer, Layer):
            raise TypeError(f"a Layer is needed, not {layer!r}")
    made = [layer._layer for layer in layers]
    return Network._of(_native.Network.layers(made, _input(input), float(dt), output))
