"""What calling the package costs: one step, one short run, the import. `python benches/python.py`, with the package installed.

Fails if a call of `step` or `run` costs more than 10 µs, or the import more than 30 ms beyond NumPy's. With `--rust` (and
cargo) it also runs some models of `cargo bench --bench neurons` and the same from Python in turn, five times, and fails if those
take more than 5 % longer from Python, by the median of the ratios.
"""

import os
import re
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


def seconds(*programs, times=31):
    """How long a new interpreter takes for each program: the shortest of many in turn, as others use the machine, too."""
    # Compiled Python is kept, as pip keeps it.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    shortest = [float("inf")] * len(programs)
    for _ in range(times):
        for i, program in enumerate(programs):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=kept)
            shortest[i] = min(shortest[i], time.perf_counter() - start)
    return shortest


MODELS = {"lif": rb.LIF, "izhikevich": rb.Izhikevich, "adex": rb.AdEx}
NEURONS, STEPS = 20_000, 250
"""As the Rust benchmark has them."""


def of_rust():
    """ns per neuron-step of the Rust benchmark at its best level."""
    command = ["cargo", "bench", "--quiet", "-p", "benches", "--bench", "neurons", "--", *MODELS]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in said.splitlines() if line.startswith("|")]
    head = next(row for row in rows if "0 Hz" in row)
    return {row[0]: float(row[head.index("0 Hz") - 1]) for row in rows if row[0] in MODELS and re.match(r"\d", row[2])}


def input_at(model, hz):
    """The centre of inputs at which the mean rate is `hz`, by bisection, as the benchmark finds it."""
    low, high = 0.0, model.info["input_range"][1]
    for _ in range(40):
        middle = (low + high) / 2
        neurons = model.population(200, threads=1)
        neurons.run(spread(middle, 200), steps=1000, spikes="none")
        rate = len(neurons.run(spread(middle, 200), steps=1000).events.step) / 200
        low, high = (middle, high) if rate < hz else (low, middle)
    return high


def spread(centre, neurons):
    return (centre * (0.95 + 0.1 * np.arange(neurons) / neurons)).astype(np.float32)


def of_python():
    """The same from Python: the shortest of many runs."""
    found = {}
    for name, cls in MODELS.items():
        x, neurons = spread(input_at(cls(), 20.0), NEURONS), cls().population(NEURONS, threads=1)
        neurons.run(x, steps=STEPS, spikes="none")
        call = lambda: neurons.run(x, steps=STEPS, spikes="none")  # noqa: E731
        found[name] = 1e3 * microseconds(call, calls=1, rounds=60) / (NEURONS * STEPS)
    return found


def beside_rust(rounds=5):
    """Prints both; whether Python is within 5 %: by the median of the rounds' ratios, as the machine's speed drifts."""
    found = [(of_rust(), of_python()) for _ in range(rounds)]
    within = True
    for name in MODELS:
        rust, python = (min(part[name] for part in parts) for parts in zip(*found))
        ratio = statistics.median(python[name] / rust[name] for rust, python in found)
        print(f"{name}: {python:.3f} ns per neuron-step, {rust:.3f} in Rust at best; in turn {ratio:.3f} times")
        within = within and ratio <= 1.05
    return within


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
    alone, both = seconds("import numpy", "import numpy, rheobase")
    beyond = 1e3 * (both - alone)
    print(f"import: {beyond:.0f} ms beyond NumPy's, {both / alone:.2f} times")
    if max(calls["step"], calls["run, one step, events"]) > 10 or beyond > 30:
        sys.exit("too slow: 10 µs a call and 30 ms are the limits")
    if "--rust" in sys.argv[1:] and not beside_rust():
        sys.exit("too slow: a run from Python may take 5 % longer than in Rust")


if __name__ == "__main__":
    main()
