#!/usr/bin/env bash
# PyTorch 2.15.0 for Linux (OpenMP of GCC): after an operation that ran on several threads these look for the next one again and again. The
# process uses its processors for milliseconds in which Python only sleeps, so threads of another library, begun right after, run beside
# them. OpenMP's own omp_pause_resource_all ends the waiting, and PyTorch goes on working. PyTorch brings 5 GB of libraries along.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'torch==2.15.0' 'numpy==2.4.6'
cd "$work"
env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT "$work/env/bin/python" - << 'PYTHON'
import ctypes
import statistics
import time

import torch

torch.set_num_threads(2)
x = torch.ones(1 << 20)
pause = ctypes.CDLL(None).omp_pause_resource_all


def while_asleep(rest):
    """Milliseconds of processor time in a tenth of a second after an operation, in which nothing is asked for; the median of 20."""
    found = []
    for _ in range(20):
        x.add_(1.0)
        if rest:
            pause(1)
        before = time.process_time()
        time.sleep(0.1)
        found.append(1e3 * (time.process_time() - before))
    return statistics.median(found)


waiting, resting = while_asleep(False), while_asleep(True)
print(f"processor time while asleep, ms: {waiting:.2f} after an operation, {resting:.2f} where OpenMP was paused")
assert waiting > 0.5 and waiting > 5 * resting, "this has changed"
assert torch.equal(x + x, 2 * x) and torch.get_num_threads() == 2, "this has changed"
PYTHON
