"""How the rows of a raster stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._numbers import count


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
