"""Spike trains: when neurons fired, how regularly, and how alike."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native
from ._arrays import AsArray
from ._numbers import count, numbers, vector

if TYPE_CHECKING:
    from ._recording import Recording


class MeanRates(NamedTuple):
    """Firing rates with their confidence intervals, one for each train, in Hz (per step where times count steps)."""

    rate: np.ndarray
    low: np.ndarray
    high: np.ndarray


class IsiStatistics(NamedTuple):
    """Statistics of the intervals between spikes, one for each train; NaN where a train has too few."""

    intervals: np.ndarray
    """Number of intervals."""
    mean: np.ndarray
    """Mean interval."""
    cv: np.ndarray
    """Coefficient of variation."""
    cv2: np.ndarray
    """The same of neighbours (Holt et al. 1996, doi:10.1152/jn.1996.75.5.1806)."""
    lv: np.ndarray
    """Local variation (Shinomoto et al. 2003, doi:10.1162/089976603322518759)."""
    lvr: np.ndarray
    """Local variation corrected for refractoriness (Shinomoto et al. 2009, doi:10.1371/journal.pcbi.1000433)."""


class _RateOverTime(NamedTuple):
    time: np.ndarray
    """Middles of the bins."""
    spikes: np.ndarray
    """Spikes in each bin."""
    rate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    unit: str
    """What times are counted in."""


class RateOverTime(AsArray, _RateOverTime):
    """A firing rate over time, in bins, with its confidence interval; ``numpy.asarray`` takes the rate."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        return self.rate

    def figure(self, title: str = "", *, ax: Any = None) -> Any:
        """The rate with its interval, over time; drawn into axes of matplotlib where ``ax`` is given."""
        return _shown(_native.draw_rates(self.time, self.rate, (self.low, self.high), self.unit, title), ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()


class _Correlogram(NamedTuple):
    lag: np.ndarray
    """Middles of the bins."""
    pairs: np.ndarray
    """Pairs of spikes."""
    expected: np.ndarray
    """What independent trains of these rates would give."""
    low: np.ndarray
    high: np.ndarray
    bin: float
    """Width of a bin."""
    unit: str
    """What lags are counted in."""


class Correlogram(AsArray, _Correlogram):
    """How often a spike of one train comes some lag after one of another; ``numpy.asarray`` takes the pairs."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        return self.pairs

    def figure(self, title: str = "", *, ax: Any = None) -> Any:
        """Pairs over lag; where independent trains give the same at all lags, with that and its interval. Drawn into axes of
        matplotlib where ``ax`` is given."""
        edges = np.append(self.lag - self.bin / 2, self.lag[-1] + self.bin / 2)
        middle = len(self.lag) // 2
        expected = (float(self.expected[middle]), float(self.low[middle]), float(self.high[middle]))
        return _shown(_native.draw_correlogram(edges, self.pairs.astype(np.float64), expected, self.unit, title), ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()


class _Distances(NamedTuple):
    matrix: np.ndarray
    """``[train, train]``."""
    measure: str
    """Its name."""
    labels: tuple[str, ...]
    """What the trains are called."""


class Distances(AsArray, _Distances):
    """A measure of all pairs of spike trains; ``numpy.asarray`` takes the matrix."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        return self.matrix

    def figure(self, title: str = "", *, ax: Any = None) -> Any:
        """The matrix as a picture; drawn into axes of matplotlib where ``ax`` is given."""
        return _shown(_native.draw_matrix(self.matrix, self.measure.replace("_", " "), "", list(self.labels), title), ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()


class Burst(NamedTuple):
    """A group of spikes that follow each other closely."""

    start: float
    end: float
    first: int
    """Its first spike, by its number in the train."""
    spikes: int
    """How many it has."""


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

    __slots__ = ("_own", "_times", "_understood", "_notes")

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
        if unit not in ("s", "steps"):
            raise ValueError(f"unit = {unit!r}: must be 's' or 'steps'")
        if window is None:
            window = (0.0, max((float(train.max()) for train in arrays if train.size), default=0.0) or 1.0)
        if names is not None and len(names) != len(arrays):
            raise ValueError(f"names: has {len(names)}, but there are {len(arrays)} trains")
        labels = [str(i) for i in range(len(arrays))] if names is None else [str(name) for name in names]
        start, end = window
        self._hold(_native.SpikeTrains(arrays, 1, labels, (float(start), float(end)), dt, unit))

    def _hold(self, native: _native.SpikeTrains) -> None:
        self._own = native
        self._understood: str | None = None
        self._notes: tuple[str, ...] = ()
        self._times: tuple[np.ndarray, ...] = tuple(native.times())
        for train in self._times:
            train.flags.writeable = False

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
        when, who = vector(times, "times"), vector(neurons, "neurons")
        if when.shape != who.shape:
            raise ValueError(f"neurons: has {who.size} numbers, but times has {when.size}")
        if who.size and not ((who >= 0) & (who == np.floor(who)) & (who < 2**32)).all():
            raise ValueError("neurons: must be whole numbers from 0 on")
        known = int(who.max()) + 1 if who.size else 0
        if count is not None and count < known:
            raise ValueError(f"count = {count}: neuron {known - 1} fired, so there are at least {known}")
        order = np.lexsort((when, who))
        ends = np.searchsorted(who[order], np.arange(1, (known if count is None else count)))
        parts = np.split(when[order], ends) if (count or known) else []
        return cls(parts, window=window, dt=dt, unit=unit)

    @classmethod
    def from_dense(cls, spikes: Any, dt: float = 1.0, *, unit: str = "s") -> SpikeTrains:
        """Trains from an array ``[time, neuron]`` that is not 0 where a neuron fired; each counts as one spike."""
        array = numbers(spikes, np.float64, "spikes")
        if array.ndim == 1:
            array = array.reshape(-1, 1)
        if array.ndim != 2:
            raise ValueError(f"spikes: has shape {array.shape}, but [time, neuron] is needed")
        times = [np.flatnonzero(column) * dt for column in array.T]
        return cls(times, window=(0.0, len(array) * dt), dt=dt, unit=unit)

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
        names = list(dict.fromkeys(who))
        number = {name: i for i, name in enumerate(names)}
        trains = cls.from_events(when, [number[name] for name in who], count=len(names), window=window, dt=dt, unit=unit)
        return cls(list(trains), window=trains.window, dt=dt, unit=unit, names=[str(name) for name in names])

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
        return len(self._times)

    def __getitem__(self, train: Any) -> Any:
        return self._times[train]

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self._times)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpikeTrains):
            return NotImplemented
        about = (self.window, self.dt, self.unit, self.samples, self.names)
        if about != (other.window, other.dt, other.unit, other.samples, other.names) or len(self) != len(other):
            return False
        return all(np.array_equal(a, b) for a, b in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        start, end = self.window
        return f"<SpikeTrains: {len(self)} trains, {self.spikes} spikes from {start:g} to {end:g} {self.unit}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (list(self), self.samples, list(self.names), self.window, self.dt, self.unit)

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
        who = np.repeat(np.arange(len(self)), [len(train) for train in self])
        return np.concatenate(self._times) if self._times else np.empty(0), who

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
        spikes = np.zeros((steps, len(self)))
        for train, times in enumerate(self):
            np.add.at(spikes[:, train], np.minimum(np.floor((times - start) / dt + 1e-6), steps - 1).astype(int), 1 / dt)
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
        matrix = _pairwise(list(self), measure, self.window, cost=cost, tau=tau, max_lag=max_lag)
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
        return _shown(_native.draw_raster(self._own, title, raster_rows(sort, groups, rate, ax, self._labels)), ax)

    def intervals_figure(self, bin: float | None = None, title: str = "", *, ax: Any = None) -> Any:
        """A histogram of the intervals of all trains; drawn into axes of matplotlib where ``ax`` is given."""
        return _shown(_native.draw_intervals(self._own, bin, title), ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()


def raster_rows(
    sort: str, groups: Mapping[str, int | str] | None, rate: bool | None, ax: Any, names: Sequence[str] = ()
) -> tuple[str, list[tuple[str, int]], bool | None]:
    """How the rows of a raster stand, for the library."""
    firsts = [(str(name), _row(first, f"groups[{name!r}]", names)) for name, first in (groups or {}).items()]
    return sort, firsts, False if rate is None and ax is not None else rate


def _row(train: int | str, place: str, names: Sequence[str]) -> int:
    if not isinstance(train, str):
        return count(train, place, 0)
    if train not in names:
        raise ValueError(f"{place} = {train!r}: is the name of no train; give its number, from 0")
    return names.index(train)


def _shown(figure: _native.Figure, ax: Any) -> Any:
    return figure if ax is None else figure.draw(ax)


def _made(times: list[np.ndarray], samples: int, names: list[str], window: Any, dt: Any, unit: str) -> SpikeTrains:
    """The trains of a pickle."""
    return SpikeTrains._of(_native.SpikeTrains(times, samples, names, window, dt, unit))


def _pairwise(
    trains: list[np.ndarray],
    measure: str,
    window: tuple[float, float],
    *,
    cost: float | None = None,
    tau: float | None = None,
    max_lag: float | None = None,
) -> np.ndarray:
    needs = {"victor_purpura": "cost", "van_rossum": "tau", "spike_sync": "max_lag", "event_sync": "max_lag"}.get(measure)
    given = {"cost": cost, "tau": tau, "max_lag": max_lag}
    if measure == "spike_sync" and max_lag is None:
        given["max_lag"] = math.inf
    for name, value in given.items():
        if name == needs and value is None:
            raise TypeError(f"{measure}: {name} is needed")
        if name != needs and value is not None:
            raise TypeError(f"{measure}: has no {name}")
    parameter = 0.0 if needs is None else float(given[needs] or 0.0)
    return _native.pairwise(trains, measure, parameter, window)


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


_OPTION = (
    r"(?<![\w-])--(?:(as) (trains-in-columns|trains|events|dense|counts|potentials)|(unit) ((?:s|samples)[|=][\w|=]+|steps)"
    r"|(columns) (\w+,\w+)|(time-axis) (\d)|([a-z][a-z-]*))"
)


def _as_arguments(text: str) -> str:
    """What the library says of the command's options (``--time-axis 1``), said of the arguments here (``time_axis=1``)."""

    def argument(option: re.Match[str]) -> str:
        name, *value = [part for part in option.groups() if part is not None]
        name = {"as": "holds"}.get(name, name.replace("-", "_"))
        return "=".join([name, *value])

    return re.sub(_OPTION, argument, text).replace("FILE:NAME", "array=NAME")


class CameraEvents(NamedTuple):
    """Events of a camera that sees changes of brightness, in the order of the file."""

    t: np.ndarray
    """When, in µs, as in the file."""
    x: np.ndarray
    """Column of the pixel."""
    y: np.ndarray
    """Row of the pixel."""
    p: np.ndarray
    """1 where it became brighter, 0 where darker."""
    width: int
    """Columns, as the file says; else what holds all events."""
    height: int
    """Rows, likewise."""


def read_events(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    columns: str | dict[str, str] | None = None,
    array: str | None = None,
) -> CameraEvents:
    """The events in a camera's file: Prophesee DAT and EVT 2 and 3, AEDAT 3.1 and 4, N-MNIST, Event Stream, tonic's records, and tables
    and arrays of x, y, time and polarity.

    Args:
        path: The file.
        unit: What times are counted in, where the file does not say: ``"s"``, ``"ms"``, ``"us"``.
        columns: Which column is what: ``"x,y,polarity,time"`` in order, or ``{"x": "col", "y": "row", "time": "ts", "polarity": "on"}``.
        array: One of several streams.

    Raises:
        OSError: a file that cannot be read, holds no events of a camera, or does not say enough.
    """
    if isinstance(columns, dict):
        columns = ",".join(f"{role}={name}" for role, name in columns.items())
    given = {"unit": unit, "columns": columns, "array": array}
    try:
        read, size = _native.SpikeTrains.read_events(path, {name: value for name, value in given.items() if value is not None})
    except OSError as error:
        raise OSError(_as_arguments(str(error))) from None
    return CameraEvents(*read, *size)


def read_trains(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    dt: float | None = None,
    holds: str | None = None,
    columns: str | dict[str, str] | None = None,
    array: str | None = None,
    start: float | Sequence[float] | None = None,
    stop: float | Sequence[float] | None = None,
    time_axis: int | None = None,
    neurons: int | None = None,
    verdict: str | Sequence[str] | None = None,
    polarity: str | None = None,
    pool: int | None = None,
    crop: tuple[int, int, int, int] | None = None,
) -> SpikeTrains:
    """Spike trains from a file or folder of any usual kind: tables, NumPy, NEST, Brian2, NWB, SONATA, NIX, MATLAB, Phy, cameras.

    What was understood stands in :attr:`SpikeTrains.understood` and :attr:`SpikeTrains.notes`. A file that does not say enough is
    refused, with the argument that decides.

    Args:
        path: The file or folder.
        unit: What times are counted in: ``"s"``, ``"ms"``, ``"us"``, ``"ns"``, ``"steps"``, or ``"samples=30000"``.
        dt: Length of a step in seconds, where the file has none; to count in steps instead, ``unit="steps"``.
        holds: What the numbers are: ``"events"``, ``"dense"``, ``"counts"``, ``"potentials"``, ``"trains"``, ``"trains-in-columns"``.
        columns: Which column is what: ``{"neuron": "sender", "time": "time_ms"}``, or in order: ``"neuron,time"``.
        array: One array, population, block, stream or sample of several.
        start: When the recording began, s; one time, or one for each trial.
        stop: When it ended.
        time_axis: The axis of time in values per step.
        neurons: Number of neurons, where those are numbered from 0 and the silent ones are not named.
        verdict: Only neurons that a sorter or a person judged so, such as ``"good"`` or ``["good", "mua"]``: of Phy's folders and
            NWB's units.
        polarity: Of a camera: ``"split"`` into two neurons, ``"merge"``, or ``"keep"`` as the sign of the value.
        pool: Make one neuron of so many by so many pixels.
        crop: Only these pixels: first column, first row, width, height.

    Raises:
        OSError: a file that cannot be read, holds no spikes, or does not say enough.
    """
    if isinstance(columns, dict):
        columns = ",".join(f"{role}={name}" for role, name in columns.items())
    edges = {name: [float(x) for x in np.atleast_1d(np.asarray(edge))] for name, edge in (("start", start), ("stop", stop)) if edge is not None}
    given = {
        "unit": unit, "dt": dt, "holds": holds, "columns": columns, "array": array, "time_axis": time_axis,
        "neurons": neurons if neurons is None else count(neurons, "neurons"), "polarity": polarity, "pool": pool, "crop": crop,
        "verdict": [verdict] if isinstance(verdict, str) else verdict if verdict is None else list(verdict), **edges,
    }
    try:
        native, understood, notes = _native.SpikeTrains.read(path, {name: value for name, value in given.items() if value is not None})
    except OSError as error:
        raise OSError(_as_arguments(str(error))) from None
    trains = SpikeTrains._of(native)
    trains._understood, trains._notes = understood, tuple(notes)
    return trains
