"""Pictures in axes of matplotlib, which draws them anew from their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_MARKERS = {"disc": "o", "ring": "o", "diamond": "D"}
_MANY = 20_000
"""Spikes from which on a raster is pixels, an image within a vector graphic: so many strokes take minutes."""
_NAMES = 12
"""Names at an axis at most; of more, every n-th."""


def draw(panels: list[dict[str, Any]], ax: Any) -> Any:
    """Draws each panel into axes of its own; gives them back as they came."""
    axes = list(np.ravel(ax)) if isinstance(ax, (list, tuple, np.ndarray)) else [ax]
    if not all(hasattr(one, "add_artist") for one in axes):
        raise TypeError(f"ax: axes of matplotlib are needed, not {ax!r}")
    if len(axes) != len(panels):
        raise ValueError(
            f"ax: has {len(axes)} axes, but the picture has {len(panels)} panels; give as many, such as "
            f"plt.subplots({len(panels)}, sharex=True)[1]"
        )
    for panel, one in zip(panels, axes):
        _panel(panel, one)
    return ax


def _panel(panel: Mapping[str, Any], ax: Any) -> None:
    for item in panel["items"]:
        _ITEMS[item["kind"]](item, ax, panel)
    for which, axis in (("x", panel["x"]), ("y", panel["y"])):
        getattr(ax, f"set_{which}lim")(*axis["range"])
        getattr(ax, f"set_{which}label")(_label(axis))
        if axis["hidden"]:
            getattr(ax, f"set_{which}ticks")([])
        elif axis["names"]:
            places, names = zip(*axis["names"][:: -(-len(axis["names"]) // _NAMES)])
            getattr(ax, f"set_{which}ticks")(places, labels=names)
    if panel["title"]:
        ax.set_title(panel["title"], loc="left")
    if panel["note"]:
        ax.set_title(panel["note"], loc="right", fontsize="small")
    if panel["legend"]:
        ax.legend([_key(*key) for key, _ in panel["legend"]], [words for _, words in panel["legend"]], frameon=False)
    if panel["scale"] is not None:
        _scale(*panel["scale"], ax)


def _colour(rgb: Any) -> tuple[float, ...]:
    return tuple(part / 255 for part in rgb)


def _label(axis: Mapping[str, Any]) -> str:
    return f"{axis['label']} ({axis['unit']})" if axis["label"] and axis["unit"] else axis["label"] or axis["unit"]


def _line(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    x, y = item["points"].T
    style = "--" if item["dashed"] else "-"
    ax.plot(x, y, style, color=_colour(item["colour"]), linewidth=item["width"], marker="." if len(x) == 1 else None)


def _band(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    ax.fill_between(item["x"], item["lower"], item["upper"], color=_colour(item["colour"]), alpha=0.22, linewidth=0)


def _points(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    x, y = item["points"].T
    colour = _colour(item["colour"])
    face = colour if item["shape"] == "disc" else "white"
    ax.plot(x, y, _MARKERS[item["shape"]], color=colour, markerfacecolor=face, markersize=2 * item["radius"])


def _bars(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    edges = item["edges"]
    ax.bar(edges[:-1], item["heights"], np.diff(edges), align="edge", color=_colour(item["colour"]))


def _rule(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    rule = ax.axvline if item["vertical"] else ax.axhline
    rule(item["at"], linestyle="--", linewidth=0.8, color=_colour(item["colour"]))


def _flags(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    ax.vlines(item["x"], 0.96, 1, transform=ax.get_xaxis_transform(), color=_colour(item["colour"]), linewidth=0.7)


def _arrows(item: Mapping[str, Any], ax: Any, panel: Mapping[str, Any]) -> None:
    span = np.array([abs(b - a) for a, b in (panel["x"]["range"], panel["y"]["range"])])
    by = item["by"] / span
    size = np.hypot(*by.T)[:, None]
    length = 0.05 * np.maximum((size / size.max(initial=1e-300)) ** 0.25, 0.3)
    u, v = (np.divide(by, size, out=np.zeros_like(by), where=size > 0) * length * span).T
    x, y = item["at"].T
    ax.quiver(
        x, y, u, v, angles="xy", scale_units="xy", scale=1, pivot="middle", width=0.002, color=_colour(item["colour"])
    )


def _word(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    ax.text(*item["at"], item["text"], size=item["size"], ha="center", va="center", color=_colour(item["colour"]))


def _spikes(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    times, rows = item["times"], item["rows"].astype(np.int64)
    starts = [row for _, row in item["groups"]]
    which = np.searchsorted(starts, rows, side="right") - 1
    for group, (rgb, _row) in enumerate(item["groups"]):
        t, row = times[which == group], rows[which == group]
        if len(times) > _MANY:
            ax.plot(t, row, ",", color=_colour(rgb), rasterized=True)
        else:
            ax.vlines(t, row - 0.4, row + 0.4, color=_colour(rgb), linewidth=0.7)


def _cells(item: Mapping[str, Any], ax: Any, _: Any) -> None:
    (left, right), (top, bottom) = item["x"], item["y"]
    ax.imshow(item["colours"], extent=(left, right, bottom, top), aspect="auto", origin="upper", interpolation="nearest")


_ITEMS = {
    "line": _line,
    "band": _band,
    "points": _points,
    "bars": _bars,
    "rule": _rule,
    "flags": _flags,
    "arrows": _arrows,
    "word": _word,
    "spikes": _spikes,
    "cells": _cells,
}


def _key(kind: str, rgb: Any, style: str) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colour = _colour(rgb)
    if kind == "area":
        return Patch(color=colour)
    if kind == "line":
        return Line2D([], [], color=colour, linestyle=style)
    face = colour if style == "disc" else "white"
    return Line2D([], [], color=colour, marker=_MARKERS[style], markerfacecolor=face, linestyle="")


def _scale(axis: Mapping[str, Any], colours: Any, ax: Any) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    colormap = ListedColormap([_colour(rgb) for rgb in colours])
    bar = ax.figure.colorbar(ScalarMappable(Normalize(*axis["range"]), colormap), ax=ax, label=_label(axis))
    if axis["names"]:
        places, names = zip(*axis["names"])
        bar.set_ticks(places, labels=names)
