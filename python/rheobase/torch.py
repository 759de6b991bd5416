"""Networks of Rheobase inside PyTorch: modules that take a whole sequence through the engine in one operator.

Every module is called as ``out, state = layer(x, state)``. ``x`` is ``[time, batch, *shape]`` (or ``[time, *shape]`` for one
sample); ``state`` is what an earlier call gave, or nothing to begin after a reset. Modules keep no state of their own. Gradients
come from the engine's backward pass, with the surrogate of each layer.

The engine computes in float32 on the CPU. A module that was moved to another device, or to float64, takes the same steps as
operations of PyTorch, made of the same equations; so does one whose ``engine`` was set to ``False``.

>>> import torch                                                        # doctest: +SKIP
>>> import rheobase as rb, rheobase.torch as rt                         # doctest: +SKIP
>>> hidden = rt.Dense(700, 256, rb.LIFSubtract(), recurrent=True)       # doctest: +SKIP
>>> readout = rt.Dense(256, 20, rb.LI())                                # doctest: +SKIP
>>> spikes, _ = hidden(torch.rand(100, 8, 700))                         # doctest: +SKIP
>>> scores = readout(spikes)[0].amax(dim=0)                             # doctest: +SKIP

:class:`Network` makes a module of any network of Rheobase, :class:`Dense` and :class:`Conv` of weights and neurons, with a
recurrence or without. There is a module of each model by itself, ``rheobase.torch.LIF`` and so on. ``import rheobase`` alone does
not import PyTorch; this module needs PyTorch 2.6 or newer.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np

try:
    import torch
except ImportError as missing:
    raise ImportError("rheobase.torch needs PyTorch: pip install torch") from missing
from torch import Tensor, nn

from . import _layers, _native, _network, _operations
from ._model import Model, models
from ._native import Sequence as _Function
from ._numbers import count

__all__ = ["Conv", "Dense", "Network", "Neurons", *models]

# --- The operator -----------------------------------------------------------------------------------------------------------

_idle: dict[str, list[_Function]] = {}
"""Functions that nobody is using, by the text of their network."""


class _Waiting(NamedTuple):
    """A run whose tapes wait for the backward pass: what it was given, in memory that stays as it is, and the function that ran it."""

    network: str
    given: tuple[Tensor, Tensor]
    versions: tuple[int, int]
    function: _Function

    def is_of(self, network: str, given: tuple[Tensor, Tensor]) -> bool:
        """Whether it was given just this."""
        same = (a.data_ptr() == b.data_ptr() and a.shape == b.shape and a.stride() == b.stride() for a, b in zip(self.given, given))
        return self.network == network and all(same) and self.versions == tuple(tensor._version for tensor in given)


_waiting: list[_Waiting] = []
_MOST_WAITING = 8
"""Runs whose tapes are kept, over all modules; the backward pass of an earlier one runs its steps again."""
_lock = threading.Lock()
"""Held by who looks through those that wait: modules may be called by several threads."""


def _pause_of_openmp() -> Any:
    """OpenMP's own function that ends the threads which wait for PyTorch's next operation; nothing where PyTorch has none."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        return ctypes.CDLL(None).omp_pause_resource_all
    return None


_pause = _pause_of_openmp() if torch.backends.openmp.is_available() else None
_process = os.getpid()
"""Where the threads are: a forked process has none of them, and would wait for them without end."""
_SOFT = 1
_SHORT = 1_000_000
"""Numbers that are computed before threads could be ended and begun again."""


def _let_threads_rest(x: Tensor, parameters: Sequence[Tensor]) -> None:
    """Has PyTorch's threads leave the processors to ours. They wait for its next operation by looking again and again, for
    milliseconds, which a step of training would take up to a quarter longer for."""
    work = x.shape[0] * x.shape[1] * max(sum(p.numel() for p in parameters), x.shape[2])
    if _pause is not None and work > _SHORT and os.getpid() == _process:
        _pause(_SOFT)


def _take(network: str) -> _Function:
    """The network as a function, for one caller alone until it is given back."""
    try:
        return _idle.setdefault(network, []).pop()
    except IndexError:
        return _Function(network, 0)


def _set(function: _Function, parameters: Sequence[Tensor]) -> _Function:
    function.set_parameters([_array(p).reshape(-1) for p in parameters])
    return function


