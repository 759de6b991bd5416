"""What is measured of spike trains, as arrays with names and pictures."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._arrays import AsArray


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
        return shown(_native.draw_rates(self.time, self.rate, (self.low, self.high), self.unit, title), ax)

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
        return shown(_native.draw_correlogram(edges, self.pairs.astype(np.float64), expected, self.unit, title), ax)

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
        return shown(_native.draw_matrix(self.matrix, self.measure.replace("_", " "), "", list(self.labels), title), ax)

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


def shown(figure: _native.Figure, ax: Any) -> Any:
    return figure if ax is None else figure.draw(ax)


def pairwise(
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
