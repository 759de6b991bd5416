"""Writes forty.h5 and channel.h5 beside this file: forty samples as SHD has them, in the second one with a channel that is none.

    pip install h5py numpy
    python make.py
"""

from pathlib import Path

import h5py
import numpy

for name, channel in [("forty.h5", 699), ("channel.h5", 700)]:
    with h5py.File(Path(__file__).parent / name, "w", libver="earliest", track_order=False) as file:
        times = file.create_dataset("spikes/times", (40,), dtype=h5py.vlen_dtype("<f2"))
        units = file.create_dataset("spikes/units", (40,), dtype=h5py.vlen_dtype("<u2"))
        for i in range(40):
            # Sample i has i % 5 spikes: the k-th in step i of channel 7 i + k, the last of sample 37 of the channel above.
            times[i] = numpy.full(i % 5, (i + 0.5) / 1000, "f2")
            units[i] = [channel if (i, k) == (37, 1) else 7 * i + k for k in range(i % 5)]
        file["labels"] = numpy.arange(40) % 20
