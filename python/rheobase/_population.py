"""Populations: many neurons of one model, simulated together, with their state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native
from ._model import Learned, Model, _amount, _plain
from ._numbers import count, layer_shape, numbers
from ._recording import Recording
from ._stimulus import Stimulus

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt


class Competition(NamedTuple):
    """k-winners-take-all: in each step and sample the neurons with the largest potential among those that fire win.

    At most one wins per feature map and none within ``radius`` rows and columns of a better one. Winners silence the neurons
    in their ``scope`` (``"feature"``, ``"location"``, ``"layer"`` or ``"nobody"``) for ``silence`` steps.

    Mozafari et al. 2019 (SpykeTorch), doi:10.3389/fnins.2019.00625.
    """

    k: int = 1
    radius: int = 0
    scope: str = "feature"
    silence: int = 0


class Gradients(NamedTuple):
    """Derivatives of a loss with respect to what a run was given; dtypes are the population's, parameters are float64."""

    input: np.ndarray
    """With respect to the input, of the shape of the recording's output."""
    initial: dict[str, np.ndarray]
    """With respect to the state before the run, field by field."""
    parameters: dict[str, float | np.ndarray]
    """With respect to the parameters asked for: one number for a shared one, one for each neuron otherwise."""


class State(MutableMapping[str, np.ndarray]):
    """The state of a population by the names of its fields: reading copies, setting takes one number or a whole array."""

    __slots__ = ("_population",)

    def __init__(self, population: Population) -> None:
        self._population = population

    def __getitem__(self, field: str) -> np.ndarray:
        if field not in self._population._state_fields:
            raise KeyError(field)
        return self._population._own.state(field)

    def __setitem__(self, field: str, values: Any) -> None:
        population = self._population
        array = numbers(values, population.dtype, field)
        if array.ndim and array.shape != population._row:
            raise ValueError(f"{field}: has shape {array.shape}, but {population._row} or one number is needed")
        population._own.set_state(field, array.reshape(-1))

    def __delitem__(self, field: str) -> None:
        raise TypeError("a state field cannot be removed")

    def __iter__(self) -> Iterator[str]:
        return iter(self._population._state_fields)

    def __len__(self) -> int:
        return len(self._population._state_fields)

    def __repr__(self) -> str:
        return f"State({dict(self)!r})"


_LAYER = ("layer.held", "layer.output", "layer.since_spike", "layer.since_injection")


