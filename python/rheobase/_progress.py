"""A line that says how far a training is: on a terminal and in a notebook the same."""

from __future__ import annotations

import sys
import time
from typing import Any

_PERIOD = 0.2
"""Seconds between two looks of it."""


class Bar:
    """The line, written over itself on standard error."""

    def __init__(self, wanted: bool | None) -> None:
        self._shown = _watched() if wanted is None else wanted
        self._last = 0.0
        self._letters = 0

    def show(self, now: tuple[Any, ...]) -> None:
        """Says where the training is: epoch, batch, batches, loss, accuracy, rate."""
        epoch, batch, batches, loss, accuracy, rate = now
        late = time.monotonic()
        if not self._shown or (late - self._last < _PERIOD and batch < batches):
            return
        self._last = late
        filled = "━" * (20 * batch // batches)
        line = f"epoch {epoch} {filled:<20} loss {loss:.4g}  accuracy {accuracy:.1%}  rate {rate:.3g}"
        sys.stderr.write("\r" + line.ljust(self._letters))
        sys.stderr.flush()
        self._letters = len(line)

    def close(self) -> None:
        """Ends the line."""
        if self._letters:
            sys.stderr.write("\n")
            sys.stderr.flush()


def _watched() -> bool:
    """Whether somebody sees standard error: a terminal or a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell" or (sys.stderr is not None and sys.stderr.isatty())
