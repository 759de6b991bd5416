"""A line that says how far a training is: on a terminal, and as a bar in a notebook."""

from __future__ import annotations

import html
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._learn import Settings

_PERIOD = 0.2
"""Seconds between two looks of it."""


class Bar:
    """The line, written over itself: on standard error, or below the cell of a notebook."""

    def __init__(self, wanted: bool | None, settings: Settings) -> None:
        self._notebook = _in_notebook()
        self._shown = (self._notebook or _on_terminal()) if wanted is None else wanted
        self._epochs = settings._own.epochs
        self._last = 0.0
        self._letters = 0
        self._display: Any = None

    def show(self, now: tuple[Any, ...]) -> None:
        """Says where the training is: epoch, batch, batches, loss, accuracy, rate, stage."""
        late = time.monotonic()
        _, batch, batches, *_ = now
        if not self._shown or (late - self._last < _PERIOD and batch < batches):
            return
        self._last = late
        words, share = self._words(now), batch / batches
        if self._notebook:
            self._below(words, share)
            return
        line = words.replace("|", f"{'━' * int(20 * share):<20}", 1)
        sys.stderr.write("\r" + line.ljust(self._letters))
        sys.stderr.flush()
        self._letters = len(line)

    def _words(self, now: tuple[Any, ...]) -> str:
        """What is said, with a stroke where the bar stands."""
        epoch, _, _, loss, accuracy, rate, stage = now
        if stage is not None:
            number, stages, convergence = stage
            return f"stage {number} of {stages}, epoch {epoch} | mean w(1 − w) {convergence:.4g}"
        return f"epoch {epoch} of {self._epochs} | loss {loss:.4g}  accuracy {accuracy:.1%}  rate {rate:.3g}"

    def _below(self, words: str, share: float) -> None:
        from IPython.display import HTML, display

        before, after = (html.escape(part) for part in words.split("|", 1))
        bar = HTML(f'<code>{before}<progress value="{share:.3f}" max="1"></progress>{after}</code>')
        if self._display is None:
            self._display = display(bar, display_id=True)
        else:
            self._display.update(bar)

    def close(self) -> None:
        """Ends the line."""
        if self._letters:
            sys.stderr.write("\n")
            sys.stderr.flush()


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
