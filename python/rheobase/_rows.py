"""Spikes of a layer by step: what encoders give, what plasticity and vision take."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _native
from ._arrays import AsArray
from ._numbers import count, layer_shape, numbers, vector


class SpikeRows(AsArray):
    """Spikes of one sample of a layer, sorted by step and neuron, at most one per neuron and step.

    ``numpy.asarray(rows)`` is the same as values ``[time, *shape]``, 0 where there is no spike; ``SpikeRows.of(array)`` goes
    the other way.

    Args:
        step: Step of each spike, from 0.
        index: Its neuron, counted over the whole layer.
        value: What it is worth; 1 by default, never 0.
        steps: How many steps there are.
        shape: The layer's shape: a number of neurons, or ``(features, rows, columns)``.

    >>> rows = SpikeRows([0, 2], [1, 0], steps=3, shape=2)
    >>> np.asarray(rows).tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """

    __slots__ = ("_own",)
    _own: _native.SpikeRows

    def __init__(self, step: Any, index: Any, value: Any = None, *, steps: int, shape: Any) -> None:
        when, who = whole(step, "step"), whole(index, "index")
        worth = np.ones(len(when), np.float32) if value is None else numbers(vector(value, "value"), np.float32, "value")
        for name, array in (("index", who), ("value", worth)):
            if len(array) != len(when):
                raise ValueError(f"{name}: has {len(array)} numbers, but step has {len(when)}")
        length = count(steps, "steps")
        if len(when) and when.max() >= length:
            raise ValueError(f"step: has {when.max()}, but there are {length} steps, counted from 0")
        order = np.lexsort((who, when))
        self._own = _native.SpikeRows(layer_shape(shape), length, when[order], who[order], worth[order])

    @classmethod
    def _of(cls, native: _native.SpikeRows) -> SpikeRows:
        rows = object.__new__(cls)
        rows._own = native
        return rows

    @classmethod
    def of(cls, dense: Any) -> SpikeRows:
        """What is not 0 in an array ``[time, *shape]``."""
        array = numbers(dense, np.float32, "dense")
        if array.ndim < 2:
            raise ValueError(f"dense: has shape {array.shape}, but [time, …] is needed")
        return cls._of(_native.SpikeRows.of_dense(array))

    @property
    def shape(self) -> tuple[int, ...]:
        """The layer's shape."""
        return tuple(self._own.shape)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self._own.steps

    @property
    def step(self) -> np.ndarray:
        """Step of each spike."""
        return self._own.step()

    @property
    def index(self) -> np.ndarray:
        """Neuron of each spike."""
        return self._own.index()

    @property
    def value(self) -> np.ndarray:
        """What each spike is worth."""
        return self._own.value()

    def _array(self) -> np.ndarray:
        return self._own.dense()

    def __len__(self) -> int:
        return self._own.spikes

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.step, self.index, self.value, self.steps, self.shape)

    def __repr__(self) -> str:
        return f"<SpikeRows: {len(self)} spikes of {self.shape} in {self.steps} steps>"


def _made(step: Any, index: Any, value: Any, steps: int, shape: Any) -> SpikeRows:
    """The rows of a pickle."""
    return SpikeRows(step, index, value, steps=steps, shape=shape)


def whole(values: Any, argument: str, dtype: Any = np.uint32) -> np.ndarray:
    """Whole numbers from 0 on."""
    array = vector(values, argument)
    if not ((array >= 0) & (array == np.floor(array)) & (array < 2**32)).all():
        raise ValueError(f"{argument}: must be whole numbers from 0 on")
    return array.astype(dtype)


def rows(given: Any, argument: str) -> _native.SpikeRows:
    """Spikes as the engine takes them, of :class:`SpikeRows` or an array ``[time, …]``."""
    if isinstance(given, SpikeRows):
        return given._own
    array = numbers(given, np.float32, argument)
    if array.ndim < 2:
        raise ValueError(f"{argument}: has shape {array.shape}, but [time, …] is needed")
    return _native.SpikeRows.of_dense(array)
