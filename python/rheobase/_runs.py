"""Runs in folders: compared, and made for every combination of some settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from . import _native
from ._settings import Settings
from ._toml import toml


class Comparison:
    """Runs side by side: the settings in which they differ, their results, and groups that differ in their seed alone.

    Args:
        runs: Folders of runs, or folders with such folders in them.
    """

    __slots__ = ("_own", "groups", "runs")

    def __init__(self, *runs: str | os.PathLike[str]) -> None:
        self._hold(_native.Comparison([os.fspath(run) for run in runs]))

    @classmethod
    def _of(cls, native: _native.Comparison) -> Comparison:
        comparison = object.__new__(cls)
        comparison._hold(native)
        return comparison

    def _hold(self, native: _native.Comparison) -> None:
        import json

        self._own = native
        found = json.loads(native.to_json())
        self.runs: list[dict[str, Any]] = found["runs"]
        """Each run's ``folder``, ``settings`` that differ, ``epochs``, and ``result`` (``None`` as long as it is not finished)."""
        self.groups: list[dict[str, Any]] = found["groups"]
        """Runs that differ in their seed at most: ``settings``, ``runs`` (numbers from 0), ``accuracy_mean`` and
        ``accuracy_standard_deviation`` of the test."""

    def to_csv(self) -> str:
        """A line per run, under whole keys."""
        return self._own.to_csv()

    def figure(self, *, log: bool = False, ax: Any = None) -> Any:
        """Loss (on a logarithmic axis with ``log``) and accuracy over epochs: a curve per group, within a band from the lowest
        to the highest seed; drawn into two axes of matplotlib where ``ax`` is given."""
        figure = self._own.figure(log)
        return figure if ax is None else figure.draw(ax)

    def _repr_svg_(self) -> str:
        return self.figure().to_svg()

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.runs)} runs in {len(self.groups)} groups>"


def sweep(
    settings: Settings | Mapping[str, Any] | str | os.PathLike[str] | None,
    values: Mapping[str, Iterable[Any]],
    *,
    seeds: int | Iterable[int] = 1,
    out: str | os.PathLike[str],
    jobs: int | None = None,
    progress: bool | None = None,
) -> Comparison:
    """Trains once for every combination of some settings, under every seed; gives back all runs side by side.

    Each run has a folder of its own in ``out``, as ``rheobase train`` makes it. The same call again goes on where it stopped:
    finished runs are left as they are. ``rheobase sweep`` does the same.

    Args:
        settings: What all runs have in common: settings, some of them by name, or a TOML file; ``None`` for the digits.
        values: Settings by name, each with its values: ``{"optimise.learning_rate": [0.01, 0.002]}``.
        seeds: How many seeds, from that of the settings on; or the seeds.
        out: The folder of the sweep.
        jobs: Runs at the same time; by default as many as there are cores.
        progress: Whether a line per run goes to standard error; by default on a terminal.

    Raises:
        ValueError: faults of the settings, before anything runs; what went wrong in single runs, after the others are done.
        KeyboardInterrupt: after Ctrl-C. All is saved.
    """
    if not isinstance(settings, Settings):
        known = settings is None or isinstance(settings, Mapping)
        settings = Settings(settings) if known else Settings.read(settings)  # type: ignore[arg-type]
    if isinstance(seeds, int):
        first = settings._own.seed
        seeds = range(first, first + seeds)
    grid = [(key, [toml(value, key) for value in some]) for key, some in values.items()]
    show = sys.stderr.isatty() if progress is None else progress
    return Comparison._of(_native.sweep(settings._own, grid, list(seeds), os.fspath(out), jobs, show))
