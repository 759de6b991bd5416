"""Analysis of single spike trains and of arrays; :class:`rheobase.SpikeTrains` has the same as methods, for all its trains.

Times are in seconds and rates in Hz.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._measures import pairwise
from ._numbers import numbers, vector

__all__ = [
    "event_sync",
    "isi_distance",
    "lowpass_filter",
    "rates_isi",
    "rates_kernel",
    "spike_distance",
    "spike_sync",
    "van_rossum",
    "victor_purpura",
]


def victor_purpura(a: Any, b: Any, cost: float) -> float:
    """Least cost of turning one train into the other: 1 for a spike more or less, ``cost`` per second for moving one.

    Victor and Purpura 1996, doi:10.1152/jn.1996.76.2.1310.

    >>> victor_purpura([0.1], [0.15], cost=10)
    0.5
    """
    return _pair(a, b, "victor_purpura", cost=cost)


def van_rossum(a: Any, b: Any, tau: float) -> float:
    """Distance of two trains after each spike has become an exponential decay (van Rossum 2001,
    doi:10.1162/089976601300014321)."""
    return _pair(a, b, "van_rossum", tau=tau)


def isi_distance(a: Any, b: Any, window: tuple[float, float]) -> float:
    """How different the intervals of two trains are at each time, from 0 to 1 (Kreuz et al. 2007,
    doi:10.1016/j.jneumeth.2007.05.031)."""
    return _pair(a, b, "isi_distance", window)


def spike_distance(a: Any, b: Any, window: tuple[float, float]) -> float:
    """How far apart the spikes of two trains are at each time, from 0 to 1 (Kreuz et al. 2013, doi:10.1152/jn.00873.2012)."""
    return _pair(a, b, "spike_distance", window)


def spike_sync(a: Any, b: Any, window: tuple[float, float], max_lag: float = math.inf) -> float:
    """The share of spikes that coincide with one of the other train (Kreuz et al. 2015, doi:10.1152/jn.00848.2014)."""
    return _pair(a, b, "spike_sync", window, max_lag=max_lag)


def event_sync(a: Any, b: Any, max_lag: float) -> float:
    """Strength of event synchronisation (Quian Quiroga et al. 2002, doi:10.1103/PhysRevE.66.041904)."""
    return _pair(a, b, "event_sync", max_lag=max_lag)


def _pair(a: Any, b: Any, measure: str, window: tuple[float, float] = (0.0, 1.0), **parameters: float) -> float:
    start, end = window
    found = pairwise([vector(a, "a"), vector(b, "b")], measure, (float(start), float(end)), **parameters)
    return float(found[0, 1])


def rates_kernel(t: Any, spikes: Any, kernel: str = "gauss", tau: float = 0.1) -> np.ndarray:
    """Rates over time out of dense spikes, through a kernel.

    Args:
        t: Times of the samples, evenly spaced.
        spikes: ``[time, neuron]``, 1/dt where a neuron fired.
        kernel: ``"expon"``, ``"gauss"``, ``"expogauss"`` or ``"alpha"``, all centred on the spike; with ``published-`` in
            front as nengo-extras samples them.
        tau: Time constant, in seconds.

    Returns:
        Rates of the shape of ``spikes``.
    """
    array = numbers(spikes, np.float64, "spikes")
    return _native.rates_kernel(vector(t, "t"), array, kernel, float(tau))


def rates_isi(t: Any, spikes: Any, *, midpoint: bool = False, interpolation: str = "zero") -> np.ndarray:
    """Rates over time out of dense spikes, from the intervals between them: 1/interval, put at the interval's first spike.

    Args:
        t: Times of the samples, ascending.
        spikes: ``[time, neuron]``, not 0 where a neuron fired.
        midpoint: Whether rates are put half way between two spikes instead.
        interpolation: ``"zero"``, ``"linear"``, ``"nearest"``, ``"previous"``, ``"next"`` or ``"cubic"``.

    Returns:
        Rates of the shape of ``spikes``.
    """
    array = numbers(spikes, np.float64, "spikes")
    return _native.rates_isi(vector(t, "t"), array, bool(midpoint), interpolation)


def lowpass_filter(x: Any, tau: float, kernel: str = "expon") -> np.ndarray:
    """Each row of ``x`` through a kernel of time constant ``tau``, in samples; the result has the shape of ``x``."""
    return _native.lowpass_filter(numbers(x, np.float64, "x"), float(tau), kernel)
