"""Results that are arrays in the first place: to NumPy, and to whatever reads DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np


class AsArray:
    """What ``numpy.asarray`` and ``from_dlpack`` of other libraries take; :meth:`_array` says which array it is."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._array()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"it is {array.dtype}; as {np.dtype(dtype)} it has to be copied")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array().__dlpack_device__()
