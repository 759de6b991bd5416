#!/usr/bin/env bash
# A cell array of spike times in MATLAB's format 7.3 (HDF5), here written by hdf5storage 0.2.2 and read by h5py: an empty cell is not an
# empty dataset but holds its size, two zeros, beside an attribute MATLAB_empty. Seen: [0, 0], which reads as two spikes at 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" -q install hdf5storage==0.2.2 numpy==2.4.6
cd "$folder"
env/bin/python - <<'PY'
import h5py
import hdf5storage
import numpy as np

cells = np.empty((1, 3), dtype=object)
cells[0, 0], cells[0, 1], cells[0, 2] = np.array([[0.1, 0.2]]), np.zeros((0, 0)), np.array([[0.3]])
hdf5storage.savemat("trains.mat", {"spikes": cells}, format="7.3")
with h5py.File("trains.mat") as file:
    read = [file[r] for r in file["spikes"][...].ravel()]
    for dataset in read:
        print(dataset[...].ravel().tolist(), "MATLAB_empty" in dataset.attrs)
    assert read[1][...].tolist() == [0, 0] and read[1].attrs["MATLAB_empty"] == 1, "this has changed"
PY
