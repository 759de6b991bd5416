"""Recordings: what a run gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native
from ._arrays import AsArray
from ._raster import raster_rows
from ._trains import SpikeTrains, of_recording

if TYPE_CHECKING:
    from ._model import Model
    from ._population import Population

_DRAWN = 6
"""Neurons whose input and potential are drawn."""


class Events(NamedTuple):
    """Spikes as events, in order of step, sample and neuron: five arrays of one length."""

    step: np.ndarray
    """Step of the run, from 0."""
    batch: np.ndarray
    """Sample."""
    neuron: np.ndarray
    """Neuron, counted over the whole layer."""
    value: np.ndarray
    """What left the neuron."""
    offset: np.ndarray
    """When within the step, from its start; 0 where the model does not say."""


class Recording(AsArray):
    """What a run gave: spikes in the form that was asked for, and probes by name.

    ``recording["v"]`` is what was probed, ``[time, …]`` as all arrays over time; ``numpy.asarray(recording)`` is
    :attr:`output`. Notebooks show :meth:`figure`.
    """

    model: Model
    """The model of the run."""
    steps: int
    """Steps that were taken."""
    start: int
    """Steps from the population's last reset to the start of the run."""
    dt: float
    """Length of a step."""
    shape: tuple[int, ...]
    """The layer's shape."""
    batch: int | None
    """Number of samples, if they have an axis."""
    dtype: np.dtype[Any]
    """Dtype of the output and of probes."""
    winners: np.ndarray
    """Winners of the competition: step, sample, feature, row and column of each, ``[winner, 5]``."""
    _dense: np.ndarray | None
    _bits: np.ndarray | None
    _events: Events | None
    _traces: dict[str, tuple[int, np.ndarray]]
    _tape: _native.Tape | None
    _drive: Any

    def __init__(self) -> None:
        raise TypeError("a recording comes from Population.run")

    @classmethod
    def _of(cls, population: Population, raw: dict[str, Any], drive: Any) -> Recording:
        recording = object.__new__(cls)
        recording.model = population.model
        recording.steps = raw["steps"]
        recording.start = raw["start"]
        recording.dt = population.dt
        recording.shape = population.shape
        recording.batch = population.batch
        recording.dtype = population.dtype
        recording._dense, recording._bits = raw["dense"], raw["bits"]
        recording._events = None if raw["events"] is None else Events(*raw["events"])
        recording._traces = {name: (every, values) for name, every, values in raw["traces"]}
        recording.winners = raw["winners"]
        recording._tape = raw["tape"]
        recording._drive = drive
        return recording

    @property
    def unit(self) -> str:
        """What times are counted in: ``"s"`` or ``"steps"``."""
        return self.model.info["time"]

    @property
    def _row(self) -> tuple[int, ...]:
        return (*(() if self.batch is None else (self.batch,)), *self.shape)

    @property
    def probes(self) -> tuple[str, ...]:
        """Names of what was probed."""
        return tuple(self._traces)

    def __getitem__(self, probe: str) -> np.ndarray:
        try:
            return self._traces[probe][1]
        except KeyError:
            raise KeyError(f"{probe!r} was not probed; run with probes=[{probe!r}]") from None

    def __contains__(self, probe: object) -> bool:
        return probe in self._traces

    def times(self, probe: str | None = None) -> np.ndarray:
        """When steps end, or when a probe was taken."""
        every = 1 if probe is None else self._traces[probe][0]
        return (np.arange(self.steps // every) + 1) * (every * self.dt)

    @property
    def fired(self) -> np.ndarray:
        """Whether anything left each neuron in each step, ``[time, …]``."""
        if self._bits is not None:
            neurons = int(np.prod(self.shape))
            bits = np.unpackbits(self._bits.view(np.uint8), axis=-1, bitorder="little", count=neurons)
            return bits.reshape(self.steps, *self._row).astype(bool)
        return self.output != 0

    @property
    def output(self) -> np.ndarray:
        """What left each neuron in each step, ``[time, …]``; of bits, 1 where anything did."""
        if self._dense is not None:
            return self._dense
        if self._bits is not None:
            return self.fired.astype(self.dtype)
        if self._events is None:
            raise ValueError("the run recorded no output; run with spikes='events', 'dense' or 'bits'")
        output = np.zeros((self.steps, self.batch or 1, int(np.prod(self.shape))), self.dtype)
        step, batch, neuron, value, _ = self._events
        output[step, batch, neuron] = value
        return output.reshape(self.steps, *self._row)

    @property
    def events(self) -> Events:
        """The spikes as events."""
        if self._events is not None:
            return self._events
        output = self.output.reshape(self.steps, self.batch or 1, -1)
        step, batch, neuron = np.nonzero(output)
        value = output[step, batch, neuron].astype(np.float32)
        return Events(
            step.astype(np.uint64), batch.astype(np.uint32), neuron.astype(np.uint32), value, np.zeros_like(value)
        )

    def _array(self) -> np.ndarray:
        return self.output

    def __len__(self) -> int:
        return self.steps

    def to_frame(self, probe: str | None = None) -> Any:
        """A pandas frame: a row for each spike (``time``, ``sample``, ``neuron``, ``value``), or with ``probe`` its values over
        ``time``, a column for each neuron of the first sample."""
        import pandas

        if probe is None:
            step, batch, neuron, value, offset = self.events
            times = step * self.dt + offset.astype(np.float64)
            return pandas.DataFrame({"time": times, "sample": batch, "neuron": neuron, "value": value})
        values = self[probe].reshape(len(self[probe]), self.batch or 1, -1)[:, 0]
        return pandas.DataFrame(values, index=pandas.Index(self.times(probe), name="time"))

    def to_trains(self) -> SpikeTrains:
        """The spike trains: for analysis, sample by sample and within it neuron by neuron.

        Raises:
            ValueError: models that do not spike, and runs that recorded no output.
        """
        return of_recording(self)

    def figure(
        self,
        title: str | None = None,
        *,
        sort: str = "number",
        groups: Mapping[str, int] | None = None,
        rate: bool | None = None,
        ax: Any = None,
    ) -> Any:
        """Input, potentials of the first neurons where they were probed, and spikes of the first sample on one time axis.

        Args:
            title: Words above; by default the model's name, and how many traces and samples of all are drawn.
            sort: Order of the raster's rows from the bottom, within each group: ``"number"``, ``"rate"`` (the slowest first) or
                ``"first"`` (whose first spike comes first; silent ones last).
            groups: Names of groups with the first neuron of each, counted over the whole layer: ``{"exc": 0, "inh": 800}``.
            rate: Whether the population's rate, or that of each group, stands below; by default where there are more than 1000
                neurons and no ``ax``.
            ax: Axes of matplotlib to draw into, one for each panel from the top; they are then what comes back.
        """
        info = self.model.info
        spikes = None
        if info["emits"] != "numbers":
            spikes = self._marks()
        potential = None
        probe = info["potential"] if info["emits"] != "numbers" else "output"
        if probe in self._traces:
            every, values = self._traces[probe]
            potential = self._lines(probe, self._unit(probe), self.times(probe), values, self._threshold())
        elif info["emits"] == "numbers":
            potential = self._lines("output", "", self.times(), self.output, None)
        figure = _native.draw_run(
            self._title() if title is None else title,
            (self.unit, self.steps * self.dt, self.dt),
            self._input_lines(),
            potential,
            spikes,
            int(np.prod(self.shape)),
            raster_rows(sort, groups, rate, ax),
        )
        return figure if ax is None else figure.draw(ax)

    def _title(self) -> str:
        """What is drawn, and of how much."""
        neurons = int(np.prod(self.shape))
        samples = f", sample 0 of {self.batch}" if (self.batch or 1) > 1 else ""
        traces = f", traces of {_DRAWN} of {neurons} neurons" if neurons > _DRAWN else ""
        return f"{self.model.info['class']}{samples}{traces}"

    def _marks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times, neurons and counts of the first sample's spikes."""
        step, batch, neuron, value, offset = self.events
        first = batch == 0
        times = step[first] * self.dt + offset[first].astype(np.float64)
        counts = np.ones(len(times))
        if self.model.info["emits"] in ("counts", "signed counts"):
            amplitude = np.broadcast_to(self.model.parameters.get("amplitude", 1.0), (int(np.prod(self.shape)),))
            counts = np.maximum(np.round(np.abs(value[first] / amplitude[neuron[first]])), 1)
        return times, np.ascontiguousarray(neuron[first]), counts.astype(np.uint64)

    def _threshold(self) -> tuple[str, float] | None:
        name = self.model.info["threshold"]
        value = self.model.parameters.get(name)
        return (name, value) if isinstance(value, float) else None

    def _unit(self, field: str) -> str:
        return next((f["unit"] for f in self.model.info["state"] if f["name"] == field), "")

    def _lines(self, label: str, unit: str, times: np.ndarray, values: np.ndarray, threshold: Any) -> Any:
        first = values.reshape(len(values), -1)[:, : min(_DRAWN, int(np.prod(self.shape)))]
        return label, unit, times, [np.ascontiguousarray(line, np.float64) for line in first.T], threshold

    def _input_lines(self) -> Any:
        drawn = min(_DRAWN, int(np.prod(self.shape)))
        if isinstance(self._drive, _native.Prepared):
            values = self._drive.rows(self.start, self.steps, 0, int(np.prod(self.shape)))
        elif self._drive.ndim == 1:
            values = np.broadcast_to(self._drive[:drawn], (self.steps, min(drawn, self._drive.size)))
        else:
            values = self._drive[: self.steps]
        return self._lines("input", self.model.info["input_unit"], self.times(), values, None)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()

    def __getstate__(self) -> dict[str, Any]:
        # The tape of the run lives in this process alone.
        made = isinstance(self._drive, _native.Prepared)
        return {**self.__dict__, "_tape": None, "_drive": np.stack(self._input_lines()[3], axis=1) if made else self._drive}

    def __repr__(self) -> str:
        held = [*(["output"] if self._dense is not None else []), *(["bits"] if self._bits is not None else [])]
        if self._events is not None:
            held.append(f"{len(self._events.step)} spikes")
        held += self._traces
        return f"<Recording of {self.steps} steps of {self.model!r}: {', '.join(held) or 'nothing'}>"
