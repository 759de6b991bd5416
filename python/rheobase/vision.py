"""Spiking vision: operations on waves of spikes over feature maps, and on the images before them.

A *wave* is an array ``[time, feature, row, column]``, float32: what a layer sends for one image. *First spikes* are
:class:`~rheobase.SpikeRows` with at most one spike per neuron. An image is ``[channel, row, column]``. Every operation here is
an encoder or a node of a network, too. After SpykeTorch (Mozafari et al. 2019, doi:10.3389/fnins.2019.00625).

>>> import rheobase as rb
>>> potentials = np.zeros((2, 2, 1, 2), np.float32)
>>> potentials[:, 1, 0, 0] = [1.5, 2.5]
>>> wave = rb.vision.threshold(potentials, 1.0)
>>> rb.vision.k_winners(wave, k=1)
[(1, 0, 0)]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._numbers import count, numbers
from ._rows import SpikeRows

__all__ = [
    "cumulate",
    "Dog",
    "feature_inhibition",
    "filters",
    "fire",
    "fire_first",
    "first_spike_conv",
    "first_spikes",
    "Gabor",
    "gabor_bank",
    "inhibition",
    "intensity_lateral_inhibition",
    "intensity_to_latency",
    "k_winners",
    "local_normalization",
    "moved",
    "pad",
    "pointwise_inhibition",
    "pool",
    "rank_order",
    "threshold",
    "to_wave",
]


class Dog(NamedTuple):
    """A difference of Gaussians of the widths ``center`` and ``surround``, in places: on-centre cells, or off-centre ones if
    the surround is the narrower (Rodieck 1965, doi:10.1016/0042-6989(65)90033-7)."""

    size: int
    center: float
    surround: float

    def values(self) -> np.ndarray:
        """The kernel, ``[row, column]``."""
        return _native.filter_kernel(tuple(self))


class Gabor(NamedTuple):
    """A Gabor function across an edge of some ``orientation`` in degrees (Jones and Palmer 1987,
    doi:10.1152/jn.1987.58.6.1233). ``wavelength`` is half of the size by default, ``sigma`` 0.8 wavelengths."""

    size: int
    orientation: float
    wavelength: float | None = None
    sigma: float | None = None
    aspect: float = 0.3

    def values(self) -> np.ndarray:
        """The kernel, ``[row, column]``."""
        return _native.filter_kernel(tuple(self))


def gabor_bank(size: int, count: int, first: float = 0.0) -> list[Gabor]:
    """``count`` Gabor functions whose orientations divide the half circle, from ``first`` on."""
    return [Gabor(size, first + 180.0 * n / count) for n in range(count)]


def filters(
    image: Any,
    filters: Iterable[Dog | Gabor],
    *,
    padding: int = 0,
    threshold: float | None = None,
    absolute: bool = False,
) -> np.ndarray:
    """What filters see at each place of an image, ``[filter · channel, row, column]``.

    Args:
        image: ``[channel, row, column]``.
        filters: Their kernels; smaller ones stand in the middle of the largest.
        padding: Places of 0 around the image.
        threshold: What is below becomes 0.
        absolute: Whether magnitudes are taken first.
    """
    kernels = [tuple(kernel) for kernel in filters]
    threshold = None if threshold is None else float(threshold)
    return _native.image_filters(_maps(image, "image"), kernels, count(padding, "padding", 0), threshold, bool(absolute))


def moved(
    image: Any, *, down: int = 0, right: int = 0, mirrored: bool = False, degrees: float = 0.0, zoom: float = 1.0
) -> np.ndarray:
    """An image that is moved: mirrored left to right, turned counterclockwise and enlarged about its centre, then shifted.

    What comes in from outside is 0; between places values are interpolated. Training jobs move theirs by chance
    (``data.augment``).
    """
    shift = int(down), int(right)
    return _native.image_moved(_maps(image, "image"), shift, bool(mirrored), float(degrees), float(zoom))


def local_normalization(image: Any, radius: int, eps: float = 1e-12) -> np.ndarray:
    """Intensities divided by the mean of their surroundings, up to ``radius`` places away."""
    return _native.image_local_normalization(_maps(image, "image"), count(radius, "radius", 0), float(eps))


def intensity_lateral_inhibition(image: Any, percents: Iterable[float]) -> np.ndarray:
    """Intensities raised by a share of themselves for each neighbour that they exceed: ``percents[d - 1]`` at distance d."""
    return _native.image_lateral_inhibition(_maps(image, "image"), [float(p) for p in percents])


def intensity_to_latency(image: Any, steps: int) -> SpikeRows:
    """First spikes of intensities: the larger the earlier, equally many in each of ``steps`` steps, valued by intensity."""
    return SpikeRows._of(_native.image_latency(_maps(image, "image"), count(steps, "steps")))


def rank_order(image: Any, per_step: int, steps: int) -> SpikeRows:
    """First spikes of the largest intensities, ``per_step`` in each of ``steps`` steps."""
    found = _native.image_rank_order(_maps(image, "image"), count(per_step, "per_step"), count(steps, "steps"))
    return SpikeRows._of(found)


def threshold(wave: Any, threshold: float | None) -> np.ndarray:
    """Sets to 0 what is not above ``threshold``; with ``None`` all steps but the last, in which every neuron then fires."""
    return _native.wave_threshold(_wave(wave), None if threshold is None else float(threshold), False)


def fire(wave: Any, threshold: float | None) -> np.ndarray:
    """Spikes where potentials are above ``threshold``: the signs of what :func:`threshold` leaves."""
    return _native.wave_threshold(_wave(wave), None if threshold is None else float(threshold), True)


def fire_first(wave: Any, threshold: float | None) -> SpikeRows:
    """The first spike of each neuron, valued by its potential then."""
    return SpikeRows._of(_native.wave_fire_first(_wave(wave), None if threshold is None else float(threshold)))


def first_spikes(wave: Any) -> SpikeRows:
    """The first value of each neuron that is not 0."""
    return SpikeRows._of(_native.wave_first(_wave(wave)))


def to_wave(first: SpikeRows) -> np.ndarray:
    """The cumulative wave of first spikes: each neuron goes on with its value to the end."""
    return _native.wave_of_first(_first(first))


def cumulate(wave: Any) -> np.ndarray:
    """A wave in which every neuron goes on with its first value that is not 0."""
    return _native.wave_cumulate(_wave(wave))


def pad(wave: Any, places: int | tuple[int, int, int, int], value: float = 0.0) -> np.ndarray:
    """Surrounds every map with ``value``: the same number of places on all sides, or left, right, top and bottom."""
    sides = tuple(places) if isinstance(places, (tuple, list)) else (places,) * 4
    if len(sides) != 4:
        raise ValueError(f"places: has {len(sides)} numbers, but one, or left, right, top and bottom are needed")
    return _native.wave_pad(_wave(wave), [count(side, "places", 0) for side in sides], float(value))


def pool(wave: Any, kernel: Any, stride: Any = None, padding: Any = 0) -> np.ndarray:
    """The largest value of every window; one number for rows and columns, or two. Windows stand side by side by default."""
    steps = None if stride is None else _two(stride, "stride", 1)
    return _native.wave_pool(_wave(wave), _two(kernel, "kernel", 1), steps, _two(padding, "padding", 0))


def pointwise_inhibition(wave: Any) -> np.ndarray:
    """Leaves one feature at each place of a cumulative wave of potentials: the first to fire, then the largest."""
    return _native.wave_pointwise_inhibition(_wave(wave))


def feature_inhibition(wave: Any, features: Iterable[int]) -> np.ndarray:
    """Sets the maps of ``features`` to 0."""
    return _native.wave_feature_inhibition(_wave(wave), [count(f, "features", 0) for f in features])


def inhibition(first: SpikeRows, radius: int = 0) -> SpikeRows:
    """The first spikes that are left where each silences all other features at its place, and all within ``radius``."""
    return SpikeRows._of(_native.first_inhibition(_first(first), count(radius, "radius", 0)))


def k_winners(wave: Any, k: int = 1, radius: int = 0, spikes: Any = None) -> list[tuple[int, int, int]]:
    """The first ``k`` winners as (feature, row, column): the earliest, then the largest, then the lowest index; one per
    feature, none within ``radius`` rows and columns of an earlier one. ``wave`` is thresholded potentials, or first spikes."""
    k, radius = count(k, "k"), count(radius, "radius", 0)
    if isinstance(wave, SpikeRows):
        found = _native.first_winners(wave._own, k, radius)
    else:
        found = _native.wave_winners(_wave(wave), None if spikes is None else _wave(spikes), k, radius)
    return [tuple(place) for place in found]


def first_spike_conv(
    first: SpikeRows,
    weights: Any,
    threshold: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    inhibited: bool = False,
) -> SpikeRows:
    """First spikes behind a convolution that fires once, valued by their potentials.

    Args:
        first: First spikes of the input.
        weights: ``[out, channel, row, column]``.
        threshold: One for all features, or one for each.
        stride: Places from one window to the next: one number, or rows and columns.
        padding: Places of 0 around the input.
        inhibited: Whether one feature alone fires at each place.
    """
    kernels = numbers(weights, np.float32, "weights")
    if kernels.ndim != 4:
        raise ValueError(f"weights: has shape {kernels.shape}, but [out, channel, row, column] is needed")
    levels = numbers(np.broadcast_to(numbers(threshold, np.float32, "threshold"), kernels.shape[:1]), np.float32, "threshold")
    geometry = {
        "outputs": kernels.shape[0],
        "kernel": list(kernels.shape[2:]),
        "stride": _two(stride, "stride", 1),
        "padding": _two(padding, "padding", 0),
        "dilation": [1],
        "groups": 1,
    }
    return SpikeRows._of(_native.first_conv(_first(first), geometry, kernels, levels, bool(inhibited)))


def _wave(given: Any) -> np.ndarray:
    array = numbers(given, np.float32, "wave")
    if array.ndim != 4:
        raise ValueError(f"wave: has shape {array.shape}, but [time, feature, row, column] is needed")
    return array


def _maps(given: Any, argument: str) -> np.ndarray:
    array = numbers(given, np.float32, argument)
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3:
        raise ValueError(f"{argument}: has shape {array.shape}, but [channel, row, column] is needed")
    return array


def _first(given: Any) -> _native.SpikeRows:
    if not isinstance(given, SpikeRows):
        raise TypeError(f"first: SpikeRows are needed, such as first_spikes(wave) gives, not {type(given).__name__}")
    return given._own


def _two(given: Any, argument: str, least: int) -> list[int]:
    both = list(given) if isinstance(given, (tuple, list)) else [given, given]
    if len(both) != 2:
        raise ValueError(f"{argument}: has {len(both)} numbers, but one, or rows and columns are needed")
    return [count(one, argument, least) for one in both]
