"""Time and memory of analysing 10,000,000 spikes, beside an older command.

    git worktree add ../older 17932db && (cd ../older && cargo build --release -p rheobase-cli)
    cargo build --release -p rheobase-cli
    python benches/peers/ten_million.py target/release/rheobase ../older/target/release/rheobase

The spikes are those of 1,000 independent neurons over 1,000 s, with an entry for each in the order of time: as npz (arrays `neuron`
and `time`) and as csv. Both commands print rates and statistics of intervals (`analyse FILE -m rate,isi`), five times in turn. Prints
one line per file: the smallest time that the processor took, and the most memory, of both, and their ratios.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy

SPIKES, NEURONS, SECONDS = 10_000_000, 1_000, 1_000.0


def make(folder: Path) -> list[Path]:
    random = numpy.random.default_rng(20)
    time, neuron = numpy.sort(random.uniform(0, SECONDS, SPIKES)), random.integers(0, NEURONS, SPIKES)
    numpy.savez(folder / "spikes.npz", neuron=neuron, time=time)
    with open(folder / "spikes.csv", "w") as out:
        out.write("neuron,time\n")
        out.writelines(f"{n},{t:.9f}\n" for n, t in zip(neuron, time))
    return [folder / "spikes.npz", folder / "spikes.csv"]


def measured(program: str, file: Path) -> tuple[float, int]:
    """Seconds of the processor, and bytes of memory."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    arguments = [program, "analyse", str(file), "-m", "rate,isi"]
    child = os.posix_spawn(program, arguments, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{' '.join(arguments)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main() -> None:
    new, old = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for file in make(Path(folder)):
            runs = [(measured(new, file), measured(old, file)) for _ in range(5)]
            (a, b), (c, d) = [(min(r[i][0] for r in runs), max(r[i][1] for r in runs)) for i in (0, 1)]
            print(
                f"{file.suffix[1:]}: {a:.2f} s and {b / 1e6:.0f} MB here, {c:.2f} s and {d / 1e6:.0f} MB there: "
                f"{a / c:.2f} times the time, {b / d:.2f} times the memory"
            )


if __name__ == "__main__":
    main()
