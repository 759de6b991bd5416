"""Spike trains and events of cameras from files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from . import _native
from ._numbers import count
from ._trains import SpikeTrains

_OPTION = (
    r"(?<![\w-])--(?:(as) (trains-in-columns|trains|events|dense|counts|potentials)|(unit) ((?:s|samples)[|=][\w|=]+|steps)"
    r"|(columns) (\w+,\w+)|(time-axis) (\d)|([a-z][a-z-]*))"
)


def _as_arguments(text: str) -> str:
    """What the library says of the command's options (``--time-axis 1``), said of the arguments here (``time_axis=1``)."""

    def argument(option: re.Match[str]) -> str:
        name, *value = [part for part in option.groups() if part is not None]
        name = {"as": "holds"}.get(name, name.replace("-", "_"))
        return "=".join([name, *value])

    return re.sub(_OPTION, argument, text).replace("FILE:NAME", "array=NAME")


class CameraEvents(NamedTuple):
    """Events of a camera that sees changes of brightness, in the order of the file."""

    t: np.ndarray
    """When, in µs, as in the file."""
    x: np.ndarray
    """Column of the pixel."""
    y: np.ndarray
    """Row of the pixel."""
    p: np.ndarray
    """1 where it became brighter, 0 where darker."""
    width: int
    """Columns, as the file says; else what holds all events."""
    height: int
    """Rows, likewise."""


def read_events(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    columns: str | dict[str, str] | None = None,
    array: str | None = None,
) -> CameraEvents:
    """The events in a camera's file: Prophesee DAT and EVT 2 and 3, AEDAT 3.1 and 4, N-MNIST, Event Stream, tonic's records, and tables
    and arrays of x, y, time and polarity.

    Args:
        path: The file.
        unit: What times are counted in, where the file does not say: ``"s"``, ``"ms"``, ``"us"``.
        columns: Which column is what: ``"x,y,polarity,time"`` in order, or ``{"x": "col", "y": "row", "time": "ts", "polarity": "on"}``.
        array: One of several streams.

    Raises:
        OSError: a file that cannot be read, holds no events of a camera, or does not say enough.
    """
    if isinstance(columns, dict):
        columns = ",".join(f"{role}={name}" for role, name in columns.items())
    given = {"unit": unit, "columns": columns, "array": array}
    try:
        read, size = _native.SpikeTrains.read_events(path, {name: value for name, value in given.items() if value is not None})
    except OSError as error:
        raise OSError(_as_arguments(str(error))) from None
    return CameraEvents(*read, *size)


def read_trains(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    dt: float | None = None,
    holds: str | None = None,
    columns: str | dict[str, str] | None = None,
    array: str | None = None,
    start: float | Sequence[float] | None = None,
    stop: float | Sequence[float] | None = None,
    time_axis: int | None = None,
    neurons: int | None = None,
    verdict: str | Sequence[str] | None = None,
    polarity: str | None = None,
    pool: int | None = None,
    crop: tuple[int, int, int, int] | None = None,
) -> SpikeTrains:
    """Spike trains from a file or folder of any usual kind: tables, NumPy, NEST, Brian2, NWB, SONATA, NIX, MATLAB, Phy, cameras.

    What was understood stands in :attr:`SpikeTrains.understood` and :attr:`SpikeTrains.notes`. A file that does not say enough is
    refused, with the argument that decides.

    Args:
        path: The file or folder.
        unit: What times are counted in: ``"s"``, ``"ms"``, ``"us"``, ``"ns"``, ``"steps"``, or ``"samples=30000"``.
        dt: Length of a step in seconds, where the file has none; to count in steps instead, ``unit="steps"``.
        holds: What the numbers are: ``"events"``, ``"dense"``, ``"counts"``, ``"potentials"``, ``"trains"``, ``"trains-in-columns"``.
        columns: Which column is what: ``{"neuron": "sender", "time": "time_ms"}``, or in order: ``"neuron,time"``.
        array: One array, population, block, stream or sample of several.
        start: When the recording began, s; one time, or one for each trial.
        stop: When it ended.
        time_axis: The axis of time in values per step.
        neurons: Number of neurons, where those are numbered from 0 and the silent ones are not named.
        verdict: Only neurons that a sorter or a person judged so, such as ``"good"`` or ``["good", "mua"]``: of Phy's folders and
            NWB's units.
        polarity: Of a camera: ``"split"`` into two neurons, ``"merge"``, or ``"keep"`` as the sign of the value.
        pool: Make one neuron of so many by so many pixels.
        crop: Only these pixels: first column, first row, width, height.

    Raises:
        OSError: a file that cannot be read, holds no spikes, or does not say enough.
    """
    if isinstance(columns, dict):
        columns = ",".join(f"{role}={name}" for role, name in columns.items())
    edges = {name: [float(x) for x in np.atleast_1d(np.asarray(edge))] for name, edge in (("start", start), ("stop", stop)) if edge is not None}
    given = {
        "unit": unit, "dt": dt, "holds": holds, "columns": columns, "array": array, "time_axis": time_axis,
        "neurons": neurons if neurons is None else count(neurons, "neurons"), "polarity": polarity, "pool": pool, "crop": crop,
        "verdict": [verdict] if isinstance(verdict, str) else verdict if verdict is None else list(verdict), **edges,
    }
    try:
        native, understood, notes = _native.SpikeTrains.read(path, {name: value for name, value in given.items() if value is not None})
    except OSError as error:
        raise OSError(_as_arguments(str(error))) from None
    trains = SpikeTrains._of(native)
    trains._understood, trains._notes = understood, tuple(notes)
    return trains
