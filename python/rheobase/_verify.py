"""Comparison with what published libraries computed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from . import _native

if TYPE_CHECKING:
    from pathlib import Path


class Verified(NamedTuple):
    """What became of a trace of another library that was replayed."""

    file: Path
    """The trace."""
    status: str
    """``"pass"``, ``"fail"``, ``"different"`` (on purpose, by a rule) or ``"not_covered"``."""
    quirks: list[str]
    """The rules that were needed."""
    flips: int
    """Spikes on the edge of a threshold that fell the other way."""
    missing: list[str]
    """Arrays that such a trace has, and this one does not."""
    reason: str | None
    """Why it was not compared, where it was not."""
    arrays: dict[str, tuple[float, bool]]
    """Largest relative difference of each array, and whether that is within tolerance."""


def verify(*paths: str | os.PathLike[str]) -> list[Verified]:
    """Replays traces that other libraries have recorded (.npz files, or folders of them), and compares array by array.

    Raises:
        OSError: a path that does not exist. Traces that cannot be read fail with their reason.
    """
    from pathlib import Path

    found = _native.verify([os.fspath(path) for path in paths])
    return [
        Verified(**{**one, "file": Path(one["file"]), "arrays": {name: (x, ok) for name, x, ok in one["arrays"]}})
        for one in found
    ]
