"""Prints what Elephant, PySpike and SciPy say about a few spike trains, as JSON.

    pip install elephant==1.2.1 pyspike==0.9.0 numpy scipy
    python make_analysis_reference.py > analysis_reference.json
"""

import json
import sys
import warnings

import elephant
import neo
import numpy as np
import pyspike
import quantities as pq
import scipy
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import correlation_coefficient, cross_correlation_histogram
from elephant.spike_train_dissimilarity import van_rossum_distance, victor_purpura_distance
from elephant.statistics import cv, cv2, fanofactor, isi, lv, lvr, time_histogram

warnings.filterwarnings("ignore")

END = 10.0
BIN = 0.05
rng = np.random.default_rng(7)


def poisson(rate):
    return np.sort(rng.uniform(0.0, END, rng.poisson(rate * END)))


base = poisson(8.0)
trains = [
    base,
    np.sort(np.clip(base + rng.normal(0.0, 0.01, base.size), 0.0, END)),  # jittered copy
    poisson(3.0),
    poisson(20.0),
    np.arange(0.0, END + 0.01, 0.25),  # a clock with spikes on both edges
    np.sort(np.concatenate([base[::2], poisson(4.0)])),  # shares every second spike exactly
    np.array([3.3]),
    np.array([END]),
    np.array([4.0, 4.5]),
    np.array([]),
]
trains = [np.unique(t) for t in trains]
# On the centres of bins, so that lags and bins are not a matter of taste.
gridded = [np.sort(rng.choice(int(END / BIN), n, replace=False)) * BIN + BIN / 2 for n in (60, 80, 40)]


def neo_trains(ts):
    return [neo.SpikeTrain(t * pq.s, t_start=0 * pq.s, t_stop=END * pq.s) for t in ts]


def matrix(m):
    return [float(v) for v in np.asarray(m).ravel()]


e = neo_trains(trains)
p = [pyspike.SpikeTrain(t, (0.0, END)) for t in trains]
long = [t for t in trains if t.size > 3]
binned = BinnedSpikeTrain(neo_trains(gridded), bin_size=BIN * pq.s)


def correlogram(i, j, reach):
    one = BinnedSpikeTrain(neo_trains([gridded[i]]), bin_size=BIN * pq.s)
    other = BinnedSpikeTrain(neo_trains([gridded[j]]), bin_size=BIN * pq.s)
    counts, lags = cross_correlation_histogram(one, other, window=[-reach, reach], border_correction=False)
    return {"lags": [int(lag) for lag in lags], "counts": [int(c) for c in np.asarray(counts).ravel()]}


counts = [5, 9, 2, 7, 7, 12, 3]
json.dump(
    {
        "versions": {
            "elephant": elephant.__version__,
            "pyspike": pyspike.__version__ if hasattr(pyspike, "__version__") else "0.9.0",
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "window": [0.0, END],
        "bin": BIN,
        "trains": [list(map(float, t)) for t in trains],
        "gridded": [list(map(float, t)) for t in gridded],
        "victor_purpura": [
            {"cost": q, "matrix": matrix(victor_purpura_distance(e, q * pq.Hz))} for q in (0.0, 0.5, 10.0, 200.0)
        ],
        "van_rossum": [
            {"tau": tau, "matrix": matrix(van_rossum_distance(e, tau * pq.s))} for tau in (0.01, 0.1, 1.0)
        ],
        "isi_distance": matrix(pyspike.isi_distance_matrix(p)),
        "spike_distance": matrix(pyspike.spike_distance_matrix(p)),
        "spike_sync": matrix(pyspike.spike_sync_matrix(p)),
        "spike_sync_of_all": float(pyspike.spike_sync(p)),
        "isi": [
            {
                "train": list(map(float, t)),
                "mean": float(np.mean(isi(t))),
                "cv": float(cv(isi(t))),
                "cv2": float(cv2(isi(t))),
                "lv": float(lv(isi(t))),
                "lvr": float(lvr(pq.Quantity(isi(t), "s"), R=5 * pq.ms)),
            }
            for t in long
        ],
        "fano": float(fanofactor(neo_trains(gridded))),
        "correlation": matrix(correlation_coefficient(binned)),
        "histogram": [int(c) for c in np.asarray(time_histogram(neo_trains(gridded), BIN * pq.s)).ravel()],
        "correlograms": [
            {"first": i, "second": j, **correlogram(i, j, 30)} for i, j in ((0, 1), (2, 1), (0, 0))
        ],
        "poisson_intervals": [
            {
                "count": k,
                "level": level,
                "low": float(scipy.stats.chi2.ppf((1 - level) / 2, 2 * k) / 2) if k else 0.0,
                "high": float(scipy.stats.chi2.ppf(1 - (1 - level) / 2, 2 * k + 2) / 2),
            }
            for k in (0, 1, 7, 150, 20000)
            for level in (0.5, 0.95, 0.999)
        ],
        "fano_range": {
            "counts": counts,
            "level": 0.95,
            "low": float(scipy.stats.gamma.ppf(0.025, (len(counts) - 1) / 2, scale=2 / (len(counts) - 1))),
            "high": float(scipy.stats.gamma.ppf(0.975, (len(counts) - 1) / 2, scale=2 / (len(counts) - 1))),
        },
    },
    sys.stdout,
    indent=None,
    separators=(",", ":"),
)
print()
