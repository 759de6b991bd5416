"""The command ``rheobase``, as the package installs it."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> int:
    """Runs the command with the process's arguments; its exit code."""
    # The command handles signals itself; until it does, Ctrl-C ends the process as it ends the binary, unless it is ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.command(["rheobase", *sys.argv[1:]])
