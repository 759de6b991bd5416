"""Times Elephant, PySpike and nengo-extras on the data of `analysis_speed`.

    pip install elephant==1.2.1 pyspike==0.9.0 nengo==4.1.0 nengo-extras==0.5.0 numpy scipy
    python analysis_peers.py
"""

import time

import neo
import nengo_extras.neurons
import numpy as np
import pyspike
import quantities as pq
from elephant.spike_train_dissimilarity import van_rossum_distance, victor_purpura_distance

NEURONS, SAMPLES, DT = 1000, 100_000, 0.001
TRAINS, SPIKES, LENGTH = 200, 500, 50.0


def uniform(n, state):
    """n values of the linear congruential generator of `analysis_speed`, by jumping in blocks."""
    a, c, mask = 1664525, 1013904223, 0xFFFFFFFF
    block = min(n, 1 << 16)
    factors = np.empty(block, np.uint64)
    offsets = np.empty(block, np.uint64)
    f, o = 1, 0
    for i in range(block):
        f, o = f * a & mask, (o * a + c) & mask
        factors[i], offsets[i] = f, o
    out = np.empty(n)
    for begin in range(0, n, block):
        values = (factors * np.uint64(state) + offsets) & np.uint64(mask)
        out[begin : begin + block] = values[: n - begin] / 4294967296.0
        state = int(values[-1])
    return out


def best(runs, work):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def distances():
    values = uniform(TRAINS * SPIKES, 2) * LENGTH
    trains = [np.unique(values[i * SPIKES : (i + 1) * SPIKES]) for i in range(TRAINS)]
    e = [neo.SpikeTrain(t * pq.s, t_stop=LENGTH * pq.s) for t in trains]
    p = [pyspike.SpikeTrain(t, (0.0, LENGTH)) for t in trains]
    for name, runs, work in (
        ("van_rossum", 3, lambda: van_rossum_distance(e, 0.1 * pq.s) / np.sqrt(2)),
        ("isi_distance", 5, lambda: pyspike.isi_distance_matrix(p)),
        ("spike_distance", 5, lambda: pyspike.spike_distance_matrix(p)),
        ("spike_sync", 3, lambda: pyspike.spike_sync_matrix(p)),
        ("victor_purpura", 1, lambda: victor_purpura_distance(e, 1.0 * pq.Hz)),
    ):
        seconds, result = best(runs, work)
        print(f"{name:14} {seconds:8.4f} s, sum {np.asarray(result).sum():.9e}", flush=True)


def rates():
    t = np.arange(SAMPLES) * DT
    spikes = (uniform(SAMPLES * NEURONS, 1).reshape(SAMPLES, NEURONS) < 0.02) / DT
    for kind in ("expon", "gauss", "expogauss", "alpha"):
        seconds, result = best(3, lambda: nengo_extras.neurons.rates_kernel(t, spikes, kind=kind, tau=0.04))
        print(f"rates_kernel {kind:9} {seconds:8.4f} s, sum {result.sum():.6e}", flush=True)


if __name__ == "__main__":
    print(f"{TRAINS} trains of {SPIKES} spikes, all pairs:")
    distances()
    print(f"{NEURONS} neurons, {SAMPLES} samples:")
    rates()
