"""Sound, for encoders and as input of neurons."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from . import _native
from ._arrays import AsArray


class _Sound(NamedTuple):
    rate: float
    """Samples per second."""
    values: np.ndarray
    """Values from -1 to 1, ``[time, channel]``, in single precision."""


class Sound(AsArray, _Sound):
    """Sound as a wav file holds it; ``numpy.asarray`` takes the values."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        return self.values


def read_wav(path: str | os.PathLike[str]) -> Sound:
    """The sound in a wav file.

    ``Stimulus.array(sound.values)`` is input for a population whose steps last ``1 / sound.rate`` s: a neuron for each channel.

    Args:
        path: The file: whole numbers of 8 to 32 bits, or single precision.

    Raises:
        OSError: a file that cannot be read, is cut off, or is packed in another way.
    """
    return Sound(*_native.read_wav(path))
