"""Networks of Rheobase inside JAX: functions that take a whole sequence through the engine, called by XLA itself.

>>> import jax, jax.numpy as jnp                                        # doctest: +SKIP
>>> import rheobase as rb, rheobase.jax as rj                           # doctest: +SKIP
>>> hidden = rj.Dense(700, 256, rb.LIFSubtract(), recurrent=True)       # doctest: +SKIP
>>> parameters = hidden.init(0)                                         # doctest: +SKIP
>>> spikes, state = jax.jit(hidden)(parameters, jnp.ones((100, 8, 700)))  # doctest: +SKIP

A network is a pure function, ``out, state = network(parameters, x, state)``. ``x`` is ``[time, batch, *shape]``, float32, on the
CPU; ``state`` is what an earlier call gave, or nothing to begin after a reset; ``parameters`` are a dictionary of arrays by the
network's names, which :meth:`Network.init` makes. ``jit``, ``vmap`` and ``grad`` apply. ``import rheobase`` alone does not import
JAX; this module needs JAX 0.4.38 or newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

try:
    import jax
except ImportError as missing:
    raise ImportError("rheobase.jax needs JAX: pip install jax") from missing
import jax.numpy as jnp
from jax import Array
from jax.custom_derivatives import SymbolicZero

from . import _layers, _native, _network
from ._model import Model
from ._numbers import count

__all__ = ["Conv", "Dense", "Network", "Neurons"]

for _name, _address in zip(("rheobase_run", "rheobase_back"), _native.xla_handlers(), strict=True):
    jax.ffi.register_ffi_target(_name, jax.ffi.pycapsule(_address), platform="cpu")


@lru_cache(maxsize=256)
def _shapes(network: str) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Shapes of a sample's input and output in a step, numbers of its state."""
    function = _native.Sequence(network, 0)
    given, sent = function.shapes()
    return tuple(given), tuple(sent), sum(int(np.prod(shape)) for _, shape in function.carried())


def _float(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, np.float32)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _run(network: str, tapes: int, x: Array, state: Array, parameters: list[Array]) -> tuple[Array, Array]:
    """``x`` is ``[time, batch, feature]``, ``state`` ``[batch, number]``, or ``[0, 0]`` for a reset; parameters are flat. ``tapes`` are
    the bytes that may wait for the backward pass."""
    _, sent, carried = _shapes(network)
    results = (_float(*x.shape[:2], int(np.prod(sent))), _float(x.shape[1], carried))
    call = jax.ffi.ffi_call("rheobase_run", results, vmap_method="expand_dims")
    return tuple(call(x, state, *parameters, network=network))


def _forward(network: str, tapes: int, x: Any, state: Any, parameters: Any) -> tuple[Any, Any]:
    values = [p.value for p in parameters]
    # Whether the input's gradient is wanted: a structure, as that is known when the function is traced.
    wanted = () if x.perturbed else None
    _, sent, carried = _shapes(network)
    steps, batch = x.value.shape[:2]
    # The last result is a ticket for what the engine keeps of the run; a backward pass that comes too late for it runs it again.
    results = (_float(steps, batch, int(np.prod(sent))), _float(batch, carried), _float(2))
    call = jax.ffi.ffi_call("rheobase_run", results, vmap_method="expand_dims")
    keep = "parameters" if wanted is None else "input"
    out, after, ticket = call(x.value, state.value, *values, network=network, keep=keep, tapes=str(tapes))
    return (out, after), (x.value, state.value, values, wanted, ticket)


def _backward(network: str, _: int, kept: Any, upstream: Any) -> tuple[Any, ...]:
    x, state, parameters, wanted, ticket = kept
    of_output, of_state = (jnp.zeros(u.shape, u.dtype) if isinstance(u, SymbolicZero) else u for u in upstream)
    of_input = _float(*(x.shape if wanted is not None else (0, 0, 0)))
    results = (of_input, _float(*state.shape), *(_float(*p.shape) for p in parameters))
    call = jax.ffi.ffi_call("rheobase_back", results, vmap_method="expand_dims")
    found, before, *learned = call(x, state, of_output, of_state, ticket, *parameters, network=network)
    return (found if wanted is not None else jnp.zeros_like(x)), before, list(learned)


_run.defvjp(_forward, _backward, symbolic_zeros=True)


