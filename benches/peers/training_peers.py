"""Times the training step of `cargo bench --bench training` in other libraries, on the CPU with two threads.

    pip install torch snntorch norse spikingjelly
    python training_peers.py [--threads 2] [--whole] [PEER...]

700 -> 256 recurrent LIF -> 20, T = 100, batch 128, 8 % input activity; input weights are scaled so that hidden neurons
fire in 6 % of the steps. All have the same decay, subtractive reset in the same step without gradient, surrogate and
readout, start from the same weights and must give the same loss. Products with all steps at once (input, readout) are
made outside the loop for every peer, which is faster than step by step. Each peer runs in a process of its own; memory
is the peak above what the process held before its first step, data and weights excluded. `--whole` compiles all steps as
one graph (many minutes) instead of one step.
"""

import argparse
import ctypes
import math
import subprocess
import sys
import time
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
INPUTS, HIDDEN, CLASSES, STEPS, BATCH = 700, 256, 20, 100, 128
ACTIVITY, RATE, BETA = 0.08, 0.06, 0.9
PEERS = ["plain", "compiled", "snntorch", "norse", "spikingjelly"]


class Triangle(torch.autograd.Function):
    """Half width 0.5."""

    @staticmethod
    def forward(context, z):
        context.save_for_backward(z)
        return (z > 0).to(z.dtype)

    @staticmethod
    def backward(context, gradient):
        (z,) = context.saved_tensors
        return gradient * (2 - 4 * z.abs()).clamp(min=0)


class Arctan(torch.autograd.Function):
    @staticmethod
    def forward(context, z):
        context.save_for_backward(z)
        return (z > 0).to(z.dtype)

    @staticmethod
    def backward(context, gradient):
        (z,) = context.saved_tensors
        return gradient / (1 + (math.pi * z) ** 2)


SURROGATES = {"triangle": Triangle, "arctan": Arctan}


def step(currents, sent, v, back, spike):
    v = BETA * v + currents + sent @ back
    sent = spike(v - 1)
    return sent, v - sent.detach()


def zeros():
    return torch.zeros(BATCH, HIDDEN)


def plain(spike, one_step=step):
    def run(currents, back):
        sent, v, all_sent = zeros(), zeros(), []
        for now in currents:
            sent, v = one_step(now, sent, v, back, spike)
            all_sent.append(sent)
        return torch.stack(all_sent)

    return run


def compiled(spike, whole):
    return torch.compile(plain(spike)) if whole else plain(spike, torch.compile(step))


def snntorch(spike):
    import snntorch as snn

    # Its own reset in the same step lets the gradient through, so the reset is made outside, as in `step`.
    cell = snn.Leaky(beta=BETA, spike_grad=spike, reset_mechanism="none")

    def run(currents, back):
        sent, v, all_sent = zeros(), cell.init_leaky(), []
        for now in currents:
            sent, v = cell(now + sent @ back, v)
            v = v - sent.detach()
            all_sent.append(sent)
        return torch.stack(all_sent)

    return run


def norse(spike):
    from norse.torch.functional import lif_box

    # Its triangles have a fixed width; the spike function is exchanged, the rest of the step is its own.
    lif_box.threshold = lambda z, *_: spike(z)
    share = 1 - BETA
    p = lif_box.LIFBoxParameters(
        tau_mem_inv=torch.tensor(share / 0.001),
        reset_method=lambda z, v, _, threshold: v - z.detach() * threshold,
    )

    def run(currents, back):
        # It scales its input by the share that decays.
        currents, back = currents / share, back / share
        sent, state, all_sent = zeros(), lif_box.LIFBoxFeedForwardState(v=zeros()), []
        for now in currents:
            sent, state = lif_box.lif_box_feed_forward_step(now + sent @ back, state, p)
            all_sent.append(sent)
        return torch.stack(all_sent)

    return run


def spikingjelly(spike):
    from spikingjelly.activation_based import functional, neuron, surrogate

    own = surrogate.PiecewiseQuadratic(alpha=2.0) if spike == Triangle.apply else surrogate.ATan(alpha=2.0)
    cell = neuron.LIFNode(
        tau=1 / (1 - BETA), decay_input=False, v_reset=None, surrogate_function=own, detach_reset=True
    )

    def run(currents, back):
        functional.reset_net(cell)
        sent, all_sent = zeros(), []
        for now in currents:
            sent = cell(now + sent @ back)
            all_sent.append(sent)
        return torch.stack(all_sent)

    return run


def memory(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def forget_peak():
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


class Readout:
    """All steps of a leaky integrator's mean: each input counts with the weight that the rest of time gives it."""

    def __init__(self):
        left = torch.arange(STEPS, 0, -1)
        self.weights = ((1 - BETA**left) / (1 - BETA) / STEPS)[:, None, None]

    def __call__(self, sent, out):
        return (self.weights * (sent @ out)).sum(0)


def weights(run, x):
    """Weights that let hidden neurons fire at the wanted rate."""
    draw = torch.Generator().manual_seed(1)
    shapes = [(INPUTS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, CLASSES)]
    first, back, out = (torch.randn(s, generator=draw) / math.sqrt(s[0]) for s in shapes)
    back *= 0.5
    low, high, currents = 0.0, 16.0, x @ first
    with torch.no_grad():
        for _ in range(9):
            gain = (low + high) / 2
            if run(gain * currents, back).mean() < RATE:
                low = gain
            else:
                high = gain
    return [torch.nn.Parameter(w) for w in ((low + high) / 2 * first, back, out)]


def measure(peer, name, whole, runs):
    spike = SURROGATES[name].apply
    draw = torch.Generator().manual_seed(2)
    x = (torch.rand(STEPS, BATCH, INPUTS, generator=draw) < ACTIVITY).float()
    labels = torch.arange(BATCH) % CLASSES
    ours = weights(plain(spike), x)
    run = compiled(spike, whole) if peer == "compiled" else globals()[peer](spike)
    readout = Readout()
    optimiser = torch.optim.Adam(ours, lr=1e-9)

    def learn():
        first, back, out = ours
        optimiser.zero_grad()
        sent = run(x @ first, back)
        loss = F.cross_entropy(readout(sent, out), labels)
        loss.backward()
        optimiser.step()
        return loss.item(), sent

    if peer == "compiled":
        # The compiler's own memory is not the step's; what the first step freed goes back to the system.
        learn()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    forget_peak()
    baseline = memory("VmRSS")
    loss, sent = learn()
    rate = sent.mean().item()
    del sent
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        learn()
        times.append(time.perf_counter() - start)
    gradient = math.sqrt(sum((w.grad**2).sum().item() for w in ours))
    peak = (memory("VmHWM") - baseline) / 2**20
    print(f"{peer:13} {name:9} {1e3 * min(times):8.1f} ms, {peak:6.0f} MiB above baseline, hidden activity "
          f"{100 * rate:.2f} %, loss {loss:.6f}, length of gradient {gradient:.6f}", flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("peers", nargs="*", default=PEERS)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--whole", action="store_true")
    arguments.add_argument("--surrogate", choices=SURROGATES)
    given = arguments.parse_args()
    if given.surrogate:
        torch.set_num_threads(given.threads)
        measure(given.peers[0], given.surrogate, given.whole, given.runs)
    else:
        print(f"PyTorch {torch.__version__}, {given.threads} threads")
        for name in SURROGATES:
            for peer in given.peers:
                command = [sys.executable, __file__, peer, "--surrogate", name, "--threads", str(given.threads)]
                subprocess.run(command + ["--runs", str(given.runs)] + ["--whole"] * given.whole)
