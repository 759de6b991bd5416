#!/usr/bin/env bash
# PySpike 0.9.0: `save_spike_trains_to_txt` writes an empty line for a train without spikes; `load_spike_trains_from_txt` leaves
# empty lines out unless it is told `ignore_empty_lines=False`. Seen: of three trains two come back, and the third is the second.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" -q install pyspike==0.9.0
cd "$folder"
env/bin/python - <<'PY'
import pyspike

trains = [pyspike.SpikeTrain(times, 1.0) for times in ([0.1, 0.4], [], [0.2, 0.7])]
pyspike.save_spike_trains_to_txt(trains, "trains.txt")
back = pyspike.load_spike_trains_from_txt("trains.txt", 1.0)
print(f"{len(trains)} trains saved, {len(back)} loaded; number 1 now has {[float(t) for t in back[1].spikes]}")
assert len(back) == 2 and list(back[1].spikes) == [0.2, 0.7], "this has changed"
assert len(pyspike.load_spike_trains_from_txt("trains.txt", 1.0, ignore_empty_lines=False)) == 3
PY