def _let_wait(network: str, given: tuple[Tensor, Tensor], function: _Function) -> None:
    kept = (given[0].detach(), given[1].detach())
    with _lock:
        _waiting.append(_Waiting(network, kept, (kept[0]._version, kept[1]._version), function))
        oldest = _waiting.pop(0) if len(_waiting) > _MOST_WAITING else None
    if oldest is not None:
        oldest.function.forget()
        _idle[oldest.network].append(oldest.function)


def _take_waiting(network: str, given: tuple[Tensor, Tensor]) -> _Function | None:
    """The function that was given just this and has waited since, if there is one."""
    with _lock:
        for i in reversed(range(len(_waiting))):
            if _waiting[i].is_of(network, given):
                return _waiting.pop(i).function
    return None


@lru_cache(maxsize=256)
def _widths(network: str) -> tuple[int, int]:
    """Numbers of a sample's output and state."""
    function = _Function(network, 0)
    _idle.setdefault(network, []).append(function)
    return int(np.prod(function.shapes()[1])), sum(int(np.prod(shape)) for _, shape in function.carried())


def _array(tensor: Tensor) -> np.ndarray:
    """The tensor's own memory where it is contiguous."""
    return tensor.detach().contiguous().numpy()


@torch.library.custom_op("rheobase::run", mutates_args=(), device_types="cpu")
def _run(
    x: Tensor, state: Tensor, parameters: Sequence[Tensor], network: str, keep: int, tapes: int
) -> tuple[Tensor, Tensor]:
    """``keep`` is 0 where no backward pass will follow, 1 where one will, 2 where it will be asked for the input's gradient; ``tapes``
    are the bytes that may wait for it."""
    steps, batch = x.shape[:2]
    outputs, carried = _widths(network)
    out, after = x.new_empty((steps, batch, outputs)), x.new_empty((batch, carried))
    function = _set(_take(network), parameters)
    _let_threads_rest(x, parameters)
    kept = None if keep == 0 or x.is_inference() or state.is_inference() else (keep == 2, tapes)
    function.run(_array(x), ((steps, batch), kept), _array(state), out.numpy(), after.numpy())
    if kept is None:
        _idle[network].append(function)
    else:
        _let_wait(network, (x, state), function)
    return out, after


@_run.register_fake
def _(
    x: Tensor, state: Tensor, parameters: Sequence[Tensor], network: str, keep: int, tapes: int
) -> tuple[Tensor, Tensor]:
    outputs, carried = _widths(network)
    return x.new_empty((x.shape[0], x.shape[1], outputs)), x.new_empty((x.shape[1], carried))


