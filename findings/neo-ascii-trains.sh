#!/usr/bin/env bash
# neo 0.14.3: `AsciiSpikeTrainIO` writes the unit behind every number ("0.1 s") and reads numbers alone. Seen: ValueError, "could not
# convert string to float", on a file that it wrote itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" -q install neo==0.14.3 quantities==0.16.4 numpy==2.4.6
cd "$folder"
env/bin/python - <<'PY'
import neo
import quantities as pq
from neo.io import AsciiSpikeTrainIO

segment = neo.Segment()
segment.spiketrains.append(neo.SpikeTrain([0.1, 0.2, 0.35] * pq.s, t_stop=1 * pq.s))
AsciiSpikeTrainIO("trains.txt").write_segment(segment)
print(f"written: {open('trains.txt').read()!r}")
try:
    AsciiSpikeTrainIO("trains.txt").read_segment()
except ValueError as error:
    print(f"reading it: ValueError: {error}")
else:
    raise SystemExit("this has changed: it reads its own file")
PY
