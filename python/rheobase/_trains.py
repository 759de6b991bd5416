"""Spike trains: when neurons fired, how regularly, and how alike."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from ._measures import Burst, Correlogram, Distances, IsiStatistics, MeanRates, RateOverTime, pairwise, shown
from ._numbers import count, numbers, vector
from ._raster import raster_rows

if TYPE_CHECKING:
    from ._recording import Recording


class SpikeTrains(Sequence[np.ndarray]):
    """Spike times of neurons, as arrays in ascending order: ``trains[i]`` is one of them.

    They come from a recording (:meth:`Recording.to_trains`), from a file (:func:`read_trains`), from arrays, or from a list of
    times. Several spikes in one step are equal times; measures of intervals and coincidences refuse these, :meth:`merged` makes
    one of them. Times are in seconds and rates in Hz, or both in steps (:attr:`unit`).

    Args:
        times: Ascending times of each train.
        window: When the recording began and ended; by default from 0 to the last spike.
        dt: Length of a step, where the recording has steps.
        unit: ``"s"`` or ``"steps"``.
        names: Names of the neurons; their numbers by default.

    >>> trains = SpikeTrains([[0.1, 0.2, 0.4], [0.15, 0.35]], window=(0, 0.5))
    >>> trains.mean_rates().rate
    array([6., 4.])
    >>> trains.distances("victor_purpura", cost=10).matrix[0, 1].round(6).item()
    2.0
    """

    __slots__ = ("_own", "_times", "_ends", "_understood", "_notes")

    def __init__(
        self,
        times: Any,
        *,
        window: tuple[float, float] | None = None,
        dt: float | None = None,
        unit: str = "s",
        names: Sequence[str] | None = None,
    ) -> None:
        arrays = [vector(train, f"times[{i}]") for i, train in enumerate(times)]
        ends = np.cumsum([train.size for train in arrays], dtype=np.int64)
        self._make(np.concatenate(arrays) if arrays else np.empty(0), ends, window, dt, unit, names)

    def _make(
        self, times: np.ndarray, ends: np.ndarray, window: Any, dt: float | None, unit: str, names: Sequence[str] | None
    ) -> None:
        """Of the times of all trains one after the other, and where each train ends among them."""
        if unit not in ("s", "steps"):
            raise ValueError(f"unit = {unit!r}: must be 's' or 'steps'")
        if window is None:
            window = (0.0, float(times.max(initial=0.0)) or 1.0)
        if names is not None and len(names) != len(ends):
            raise ValueError(f"names: has {len(names)}, but there are {len(ends)} trains")
        labels = [str(name) for name in (range(len(ends)) if names is None else names)]
        start, end = window
        self._hold(_native.SpikeTrains(times, ends, 1, labels, (float(start), float(end)), dt, unit))

    def _hold(self, native: _native.SpikeTrains) -> None:
        self._own = native
        self._understood: str | None = None
        self._notes: tuple[str, ...] = ()
        self._times, self._ends = native.times()
        self._times.flags.writeable = False

    @classmethod
    def _made(cls, times: np.ndarray, ends: np.ndarray, window: Any, dt: float | None, unit: str, names: Any) -> SpikeTrains:
        trains = object.__new__(cls)
        trains._make(times, ends, window, dt, unit, names)
        return trains

    @classmethod
    def _of(cls, native: _native.SpikeTrains) -> SpikeTrains:
        trains = object.__new__(cls)
        trains._hold(native)
        return trains

    @classmethod
    def from_events(
        cls,
        times: Any,
        neurons: Any,
        *,
        count: int | None = None,
        window: tuple[float, float] | None = None,
        dt: float | None = None,
        unit: str = "s",
    ) -> SpikeTrains:
        """Trains from one list of times and one of neurons, in any order; ``count`` says how many neurons there are."""
        return cls._of_events(times, neurons, count, window, dt, unit, None)

    @classmethod
    def _of_events(
        cls, times: Any, neurons: Any, count: int | None, window: Any, dt: float | None, unit: str, names: Sequence[str] | None
    ) -> SpikeTrains:
        when, who = vector(times, "times"), vector(neurons, "neurons")
        if when.shape != who.shape:
            raise ValueError(f"neurons: has {who.size} numbers, but times has {when.size}")
        if who.size and not ((who >= 0) & (who == np.floor(who)) & (who < 2**32)).all():
            raise ValueError("neurons: must be whole numbers from 0 on")
        who = who.astype(np.int64)
        known = int(who.max()) + 1 if who.size else 0
        if count is not None and count < known:
            raise ValueError(f"count = {count}: neuron {known - 1} fired, so there are at least {known}")
        ends = np.cumsum(np.bincount(who, minlength=known if count is None else count), dtype=np.int64)
        return cls._made(when[np.lexsort((when, who))], ends, window, dt, unit, names)

    @classmethod
    def from_dense(cls, spikes: Any, dt: float = 1.0, *, unit: str = "s") -> SpikeTrains:
        """Trains from an array ``[time, neuron]`` that is not 0 where a neuron fired; each counts as one spike."""
        array = numbers(spikes, None, "spikes")
        if array.ndim == 1:
            array = array.reshape(-1, 1)
        if array.ndim != 2:
            raise ValueError(f"spikes: has shape {array.shape}, but [time, neuron] is needed")
        step, who = np.nonzero(array)
        if np.isnan(array[step, who]).any():
            raise ValueError("spikes: has NaN, which says neither that a neuron fired nor that it did not")
        order = np.argsort(who, kind="stable")
        ends = np.cumsum(np.bincount(who, minlength=array.shape[1]), dtype=np.int64)
        return cls._made(step[order] * float(dt), ends, (0.0, len(array) * dt), dt, unit, None)

    @classmethod
    def from_neo(cls, trains: Any) -> SpikeTrains:
        """Trains from a neo ``SpikeTrain``, a list of them, or what has ``spiketrains`` (a ``Segment``).

        They become seconds, from the earliest ``t_start`` to the latest ``t_stop``; names are those that all have and no two
        share, else numbers.
        """
        found = getattr(trains, "spiketrains", trains)
        every = [found] if hasattr(found, "magnitude") else list(found)
        for i, train in enumerate(every):
            if not (hasattr(train, "rescale") and hasattr(train, "t_stop")):
                raise TypeError(f"trains[{i}]: a neo SpikeTrain is needed, not {type(train).__name__}")
        if not every:
            raise ValueError("trains: there is none")
        start = min(float(train.t_start.rescale("s")) for train in every)
        stop = max(float(train.t_stop.rescale("s")) for train in every)
        times = [np.sort(np.asarray(train.rescale("s").magnitude, np.float64)) for train in every]
        names = [train.name for train in every]
        known = all(names) and len(set(names)) == len(names)
        return cls(times, window=(start, stop), names=names if known else None)

    def to_neo(self) -> list[Any]:
        """A neo ``SpikeTrain`` for each train, in seconds (in steps as numbers without a unit)."""
        import neo
        import quantities

        unit = quantities.s if self.unit == "s" else quantities.dimensionless
        start, stop = self.window
        return [
            neo.SpikeTrain(times, t_start=start, t_stop=stop, units=unit, name=name)
            for times, name in zip(self, self._labels)
        ]

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        time: str = "time",
        neuron: str = "neuron",
        *,
        count: int | None = None,
        window: tuple[float, float] | None = None,
        dt: float | None = None,
        unit: str = "s",
    ) -> SpikeTrains:
        """Trains from a pandas frame with a row for each spike: its time, and its neuron by number or by name.

        Neurons that are numbers are counted from 0 (``count`` says how many there are); others are named in the order in which
        they first appear.
        """
        for column in (time, neuron):
            if column not in frame.columns:
                raise ValueError(f"frame: has no column {column!r}, only {', '.join(map(str, frame.columns))}")
        when, who = frame[time].to_numpy(np.float64), frame[neuron].to_numpy()
        if who.dtype.kind in "iuf":
            return cls.from_events(when, who, count=count, window=window, dt=dt, unit=unit)
        number = {name: i for i, name in enumerate(dict.fromkeys(who))}
        names = [str(name) for name in number]
        return cls._of_events(when, [number[name] for name in who], len(names), window, dt, unit, names)

    def to_frame(self) -> Any:
        """A pandas frame with a row for each spike: ``time``, ``neuron`` (its name, or its number), and ``sample`` where there are
        several."""
        import pandas

        times, who = self.flat()
        neurons = len(self.names)
        named = self.names != tuple(str(i) for i in range(neurons))
        which = who % neurons if neurons else who
        columns = {"time": times, "neuron": np.array(self.names, object)[which] if named else which}
        if self.samples > 1:
            columns["sample"] = who // neurons
        return pandas.DataFrame(columns)

    @property
    def understood(self) -> str | None:
        """What kind of file these trains come from, and what its numbers were taken for; ``None`` if from no file."""
        return self._understood

    @property
    def notes(self) -> tuple[str, ...]:
        """What else should be known of the file before a figure is believed."""
        return self._notes

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes .csv, .npz, .nwb, .nix (Neo) or .h5 (SONATA), whole or not at all."""
        self._own.write(path)

    def to_dense(self, dt: float, *, start: float | None = None, stop: float | None = None, doubles: str = "add") -> np.ndarray:
        """The spikes in steps of ``dt``: ``[time, neuron]``, or ``[time, sample, neuron]`` where there are several samples.

        A spike within a millionth of a step of a step's start belongs to that step. Several in a step add up, are ``"one"``, or
        an ``"error"``.
        """
        dense: np.ndarray = self._own.to_dense(dt, start, stop, doubles)
        return dense[:, 0] if self.samples == 1 else dense

    @property
    def unit(self) -> str:
        """What times are counted in."""
        return self._own.unit

    @property
    def window(self) -> tuple[float, float]:
        """Start and end of what is held here."""
        return self._own.window

    @property
    def dt(self) -> float | None:
        """Length of a step, where there are steps."""
        return self._own.dt

    @property
    def samples(self) -> int:
        """Number of samples; trains stand sample by sample, and within it neuron by neuron."""
        return self._own.samples

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the neurons."""
        return tuple(self._own.names)

    @property
    def spikes(self) -> int:
        """Number of spikes of all trains."""
        return self._own.spikes

    @property
    def _labels(self) -> tuple[str, ...]:
        if self.samples == 1:
            return self.names
        return tuple(f"{sample}/{name}" for sample in range(self.samples) for name in self.names)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, train: Any) -> Any:
        places = range(len(self))[train]
        if isinstance(places, range):
            return tuple(self._train(place) for place in places)
        return self._train(places)

    def _train(self, train: int) -> np.ndarray:
        return self._times[self._ends[train - 1] if train else 0 : self._ends[train]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self._train, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpikeTrains):
            return NotImplemented
        about = (self.window, self.dt, self.unit, self.samples, self.names)
        if about != (other.window, other.dt, other.unit, other.samples, other.names):
            return False
        if not (np.array_equal(self._ends, other._ends) and np.array_equal(self._times, other._times)):
            return False
        (values, windows), (others, other_windows) = self._own.rest(), other._own.rest()
        return windows == other_windows and all(map(np.array_equal, values, others))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        start, end = self.window
        return f"<SpikeTrains: {len(self)} trains, {self.spikes} spikes from {start:g} to {end:g} {self.unit}>"

    def __reduce__(self) -> tuple[Any, ...]:
        about = (self.samples, list(self.names), self.window, self.dt, self.unit)
        return _unpickled, (self._times, self._ends, self._own.rest(), *about)

    def sample(self, sample: int) -> SpikeTrains:
        """One sample alone."""
        return self._of(self._own.sample(count(sample, "sample", 0)))

    def within(self, start: float, end: float) -> SpikeTrains:
        """What happened from ``start`` on and before ``end`` (up to it, if the recording ends there)."""
        return self._of(self._own.within(float(start), float(end)))

    def merged(self) -> SpikeTrains:
        """One spike where there were several at one time."""
        return self._of(self._own.merged())

    def flat(self) -> tuple[np.ndarray, np.ndarray]:
        """Every spike as its time and the number of its train, train by train."""
        return self._times.copy(), np.repeat(np.arange(len(self)), np.diff(self._ends, prepend=0))

    def mean_rates(self, level: float = 0.95) -> MeanRates:
        """Rate of each train, with the exact interval of a Poisson process (Garwood 1936, doi:10.1093/biomet/28.3-4.437)."""
        return MeanRates(**_native.mean_rates(self._own, level))

    def intervals(self) -> list[np.ndarray]:
        """Times between the spikes of each train."""
        return [np.diff(train) for train in self]

    def isi_statistics(self) -> IsiStatistics:
        """How long and how regular the intervals of each train are."""
        return IsiStatistics(**_native.isi_statistics(self._own))

    def counts(self, bin: float) -> np.ndarray:
        """Spikes in bins of this width, ``[train, bin]``; warns of what is left at the end, which fills no bin."""
        return _native.bin_counts(self._own, float(bin))

    def fano(self, bin: float) -> np.ndarray:
        """Variance over mean of each train's counts in bins; NaN for silent trains."""
        return _native.fano(self._own, float(bin))

    def rate(self, bin: float, level: float = 0.95) -> RateOverTime:
        """The mean rate of the trains over time, in bins."""
        return RateOverTime(**_native.population_rate(self._own, float(bin), level), unit=self.unit)

    def psth(self, train: int, onsets: Any, window: tuple[float, float], bin: float, level: float = 0.95) -> RateOverTime:
        """The rate of one train around ``onsets``, from ``window[0]`` to ``window[1]`` after each, in bins."""
        when = vector(onsets, "onsets")
        return RateOverTime(**_native.psth(self._own, count(train, "train", 0), when, window, float(bin), level), unit=self.unit)

    def rates(self, kernel: str, tau: float, *, dt: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Rates over time through a kernel: the times, and ``[time, train]``. See :func:`rheobase.analyse.rates_kernel`."""
        dt = self.dt if dt is None else dt
        if dt is None:
            raise TypeError("dt: give the length of a step, as these trains have none")
        start, end = self.window
        steps = max(round((end - start) / dt), 1)
        times, who = self.flat()
        spikes = np.zeros((steps, len(self)))
        np.add.at(spikes, (np.minimum(np.floor((times - start) / dt + 1e-6), steps - 1).astype(int), who), 1 / dt)
        t = start + (np.arange(steps) + 1) * dt
        return t, _native.rates_kernel(t, spikes, kernel, float(tau))

    def distances(
        self, measure: str, *, cost: float | None = None, tau: float | None = None, max_lag: float | None = None
    ) -> Distances:
        """A measure of all pairs of trains.

        Args:
            measure: ``"victor_purpura"`` (with ``cost`` of moving a spike, per second), ``"van_rossum"`` (with ``tau``),
                ``"isi_distance"``, ``"spike_distance"``, ``"spike_sync"`` (with ``max_lag``, infinite by default) or
                ``"event_sync"`` (with ``max_lag``).
        """
        matrix = pairwise(list(self), measure, self.window, cost=cost, tau=tau, max_lag=max_lag)
        return Distances(matrix, measure, self._labels)

    def count_correlation(self, bin: float) -> Distances:
        """Pearson's correlation of counts in bins, of all pairs of trains; 0 for trains whose counts do not vary."""
        matrix, _ = _native.count_correlation(self._own, float(bin))
        return Distances(matrix, "count_correlation", self._labels)

    def correlogram(self, a: int, b: int, bin: float, max_lag: float, level: float = 0.95) -> Correlogram:
        """Lags from the spikes of train ``a`` to those of train ``b``, in bins; of one train if both are the same."""
        found = _native.correlogram(self._own, (count(a, "a", 0), count(b, "b", 0)), float(bin), float(max_lag), level)
        return Correlogram(**found, bin=float(bin), unit=self.unit)

    def synchrony(self, bin: float) -> float:
        """How alike the counts of all trains are over time, from 0 to 1 (Golomb and Rinzel 1993,
        doi:10.1103/PhysRevE.48.4810)."""
        return _native.synchrony(self._own, float(bin))

    def spike_sync(self, max_lag: float = math.inf) -> float:
        """The share of spikes that coincide with those of other trains (Kreuz et al. 2015, doi:10.1152/jn.00848.2014)."""
        return _native.spike_sync_of_all(self._own, float(max_lag))

    def bursts(
        self,
        train: int,
        *,
        max_begin: float = 0.17,
        max_within: float = 0.3,
        min_between: float = 0.2,
        min_duration: float = 0.01,
        min_spikes: int = 3,
    ) -> list[Burst]:
        """Bursts of one train by the max-interval rule (Cotterill et al. 2016, doi:10.1152/jn.00093.2016).

        A burst begins with an interval of at most ``max_begin`` and goes on while intervals are at most ``max_within``; bursts
        closer than ``min_between`` are one; those shorter than ``min_duration`` or of less than ``min_spikes`` are none.
        """
        rule = (float(max_begin), float(max_within), float(min_between), float(min_duration), count(min_spikes, "min_spikes"))
        return [Burst(*found) for found in _native.bursts(self._own, count(train, "train", 0), rule)]

    def violations(self, refractory: float = 0.002) -> list[tuple[int, int, int]]:
        """Of every train: intervals above 0 and below ``refractory``, spikes at the time of the one before, and all intervals.

        Intervals that no single neuron can have tell that spikes of several were taken for one's.
        """
        return _native.violations(self._own, float(refractory))

    def figure(
        self,
        title: str = "",
        *,
        sort: str = "number",
        groups: Mapping[str, int | str] | None = None,
        rate: bool | None = None,
        ax: Any = None,
    ) -> Any:
        """A raster of all trains.

        Args:
            title: Words above.
            sort: Order of the rows from the bottom, within each group: ``"number"``, ``"rate"`` (the slowest first) or ``"first"``
                (whose first spike comes first; silent ones last).
            groups: Names of groups with the first train of each, by number or by name: ``{"exc": 0, "inh": 800}``.
            rate: Whether the population's rate, or that of each group, stands below; by default where there are more than 1000
                trains and no ``ax``.
            ax: Axes of matplotlib to draw into, one for each panel from the top; they are then what comes back.

        Raises:
            ValueError: another order; groups that do not ascend from 0.
        """
        return shown(_native.draw_raster(self._own, title, raster_rows(sort, groups, rate, ax, self._labels)), ax)

    def intervals_figure(self, bin: float | None = None, title: str = "", *, ax: Any = None) -> Any:
        """A histogram of the intervals of all trains; drawn into axes of matplotlib where ``ax`` is given."""
        return shown(_native.draw_intervals(self._own, bin, title), ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()


def _unpickled(times: np.ndarray, ends: np.ndarray, rest: tuple[Any, Any], *about: Any) -> SpikeTrains:
    return SpikeTrains._of(_native.SpikeTrains(times, ends, *about).with_rest(*rest))


def of_recording(recording: Recording) -> SpikeTrains:
    """The spike trains of a recording."""
    info = recording.model.info
    if info["emits"] == "numbers":
        raise ValueError(f"{info['class']}: gives a number in every step and no spikes, so it has no spike trains")
    amplitude = None
    if info["emits"] in ("counts", "signed counts"):
        amplitude = recording.model.parameters.get("amplitude", 1.0)
        if not isinstance(amplitude, float):
            raise ValueError("amplitude: differs from neuron to neuron, so what a count is does; analyse neurons one by one")
    shape = [recording.steps, recording.batch or 1, int(np.prod(recording.shape))]
    events = tuple(np.ascontiguousarray(column) for column in recording.events)
    return SpikeTrains._of(_native.SpikeTrains.from_events(events, shape, recording.dt, recording.unit, amplitude))
