#!/usr/bin/env bash
# Events in Prophesee's EVT 3.0, here five words written by hand, read by expelliarmus 1.1.12 and faery 0.7.1. A time is TIME_HIGH * 4096 +
# TIME_LOW us, so TIME_LOW falls whenever TIME_HIGH goes on by one. expelliarmus takes that fall for a round of the clock as well and
# adds 4096 us each time. Seen: 4000 and 8296 us for 4000 and 4200.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" -q install expelliarmus==1.1.12 faery==0.7.1 numpy==2.3.5
cd "$folder"
env/bin/python - <<'PY'
import expelliarmus
import faery
import numpy as np

def event(t, x, y):  # TIME_HIGH, TIME_LOW, ADDR_Y, ADDR_X with polarity 1
    return [8 << 12 | t >> 12, 6 << 12 | t & 0xFFF, 0 << 12 | y, 2 << 12 | 1 << 11 | x]

words = np.array(event(4000, 5, 7) + event(4200, 6, 7), dtype="<u2")
header = b"% evt 3.0\n% format EVT3;height=240;width=320\n% geometry 320x240\n% end\n"
open("e.raw", "wb").write(header + words.tobytes())
other = faery.events_stream_from_file("e.raw").to_array()["t"].tolist()
seen = expelliarmus.Wizard(encoding="evt3").read("e.raw")["t"].tolist()
print("faery", other, "expelliarmus", seen)
assert other == [4000, 4200] and seen == [4000, 8296], "this has changed"
PY