class Network:
    """Any network of Rheobase as a pure function; XLA takes the whole sequence through it in one call.

    Two of them are equal if their networks are, so they can be static arguments of ``jit``. Dropout of the network does nothing
    here. Layers whose neurons compete are refused.

    Args:
        network: What :func:`rheobase.Sequential`, :func:`rheobase.Layers` or a file gave.
        tapes: Bytes that each run may keep for its backward pass, about; 32 MiB by default. What is not kept runs again then, to the
            same bits: with 0 a training step takes least memory, and up to half as long again.

    Raises:
        ValueError: what is wrong with the network; ``tapes`` less than 0. While it runs: JAX's error for an input that is not finite and a parameter
            outside its range, with our words.
    """

    def __init__(self, network: _network.Network, *, tapes: int | None = None) -> None:
        if not isinstance(network, _network.Network):
            raise TypeError(f"network: one of rheobase's is needed, such as rheobase.Sequential gives, not {network!r}")
        self.network_text = network.to_toml()
        self.tapes = _native.tapes() if tapes is None else count(tapes, "tapes", 0)
        function = _native.Sequence(self.network_text, 0)
        self.input_shape, self.output_shape, self._carried = _shapes(self.network_text)
        self.parameter_shapes = {name: values.shape for name, values in function.parameters()}
        """Names and shapes of the parameters, in their order; weights stand as ``[in, out]``."""
        self.carried = {name: tuple(shape) for name, shape in function.carried()}
        """Names and shapes of the parts of a sample's state, one after the other."""

    def init(self, seed: int) -> dict[str, Array]:
        """Parameters as they start."""
        return {name: jnp.asarray(values) for name, values in _native.Sequence(self.network_text, seed).parameters()}

    def __call__(self, parameters: Mapping[str, Array], x: Array, state: Array | None = None) -> tuple[Array, Array]:
        """The output ``[time, batch, *output_shape]`` and the state after the last step, ``[batch, number]``."""
        if jnp.ndim(x) != 2 + len(self.input_shape) or x.shape[2:] != self.input_shape:
            wanted = ", ".join(("time", "batch", *map(str, self.input_shape)))
            raise ValueError(f"x: has shape {jnp.shape(x)}, but [{wanted}] is needed")
        if {name: jnp.shape(p) for name, p in parameters.items()} != self.parameter_shapes:
            given = {name: jnp.shape(p) for name, p in parameters.items()}
            raise ValueError(f"parameters: have shapes {given}, but {self.parameter_shapes} are needed, as init makes them")
        rows = (x.shape[1], self._carried)
        if state is not None and jnp.shape(state) != rows:
            raise ValueError(f"state: has shape {jnp.shape(state)}, but {rows} is needed, or None")
        state = jnp.zeros((0, 0), np.float32) if state is None else state
        flat = [jnp.reshape(parameters[name], -1) for name in self.parameter_shapes]
        for name, array in (("x", x), ("state", state), *zip(self.parameter_shapes, flat, strict=True)):
            if array.dtype != np.float32:
                raise TypeError(f"{name}: is {array.dtype}, but float32 is needed; {name}.astype('float32') makes it")
        out, after = _run(self.network_text, self.tapes, jnp.reshape(x, (*x.shape[:2], -1)), state, flat)
        return jnp.reshape(out, (*x.shape[:2], *self.output_shape)), after

    def parts(self, state: Array) -> dict[str, Array]:
        """The parts of a state by name, ``[batch, *shape]``, such as ``"neurons.v"``."""
        found, at = {}, 0
        for name, shape in self.carried.items():
            width = int(np.prod(shape))
            found[name] = jnp.reshape(state[..., at : at + width], (*state.shape[:-1], *shape))
            at += width
        return found

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Network) and self.network_text == other.network_text
        return same and self.tapes == other.tapes

    def __hash__(self) -> int:
        return hash(self.network_text)

    def __repr__(self) -> str:
        return f"rheobase.jax.{_network.Network.from_toml(self.network_text)!r}"


def Neurons(
    model: Model, shape: Any, *, dt: float = 0.001, tapes: int | None = None, **settings: Any
) -> Network:
    """Neurons of one model by themselves, as many as ``shape`` says; ``x`` is what each is given.

    Args:
        model: The model; parameters that are :class:`rheobase.Learned` are named ``neurons.tau_m`` and so on.
        shape: Number of neurons, or the lengths of several axes.
        dt: Length of a step in seconds.
        tapes: As :class:`Network` has it.
        settings: What :func:`rheobase.Neurons` takes: ``surrogate``, ``detach_reset``, ``initial``, ``learn``.
    """
    return Network(_layers.neurons(model, shape, dt=dt, **settings), tapes=tapes)


def Dense(
    inputs: int,
    outputs: int,
    model: Model,
    *,
    recurrent: bool = False,
    bias: bool = True,
    start: Mapping[str, Any] | None = None,
    dt: float = 0.001,
    tapes: int | None = None,
    **settings: Any,
) -> Network:
    """Weights from every input to every neuron, and the neurons; with ``recurrent`` from every neuron to every neuron, too.

    What neurons send through recurrent weights arrives a step later. Parameters are ``linear.weight`` ``[in, out]``,
    ``linear.bias``, ``recurrent.weight`` and the model's learned ones; arguments as of :func:`Neurons`, ``start`` as of
    :func:`rheobase.Linear`.
    """
    return Network(
        _layers.dense(inputs, outputs, model, recurrent=recurrent, bias=bias, start=start, dt=dt, **settings),
        tapes=tapes,
    )


def Conv(
    shape: Sequence[int],
    outputs: int,
    kernel: int | tuple[int, ...],
    model: Model,
    *,
    window: Mapping[str, Any] | None = None,
    dt: float = 0.001,
    tapes: int | None = None,
    **settings: Any,
) -> Network:
    """A convolution over each step's ``shape``, and neurons at every place; ``window`` is what :func:`rheobase.Conv` takes."""
    return Network(_layers.conv(shape, outputs, kernel, model, window=window, dt=dt, **settings), tapes=tapes)
