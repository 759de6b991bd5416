"""Arguments as arrays: real numbers of any kind in, contiguous arrays of the wanted type out, copied only where need be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def numbers(value: Any, dtype: npt.DTypeLike | None, argument: str) -> np.ndarray:
    """``value`` as a contiguous array of ``dtype``, or of its own; an array that is one already is not copied."""
    array = value if isinstance(value, np.ndarray) else _array(value, argument)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument}: has dtype {array.dtype}, but real numbers are needed")
    right = dtype is None or array.dtype == dtype
    return array if right and array.flags.c_contiguous else np.array(array, dtype, order="C")


def _array(value: Any, argument: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{argument}: {error}") from None


def vector(value: Any, argument: str) -> np.ndarray:
    """``value`` as 64-bit numbers along one axis; a single number is one of length 1."""
    array = numbers(value, np.float64, argument)
    if array.ndim > 1:
        raise ValueError(f"{argument}: has shape {array.shape}, but one axis is needed")
    return array.reshape(-1)


def count(value: Any, argument: str, least: int = 1) -> int:
    """``value`` as a whole number of at least ``least`` that 63 bits hold."""
    try:
        whole = value.__index__()
    except AttributeError:
        raise TypeError(f"{argument}: a whole number is needed, not {value!r}") from None
    if not least <= whole < 2**63:
        raise ValueError(f"{argument} = {whole}: must be at least {least} and below 2^63")
    return int(whole)


def layer_shape(shape: Any) -> tuple[int, ...]:
    """A layer's shape as a tuple: a number of neurons, or features, rows and columns."""
    lengths = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(count(length, "shape") for length in lengths)