class Population:
    """Neurons of one model with their state.

    Arrays over time have the axes ``[time, *shape]``, or ``[time, batch, *shape]`` if ``batch`` is given. Everything computed
    is the same to the last bit for any number of threads and on every processor. Neurons are simulated in 32 bits, or in 64
    with ``dtype=numpy.float64``; results have that dtype. A population belongs to one thread at a time.

    Args:
        model: The model, with its parameters; one that differs from neuron to neuron has a number for each.
        shape: Number of neurons, or ``(features, rows, columns)``.
        dt: Length of a step in seconds (default 0.001), or 1 for models that count steps.
        batch: Number of samples side by side; without it there is one, and no axis for it.
        dtype: ``numpy.float32`` or ``numpy.float64``.
        name: Used in errors and for random numbers; the model's name if none is given.
        initial: Where state fields start: a number, one for each neuron, or :class:`PerFeature` to draw them.
        keep_on_reset: Whether a reset leaves a state field as it is, by name.
        surrogate: What stands in for the derivative of a spike: a name, or a name and its parameters in a tuple.
        detach_reset: Whether gradients stop at the reset.
        competition: How the neurons of a sample compete.
        lateral: Weights ``[from, to]`` of edges from the layer to itself, which take one step.
        clocks: Whether to keep the times since the last spike and the last positive input, for the probes of these names.
        threads: Number of threads; all by default.

    Raises:
        ValueError: values out of range, shapes that do not fit, more than memory holds.
        TypeError: unknown names, and what is not a number.

    >>> import rheobase as rb
    >>> lif = rb.LIF(tau_m=0.01).population(100)
    >>> recording = lif.run(1.5, time=0.5, probes=["v"])
    >>> recording["v"].shape
    (500, 100)
    """

    def __init__(
        self,
        model: Model,
        shape: Any,
        *,
        dt: float | None = None,
        batch: int | None = None,
        dtype: npt.DTypeLike = np.float32,
        name: str | None = None,
        initial: Mapping[str, Any] | None = None,
        keep_on_reset: Mapping[str, bool] | None = None,
        surrogate: str | tuple[Any, ...] | None = None,
        detach_reset: bool = False,
        competition: Competition | None = None,
        lateral: Any = None,
        clocks: bool = False,
        threads: int | None = None,
    ) -> None:
        if not isinstance(model, Model):
            raise TypeError(f"model: a model such as LIF() is needed, not {model!r}")
        self.model = model
        self.shape = layer_shape(shape)
        self.batch = None if batch is None else count(batch, "batch")
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"dtype: is {self.dtype}, but float32 or float64 is needed")
        self._row = (*(() if batch is None else (self.batch,)), *self.shape)
        self._size = int(np.prod(self._row))
        self._state_fields = tuple(field["name"] for field in model.info["state"])
        self._own = _native.Population(
            {
                "model": model.name,
                "name": name,
                "shape": self.shape,
                "batch": self.batch,
                "dt": None if dt is None else float(dt),
                "params": _plain(model._values),
                "initial": [(field, _amount(value, field)) for field, value in (initial or {}).items()],
                "keep_on_reset": [(field, bool(keep)) for field, keep in (keep_on_reset or {}).items()],
                "surrogate": _surrogate(surrogate),
                "detach_reset": bool(detach_reset),
                "competition": _competition(competition),
                "lateral": None if lateral is None else numbers(lateral, np.float64, "lateral"),
                "clocks": bool(clocks),
                "threads": None if threads is None else count(threads, "threads"),
            },
            self.dtype == np.float64,
        )

    @property
    def dt(self) -> float:
        """Length of a step, in seconds, or in steps for models that count them. Setting it keeps the state."""
        return self._own.dt()

    @dt.setter
    def dt(self, dt: float) -> None:
        self._own.set_dt(float(dt))

    @property
    def name(self) -> str:
        """Name used in errors and for random numbers."""
        return self._own.name()

    @property
    def state(self) -> State:
        """The state by the names of its fields, to read and to set."""
        return State(self)

    @state.setter
    def state(self, fields: Mapping[str, Any]) -> None:
        for field, values in fields.items():
            self.state[field] = values

    def set(self, **parameters: Any) -> None:
        """Changes parameters for all neurons or neuron by neuron; the state stays."""
        model = self.model.replace(**parameters)
        for name in parameters:
            value = model.parameters[name]
            self._own.set(name, value.value if isinstance(value, Learned) else value)
        self.model = model

    def set_competition(self, competition: Competition | None) -> None:
        """Changes how neurons compete; the state stays."""
        self._own.set_competition(_competition(competition))

    def reset(self) -> None:
        """Back to the initial state, except for fields that a reset keeps; time is 0 again."""
        self._own.reset()

    def save(self) -> dict[str, Any]:
        """Everything that steps change, as arrays by name: can be pickled, or written with ``numpy.savez``."""
        fields, layer, step = self._own.save()
        return {**dict(zip(self._state_fields, fields)), **dict(zip(_LAYER, layer)), "step": step}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Puts back what :meth:`save` gave, of this population or one like it."""
        arrays = []
        for field in (*self._state_fields, *_LAYER):
            if field not in saved:
                raise ValueError(f"saved: has no {field!r}; it is the state of another model")
            array = numbers(saved[field], self.dtype, field)
            if array.shape != self._row:
                raise ValueError(f"saved[{field!r}]: has shape {array.shape}, but {self._row} is needed")
            arrays.append(array)
        fields = len(self._state_fields)
        self._own.restore(arrays[:fields], arrays[fields:], int(saved["step"]))

    def first_output(self) -> np.ndarray:
        """What the layer has sent before its first step: what a recurrent edge carries into it."""
        return self._own.first_output()

    def step(self, input: Any) -> np.ndarray:
        """One step under one number, or an array of the layer's shape (with the batch, if it has an axis).

        Returns:
            What left the neurons in the step: the values of their spikes, or their analogue output.
        """
        array = numbers(input, self.dtype, "input")
        if array.ndim == 0:
            return self._own.step(array.reshape(1))
        if array.shape != self._row:
            raise ValueError(f"input: has shape {array.shape}, but {self._row} or one number is needed")
        return self._own.step(array.reshape(1, self._size))

    def run(
        self,
        input: Any,
        *,
        steps: int | None = None,
        time: float | None = None,
        spikes: str | None = None,
        probes: Iterable[str | tuple[str, int]] = (),
        taped: bool = False,
        seed: int = 0,
    ) -> Recording:
        """Advances all neurons under ``input`` and gives back what was recorded.

        Args:
            input: One number; an array of the layer's shape, for every step; an array over time, ``[time, *shape]`` or ``[time,
                batch, *shape]``, of any real dtype and layout (what is contiguous and of the population's dtype is not
                copied); or a :class:`Stimulus`.
            steps: Number of steps; an array over time says it itself.
            time: How long instead, in seconds (steps, for models that count them).
            spikes: What is recorded of the output: ``"events"`` (default for neurons that spike), ``"dense"`` (default for
                others), ``"bits"`` or ``"none"``.
            probes: State fields and other quantities (``rheobase.probes``) to record in every step, or ``(name, every)``.
            taped: Whether :meth:`gradients` can go back through the run.
            seed: Seed of a stimulus.

        Raises:
            ValueError: input of another shape or not finite, unknown probes, NaN that arises. The state is as before.
            KeyboardInterrupt: after Ctrl-C; the state is that after a whole number of steps, and what was recorded until
                then is the exception's ``recording``. Taped runs go on to their end first.
        """
        drive, steps = self._drive(input, steps, time, seed)
        if spikes is None:
            spikes = "dense" if self.model.info["emits"] == "numbers" else "events"
        wanted = [(probe, 1) if isinstance(probe, str) else (probe[0], count(probe[1], probe[0])) for probe in probes]
        raw = self._own.run(steps, drive, spikes, wanted, taped)
        recording = Recording._of(self, raw, drive)
        if (interrupt := raw["interrupt"]) is not None:
            interrupt.recording = recording
            raise interrupt
        return recording

    def gradients(
        self,
        recording: Recording,
        *,
        output: Any = None,
        states: Mapping[str, Any] | None = None,
        parameters: Iterable[str] = (),
    ) -> Gradients:
        """Goes back through a taped run, from the derivatives of a loss with respect to what it gave.

        Parameters must be those the run had. Where a spike's derivative is needed, it is the surrogate's slope.

        Args:
            recording: What :meth:`run` gave with ``taped=True``.
            output: Derivatives with respect to the output, ``[time, …]``.
            states: Derivatives with respect to state fields after each step, by name, ``[time, …]``.
            parameters: Names of the parameters whose derivatives are wanted.
        """
        if recording._tape is None:
            raise ValueError("recording: was made without taped=True, so there is no backward pass")
        shape = (recording.steps, *self._row)

        def upstream(value: Any, argument: str) -> np.ndarray:
            array = numbers(value, self.dtype, argument)
            if array.shape != shape:
                raise ValueError(f"{argument}: has shape {array.shape}, but {shape} is needed, that of the run")
            return array

        of_output = None if output is None else upstream(output, "output")
        of_states = [(name, upstream(value, name)) for name, value in (states or {}).items()]
        found = self._own.gradients(recording._tape, recording._drive, of_output, of_states, list(parameters))
        return Gradients(found["input"], found["initial"], found["parameters"])

    def _drive(self, input: Any, steps: int | None, time: float | None, seed: int) -> tuple[Any, int]:
        """The input as the engine takes it, and how many steps it is for."""
        if isinstance(input, Stimulus):
            steps = self._steps(steps, time)
            neurons = int(np.prod(self.shape))
            return input._prepared(self.model.name, steps, self.batch or 1, neurons, self.dt, count(seed, "seed", 0)), steps
        array = numbers(input, self.dtype, "input")
        if array.ndim == len(self._row) + 1 and array.shape[1:] == self._row:
            if time is not None or (steps is not None and steps != len(array)):
                raise ValueError(f"steps: input has {len(array)} steps and says how long the run is; leave steps and time away")
            return array.reshape(len(array), self._size), len(array)
        if array.ndim == 0 or array.shape == self.shape:
            return array.reshape(-1), self._steps(steps, time)
        over_time = ", ".join(("time", *(["batch"] if self.batch else []), *map(str, self.shape)))
        raise ValueError(
            f"input: has shape {array.shape}, but one number, {self.shape}, or [{over_time}] over time is needed"
        )

    def _steps(self, steps: int | None, time: float | None) -> int:
        if (steps is None) == (time is None):
            raise TypeError("steps, time: give one of them, as the input does not say how long the run is")
        if steps is not None:
            return count(steps, "steps")
        assert time is not None
        whole = round(float(time) / self.dt) if np.isfinite(time) else 0
        if whole < 1:
            raise ValueError(f"time = {time}: must be finite and at least a step, {self.dt}")
        return whole

    def __repr__(self) -> str:
        parts = [repr(self.model), str(self.shape[0] if len(self.shape) == 1 else self.shape), f"dt={self.dt!r}"]
        if self.batch is not None:
            parts.append(f"batch={self.batch}")
        return f"Population({', '.join(parts)})"

    def describe(self) -> str:
        """All parameters with units and meanings, and what couples the neurons, as text."""
        return self._own.text()


def _competition(given: Competition | None) -> Competition | None:
    if given is None:
        return None
    k, radius, scope, silence = given
    silent = count(silence, "competition.silence", 0)
    if silent >= 2**32:
        raise ValueError(f"competition.silence = {silent}: must be below 2^32")
    return Competition(count(k, "competition.k", 0), count(radius, "competition.radius", 0), str(scope), silent)


def _surrogate(given: str | tuple[Any, ...] | None) -> tuple[str, list[float]] | None:
    if given is None:
        return None
    name, *values = (given,) if isinstance(given, str) else given
    return name, [float(value) for value in values]
