"""What several tests need."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def press_ctrl_c() -> Iterator[Callable[[float], list[float]]]:
    """Presses Ctrl-C some seconds later, as at a terminal; the list then holds the time at which it was pressed."""
    if not hasattr(os, "kill") or os.name == "nt":
        pytest.skip("signals of Unix")
    # Python drops what is raised while it collects garbage: Ctrl-C that comes just then would never be seen by the call.
    gc.collect()
    gc.disable()
    # Shells start what runs in the background with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def after(seconds: float) -> list[float]:
        pressed: list[float] = []

        def press() -> None:
            pressed.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        timers.append(threading.Timer(seconds, press))
        timers[-1].start()
        return pressed

    def cancel() -> None:
        for timer in timers:
            timer.cancel()

    timers: list[threading.Timer] = []
    after.cancel = cancel  # for a call that was over before
    yield after
    cancel()
    signal.signal(signal.SIGINT, before)
    gc.enable()
