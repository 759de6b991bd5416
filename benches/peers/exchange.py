"""Time and memory of reading 100 MB of weights beside what reads the same file elsewhere: h5py, safetensors, torch, NumPy.

    pip install h5py safetensors torch numpy
    cargo build --release -p rheobase-cli
    python benches/peers/exchange.py target/release/rheobase

Each reading is a process of its own, five of each in turn; the smallest time is taken, and from it that of a file with next to no
weights, so that what starts the process does not count. `rheobase inspect` reads the weights into a network and prints a table.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH, LAYERS = 2048, 6
READ = {
    ".nir": "import h5py; f = h5py.File({file!r}); w = [g['weight'][()] for g in f['node/nodes'].values() if 'weight' in g]",
    ".safetensors": "from safetensors.numpy import load_file; w = load_file({file!r})",
    ".pt": "import torch; w = torch.load({file!r}, weights_only=True)",
    ".npz": "import numpy as np; f = np.load({file!r}); w = [f[n] for n in f.files]",
}


def files(folder: Path, width: int, layers: int) -> tuple[Path, dict[str, Path]]:
    """A network of ours, and the same weights in each format. By a process of its own: what is large in this one when a child is
    forked would count as the child's."""
    made = {ending: folder / f"w{ending}" for ending in READ}
    subprocess.run([sys.executable, __file__, "--make", str(folder), str(width), str(layers)], check=True)
    return folder / "net.toml", {ending: file for ending, file in made.items() if file.exists()}


def make(folder: Path, width: int, layers: int) -> None:
    """Writes them."""
    import h5py
    import numpy as np

    rng = np.random.default_rng(0)
    weights = {f"{i}.weight": rng.normal(size=(width, width)).astype(np.float32) / width for i in range(layers)}
    rows = [f'{{ name = "l{i}", linear = {{ outputs = {width}, bias = false }} }},' for i in range(layers)]
    network = folder / "net.toml"
    network.write_text(f"input = [{width}]\nnode = [\n" + "\n".join(rows) + "\n]\n")
    made = {ending: folder / f"w{ending}" for ending in READ}
    with h5py.File(made[".nir"], "w") as file:
        file["version"], file["node/type"] = "1.0.8", "NIRGraph"
        names = ["input", *weights, "output"]
        for name in names:
            group = file.create_group(f"node/nodes/{name}")
            if name in weights:
                group["type"], group["weight"] = "Linear", weights[name]
            else:
                group["type"], group["shape"] = name.capitalize(), [width]
        edges = [[a.encode(), b.encode()] for a, b in zip(names, names[1:])]
        file.create_dataset("node/edges", data=edges)
    from safetensors.numpy import save_file

    save_file(weights, made[".safetensors"])
    np.savez(made[".npz"], **weights)
    try:
        import torch
    except ImportError:
        return
    torch.save({name: torch.as_tensor(w) for name, w in weights.items()}, made[".pt"])


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and MB at most of one process."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        raise SystemExit(f"{command}: failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1e3


def best(command, empty, times=5):
    runs = [(measured(command), measured(empty)) for _ in range(times)]
    seconds, idle = min(r[0][0] for r in runs), min(r[1][0] for r in runs)
    return seconds - idle, max(r[0][1] for r in runs) - max(r[1][1] for r in runs)


def main(binary: str) -> None:
    megabytes = WIDTH * WIDTH * LAYERS * 4 / 1e6
    print(f"{megabytes:.0f} MB of weights\n{'file':14}{'here s':>8}{'there s':>9}{'ratio':>7}{'here MB':>9}{'of arrays':>11}")
    with tempfile.TemporaryDirectory() as folder:
        (big := Path(folder, "big")).mkdir()
        (small := Path(folder, "small")).mkdir()
        (network, large), (tiny_network, tiny) = files(big, WIDTH, LAYERS), files(small, 2, LAYERS)
        for ending, file in large.items():
            ours = lambda file, net: [binary, "inspect", str(file)] + ([] if ending == ".nir" else ["--network", str(net)])
            there = lambda file: [sys.executable, "-c", READ[ending].format(file=str(file))]
            mine, memory = best(ours(file, network), ours(tiny[ending], tiny_network))
            theirs, _ = best(there(file), there(tiny[ending]))
            print(f"{ending:14}{mine:8.3f}{theirs:9.3f}{mine / theirs:7.2f}{memory:9.0f}{memory / megabytes:11.2f}")


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        make(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(sys.argv[1])