@torch.library.custom_op("rheobase::back", mutates_args=(), device_types="cpu")
def _back(
    x: Tensor,
    state: Tensor,
    parameters: Sequence[Tensor],
    of_output: Tensor,
    of_state: Tensor,
    network: str,
    of_input: bool,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    waited = None if x.is_inference() or state.is_inference() else _take_waiting(network, (x, state))
    function = _set(_take(network) if waited is None else waited, parameters)
    _let_threads_rest(x, parameters)
    upstream, size = (_array(of_output), _array(of_state)), tuple(x.shape[:2])
    found = function.back(_array(x), size, _array(state), upstream, (of_input, waited is not None))
    _idle[network].append(function)
    return (
        torch.from_numpy(found["input"]).reshape(x.shape if of_input else (0,)),
        torch.from_numpy(found["state"]).reshape(state.shape),
        [torch.from_numpy(each).reshape(p.shape) for each, p in zip(found["parameters"], parameters, strict=True)],
    )


@_back.register_fake
def _(
    x: Tensor,
    state: Tensor,
    parameters: Sequence[Tensor],
    of_output: Tensor,
    of_state: Tensor,
    network: str,
    of_input: bool,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    learned = [p.new_empty(p.shape) for p in parameters]
    return x.new_empty(x.shape if of_input else (0,)), state.new_empty(state.shape), learned


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    x, state, parameters, ctx.network, *_ = inputs
    ctx.save_for_backward(x, state, *parameters)


def _go_back(ctx: Any, of_output: Tensor, of_state: Tensor) -> tuple[Any, ...]:
    x, state, *parameters = ctx.saved_tensors
    of_input = ctx.needs_input_grad[0]
    found, before, learned = _back(x, state, parameters, of_output, of_state, ctx.network, of_input)
    return found if of_input else None, before, learned, None, None, None


def _refuse_second(ctx: Any, *_: Any) -> Any:
    raise NotImplementedError(
        "rheobase: there are no gradients of gradients of spiking layers; use create_graph=False, or first derivatives alone"
    )


_run.register_autograd(_go_back, setup_context=_keep)
_back.register_autograd(_refuse_second)
_run.register_autocast("cpu", torch.float32)


@_run.register_vmap
def _(
    info: Any,
    in_dims: Any,
    x: Tensor,
    state: Tensor,
    parameters: Sequence[Tensor],
    network: str,
    keep: int,
    tapes: int,
) -> tuple[Any, Any]:
    if any(dim is not None for dim in in_dims[2]):
        outs = [_run(*arguments) for arguments in _each(info.batch_size, in_dims, (x, state, parameters, network, keep, tapes))]
        return tuple(torch.stack(parts) for parts in zip(*outs, strict=True)), (0, 0)
    # Samples are samples: the new axis becomes part of the batch.
    x, state = (
        tensor.expand(info.batch_size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
        for tensor, dim in ((x, in_dims[0]), (state, in_dims[1]))
    )
    batch = x.shape[2]
    states = state.flatten(0, 1) if state.dim() > 2 else state[0]
    out, after = _run(x.movedim(0, 1).flatten(1, 2), states, parameters, network, keep, tapes)
    return (out.unflatten(1, (info.batch_size, batch)), after.unflatten(0, (info.batch_size, batch))), (1, 0)


@_back.register_vmap
def _(info: Any, in_dims: Any, *arguments: Any) -> tuple[Any, Any]:
    outs = [_back(*each) for each in _each(info.batch_size, in_dims, arguments)]
    found, before, learned = zip(*outs, strict=True)
    learned = [torch.stack(each) for each in zip(*learned, strict=True)]
    return (torch.stack(found), torch.stack(before), learned), (0, 0, [0] * len(learned))


def _each(size: int, dims: Any, arguments: Any) -> Iterator[list[Any]]:
    """The arguments of each entry of a new axis."""

    def of(argument: Any, dim: Any, i: int) -> Any:
        if isinstance(argument, (list, tuple)):
            return [of(a, d, i) for a, d in zip(argument, dim, strict=True)]
        return argument if dim is None else argument.select(dim, i)

    return ([of(a, d, i) for a, d in zip(arguments, dims, strict=True)] for i in range(size))


# --- Modules ----------------------------------------------------------------------------------------------------------------


class Network(nn.Module):
    """Any network of Rheobase as a module; one operator takes the whole sequence through it.

    Its parameters are those of the network, by the same names (``"hidden.weight"``); weights stand as ``[in, out]``. Dropout of
    the network does nothing here, PyTorch's own does. Layers whose neurons compete are refused.

    Args:
        network: What :func:`rheobase.Sequential`, :func:`rheobase.Layers` or a file gave.
        seed: How weights start; drawn from PyTorch's generator if it is not given.

    Raises:
        ValueError: what is wrong with the network; an input that is not finite; a parameter that has left its range.
    """

    def __init__(self, network: _network.Network, *, seed: int | None = None) -> None:
        super().__init__()
        if not isinstance(network, _network.Network):
            raise TypeError(f"network: one of rheobase's is needed, such as rheobase.Sequential gives, not {network!r}")
        self.network_text = network.to_toml()
        start = int(torch.randint(2**31, ())) if seed is None else count(seed, "seed", 0)
        function = _Function(self.network_text, start)
        shapes = function.shapes()
        self.input_shape, self.output_shape = (tuple(shape) for shape in shapes)
        self.carried = {name: tuple(shape) for name, shape in function.carried()}
        """Names and shapes of the parts of a sample's state, one after the other."""
        self._paths: list[list[str]] = []
        for name, values in function.parameters():
            self._paths.append(name.split("."))
            *path, last = self._paths[-1]
            home: nn.Module = self
            for part in path:
                if not hasattr(home, part):
                    home.add_module(part, nn.Module())
                home = getattr(home, part)
            home.register_parameter(last, nn.Parameter(torch.from_numpy(values)))
        self._tapes = _native.tapes()
        self._engine, self._plan = True, None
        self.register_buffer("_reset", torch.from_numpy(function.reset_state()), persistent=False)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The output ``[time, batch, *output_shape]`` and the state after the last step, ``[batch, number]``."""
        axes = 2 + len(self.input_shape)
        if x.dim() == axes - 1 and tuple(x.shape[1:]) == self.input_shape:
            out, after = self.forward(x.unsqueeze(1), None if state is None else state.unsqueeze(0))
            return out.squeeze(1), after.squeeze(0)
        if x.dim() != axes or tuple(x.shape[2:]) != self.input_shape:
            wanted = ", ".join(("time", "batch", *map(str, self.input_shape)))
            raise RuntimeError(f"x: has shape {tuple(x.shape)}, but [{wanted}] is needed")
        wanted = self._kind()
        if wanted[1].type != "meta" and torch.is_autocast_enabled(wanted[1].type):
            with torch.autocast(wanted[1].type, enabled=False):
                return self.forward(x.to(wanted[0]), None if state is None else state.to(wanted[0]))
        _check_kind("x", x, wanted)
        state = x.new_empty(0) if state is None else state
        _check_kind("state", state, wanted)
        if state.numel() and tuple(state.shape) != (x.shape[1], len(self._reset)):
            raise RuntimeError(
                f"state: has shape {tuple(state.shape)}, but {(x.shape[1], len(self._reset))} is needed, or None"
            )
        parameters = [reduce(getattr, path, self) for path in self._paths]
        if not (self._is_of_the_engine() and (self._engine or x.device.type == "meta")):
            out, after = self._by_operations(x.flatten(2), state, parameters)
            return out.unflatten(2, self.output_shape), after
        keep = 0
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (x, state, *parameters)):
            keep = 2 if x.requires_grad else 1
        out, after = _run(x.flatten(2), state, parameters, self.network_text, keep, self._tapes)
        return out.unflatten(2, self.output_shape), after

    @property
    def engine(self) -> bool:
        """Whether the engine takes the steps where it can: in float32 on the CPU. Operations of PyTorch do if it is ``False``."""
        return self._engine

    @engine.setter
    def engine(self, wanted: bool) -> None:
        if not wanted:
            self._planned()
        self._engine = wanted

    @property
    def tapes(self) -> int:
        """Bytes that each run may keep for its backward pass, about; 32 MiB at first.

        What is not kept runs again then, to the same bits: with 0 a training step takes least memory, and up to half as long again.

        Raises:
            ValueError: less than 0.
        """
        return self._tapes

    @tapes.setter
    def tapes(self, most: int) -> None:
        self._tapes = count(most, "tapes", 0)

    def _planned(self) -> _operations.Plan:
        """The network as operations, made before a compiler looks."""
        if self._plan is None:
            self._plan = _operations.Plan(self.network_text)
        return self._plan

    def _apply(self, fn: Any, recurse: bool = True) -> Network:
        moved = super()._apply(fn, recurse)
        if not self._is_of_the_engine():
            with contextlib.suppress(NotImplementedError):  # is said when it is called
                self._planned()
        return moved

    def _is_of_the_engine(self) -> bool:
        """Whether the engine computes in this precision and on this device; of what has no numbers it says the shapes."""
        kind, device = self._kind()
        return device.type == "meta" or (kind == torch.float32 and device.type == "cpu")

    def _kind(self) -> tuple[torch.dtype, torch.device]:
        """Precision and device of the module."""
        return self._reset.dtype, self._reset.device

    def _by_operations(self, x: Tensor, state: Tensor, parameters: list[Tensor]) -> tuple[Tensor, Tensor]:
        plan = self._planned()
        wrapped = torch._C._functorch.is_functorch_wrapped_tensor
        transformed = torch.compiler.is_compiling() or any(map(wrapped, (x, state, *parameters)))
        if x.device.type == "cpu" and not transformed:
            _check_finite("input", x)
            _check_finite("state", state)
            plan.check(parameters)
        return plan.run(x, state if state.numel() else None, parameters, self._reset)

    def reset_state(self, batch: int) -> Tensor:
        """The state of ``batch`` samples after a reset."""
        return self._reset.repeat(batch, 1)

    def parts(self, state: Tensor) -> dict[str, Tensor]:
        """The parts of a state by name, ``[batch, *shape]``, such as ``"neurons.v"``: views of it."""
        widths = [int(np.prod(shape)) for shape in self.carried.values()]
        split = state.split(widths, dim=-1)
        return {
            name: part.unflatten(-1, shape) for (name, shape), part in zip(self.carried.items(), split, strict=True)
        }

    def extra_repr(self) -> str:
        return repr(_network.Network.from_toml(self.network_text))


def _check_kind(name: str, tensor: Tensor, wanted: tuple[torch.dtype, torch.device]) -> None:
    kind, device = wanted
    if kind not in (torch.float32, torch.float64):
        raise RuntimeError(f"the module: is {kind}, but torch.float32 or torch.float64 is needed; .float() on the module makes it")
    if tensor.dtype != kind:
        way = "float" if kind == torch.float32 else "double"
        other = "; .double() on the module takes it to torch.float64" if tensor.dtype == torch.float64 else ""
        raise RuntimeError(f"{name}: is {tensor.dtype}, but {kind} is needed; {name}.{way}() makes it{other}")
    if tensor.device != device and "meta" not in (tensor.device.type, device.type):
        raise RuntimeError(f"{name}: is on {tensor.device}, but the module is on {device}; {name}.to({str(device)!r}) takes it there")


def _check_finite(name: str, tensor: Tensor) -> None:
    if not tensor.isfinite().all():
        at = (~tensor.isfinite()).nonzero()[0].tolist()
        raise ValueError(f"{name}{at} = {tensor[tuple(at)].item()}: must be a finite number")


class Neurons(Network):
    """Neurons of one model by themselves, as many as ``shape`` says; ``x`` is what each is given.

    Parameters that are :class:`rheobase.Learned` are ``nn.Parameter`` named ``neurons.tau_m`` and so on.

    Args:
        model: The model, with its parameters.
        shape: Number of neurons, or the lengths of several axes.
        dt: Length of a step in seconds.
        seed: As :class:`Network` has it.
        settings: What :func:`rheobase.Neurons` takes: ``surrogate``, ``detach_reset``, ``initial``, ``learn``.
    """

    def __init__(
        self, model: Model, shape: Any, *, dt: float = 0.001, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(_layers.neurons(model, shape, dt=dt, **settings), seed=seed)


class Dense(Network):
    """Weights from every input to every neuron, and the neurons; with ``recurrent`` from every neuron to every neuron, too.

    What neurons send through recurrent weights arrives a step later. Parameters are ``linear.weight`` ``[in, out]``,
    ``linear.bias``, ``recurrent.weight`` and the model's learned ones.

    Args:
        inputs: Number of inputs.
        outputs: Number of neurons.
        model: Their model.
        recurrent: Whether they hear each other.
        bias: Whether the weighted inputs get a bias.
        start: How weights begin, as :func:`rheobase.Linear` has it.
        dt: Length of a step in seconds.
        seed: As :class:`Network` has it.
        settings: As :class:`Neurons` has them.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        model: Model,
        *,
        recurrent: bool = False,
        bias: bool = True,
        start: Mapping[str, Any] | None = None,
        dt: float = 0.001,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        made = _layers.dense(inputs, outputs, model, recurrent=recurrent, bias=bias, start=start, dt=dt, **settings)
        super().__init__(made, seed=seed)


class Conv(Network):
    """A convolution over each step's ``[channels, rows, columns]`` (or ``[channels, length]``), and neurons at every place.

    Parameters are ``conv.weight``, ``conv.bias`` and the model's learned ones.

    Args:
        shape: Shape of a step's input.
        outputs: Number of output channels.
        kernel: Length of the window, for all axes or one for each.
        model: The neurons' model.
        window: What else :func:`rheobase.Conv` takes: ``stride``, ``padding``, ``dilation``, ``groups``, ``bias``, ``start``.
        dt: Length of a step in seconds.
        seed: As :class:`Network` has it.
        settings: As :class:`Neurons` has them.
    """

    def __init__(
        self,
        shape: Sequence[int],
        outputs: int,
        kernel: int | tuple[int, ...],
        model: Model,
        *,
        window: Mapping[str, Any] | None = None,
        dt: float = 0.001,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(_layers.conv(shape, outputs, kernel, model, window=window, dt=dt, **settings), seed=seed)


def _module(model: type[Model]) -> type[Neurons]:
    """The module of one model's neurons."""

    def __init__(self: Neurons, shape: Any, *, dt: float = 0.001, seed: int | None = None, **given: Any) -> None:
        settings = {name: given.pop(name) for name in _SETTINGS if name in given}
        Neurons.__init__(self, model(**given), shape, dt=dt, seed=seed, **settings)

    said = f"Neurons of :class:`rheobase.{model.__name__}` as a module: its parameters by name, and what :class:`Neurons` takes."
    return type(model.__name__, (Neurons,), {"__init__": __init__, "__doc__": said, "__module__": __name__})


_SETTINGS = ("surrogate", "detach_reset", "initial", "learn")

globals().update((name, _module(model)) for name, model in models.items())
