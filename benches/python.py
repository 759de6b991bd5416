"""What calling the package costs: one step, one short run, the import. `python benches/python.py`, with the package installed.

Fails if a call of `step` or `run` costs more than 10 µs, or the import more than 30 ms beyond NumPy's.
"""

import statistics
import subprocess
import sys
import time

import numpy as np

import rheobase as rb


def microseconds(call, calls=2_000, rounds=15):
    """The best of some rounds, as others use the machine, too."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
    return 1e6 * best


def seconds(program, times=21):
    """How long a new interpreter takes for ``program``: the median."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main():
    """Measures and prints."""
    one = rb.LIF().population(1)
    row, series = np.zeros(1, np.float32), np.zeros((1, 1), np.float32)
    numpy_sum = microseconds(lambda: np.add(row, row))
    calls = {
        "step": microseconds(lambda: one.step(row)),
        "run, one step, events": microseconds(lambda: one.run(series)),
        "run, one step, v probed": microseconds(lambda: one.run(series, probes=["v"])),
    }
    for name, cost in calls.items():
        print(f"{name}: {cost:.1f} µs, {cost / numpy_sum:.0f} times numpy.add of two numbers")
    alone, both = seconds("import numpy"), seconds("import numpy, rheobase")
    beyond = 1e3 * (both - alone)
    print(f"import: {beyond:.0f} ms beyond NumPy's, {both / alone:.2f} times")
    if max(calls["step"], calls["run, one step, events"]) > 10 or beyond > 30:
        sys.exit("too slow: 10 µs a call and 30 ms are the limits")


if __name__ == "__main__":
    main()
