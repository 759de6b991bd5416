"""Times what `cargo bench --bench vision` times in PyTorch, on the CPU with one thread.

    pip install torch numpy
    python vision_peers.py target/vision.npz [COMMAND...]

A plain rendering of SpykeTorch's step from its equations: the convolution of the whole cumulative wave, threshold and
fire, inhibition per place, winners by its score, STDP with the stabiliser. Images and weights are those of the file that
the benchmark has written; winners must be the same for every image, and weights after the last one within 1e-6. Figures
are the shortest of several runs, each from the same weights; memory is the peak above what the process held before the
first. With a COMMAND that writes the file anew (`cargo bench --bench vision -- FILE`) both are timed in turn, so that they
see the same machine.
"""

import subprocess
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

STEPS, THRESHOLD, WINNERS, RADIUS, LTP, LTD = 15, 10.0, 5, 2, 0.004, -0.003


def fire(potentials):
    """Potentials above the threshold, and their signs."""
    kept = torch.where(potentials > THRESHOLD, potentials, torch.zeros_like(potentials))
    return kept, kept.sign()


def pointwise_inhibition(potentials):
    """Leaves the feature that fires first at each place, among those of one step the largest."""
    steps = potentials.shape[0]
    largest, feature = potentials.max(dim=1, keepdim=True)
    first = (steps - largest.sign().sum(dim=0, keepdim=True)).clamp(0, steps - 1).long()
    winner = feature.gather(0, first)
    share = torch.zeros_like(potentials[:1]).scatter_(1, winner, largest[-1:].sign())
    return potentials * share


def k_winners(potentials, spikes):
    steps = potentials.shape[0]
    first = (steps - spikes.sum(dim=0, keepdim=True)).clamp(0, steps - 1).long()
    value = potentials.gather(0, first)
    score = spikes * value
    score = (score + spikes * (score.max() * steps)).sum(dim=0)
    found = []
    for _ in range(WINNERS):
        best, at = score.view(-1).max(dim=0)
        if best == 0:
            break
        f, r, c = (int(n) for n in np.unravel_index(int(at), score.shape))
        found.append((f, r, c))
        score[f] = 0
        score[:, max(r - RADIUS, 0) : r + RADIUS + 1, max(c - RADIUS, 0) : c + RADIUS + 1] = 0
    return found


def stdp(weights, inputs, spikes, winners):
    rate = torch.zeros_like(weights)
    height, width = weights.shape[2:]
    counts = inputs.sum(dim=0)
    for f, r, c in winners:
        early = counts[:, r : r + height, c : c + width] >= spikes[:, f, r, c].sum()
        rate[f] = torch.where(early, LTP, LTD)
    weights += rate * (weights * (1 - weights))
    weights.clamp_(0, 1)


def learn(weights, wave):
    potentials, _ = fire(F.conv2d(wave, weights))
    potentials = pointwise_inhibition(potentials)
    spikes = potentials.sign()
    winners = k_winners(potentials, spikes)
    stdp(weights, wave, spikes, winners)
    return winners


def memory(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    file, command = sys.argv[1], sys.argv[2:]

    def run_ours():
        if command:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return np.load(file)

    ours = run_ours()
    first = torch.from_numpy(ours["first_step"])
    start = torch.from_numpy(ours["weights_before"])
    steps = torch.arange(STEPS).view(-1, 1, 1, 1)
    images = first.shape[0]

    def wave(n):
        return ((first[n] >= 0) & (first[n] <= steps)).float()

    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    held = memory("VmRSS")
    best, mine = float("inf"), float(ours["microseconds"])
    for _ in range(5):
        weights, won, seconds = start.clone(), [], 0.0
        for n in range(images):
            now = wave(n)
            began = time.perf_counter()
            won.append(learn(weights, now))
            seconds += time.perf_counter() - began
        best = min(best, seconds / images)
        mine = min(mine, float(run_ours()["microseconds"]))
    peak = memory("VmHWM") - held

    wanted = [[tuple(int(x) for x in w) for w in row if w[0] >= 0] for row in ours["winners"]]
    same = sum(a == b for a, b in zip(won, wanted))
    off = float((weights - torch.from_numpy(ours["weights_after"])).abs().max())
    us = 1e6 * best
    print(f"winners the same for {same} of {images} images; weights differ by at most {off:.1e}")
    print(f"PyTorch {torch.__version__}: {us:.0f} µs per image, {peak / 2**20:.1f} MiB")
    print(f"rheobase: {mine:.1f} µs per image, {float(ours['peak']) / 2**20:.2f} MiB")
    print(f"ratio: {us / mine:.0f} in time, {peak / max(float(ours['peak']), 1):.0f} in memory")
    if same != images or off > 1e-6:
        sys.exit("not the same")


if __name__ == "__main__":
    main()
