"""Times the training steps of `cargo bench --bench training -- networks` in other libraries too, on the CPU.

    pip install torch snntorch norse spikingjelly
    python training_peers.py [--networks conv,wide] [--peers plain,layers] [--threads 2] [--rounds 5]

Needs `cargo`, and a compiler for `compiled`. The benchmark writes weights, data, loss and gradients of a training step of
each network into a folder (target/training); every peer takes them from there and must find the same loss and the same
gradients before it is timed: the difference of a tensor's gradients has at most 1e-4 of their length. All have the same decay, surrogate, subtractive reset in the same
step without gradient, readout and loss. Each runs in a process of its own and makes runs of steps when told to, then the next in turn, so
that all see the same machine; figures are medians of all steps but the first of each run. Memory is the peak of the first step above what the
process held before, data and weights excluded (of the second where the first compiles).

`plain` is a loop over time, with the product of the input before it: once where the input stays the same, for all steps
at once where it does not. `layers` takes each layer through all steps before the next, as networks without recurrence can.
`compiled` is `plain` with its step through `torch.compile`. The others use their neurons in the loop, SpikingJelly layer by
layer where it can. `module` is `rheobase.torch`, timed by `frameworks_peers.py`. A step streamed is one sample fed step by step without gradients, by `plain` and `compiled` with one and
two threads; the best counts.
"""

import argparse
import ctypes
import math
import os
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.abspath(os.path.join(ROOT, "target", "training"))
PEERS = ["plain", "layers", "compiled", "snntorch", "norse", "spikingjelly"]

# Input shape, steps, batch, classes, decay, surrogate; whether the last layer is neurons that fire.
NETWORKS = {
    "conv": ([1, 28, 28], 25, 128, 10, 0.5, "fast_sigmoid", True),
    "wide": ([784], 25, 128, 10, 0.95, "fast_sigmoid", True),
    "events": ([2, 34, 34], 100, 32, 10, 0.9, "fast_sigmoid", False),
    "events-triangle": ([2, 34, 34], 100, 32, 10, 0.9, "triangle", False),
    "residual": ([3, 32, 32], 8, 32, 10, 0.5, "fast_sigmoid", False),
    "shd": ([700], 100, 128, 20, 0.9, "fast_sigmoid", False),
    "recurrent": ([700], 100, 128, 20, 0.9, "arctan", False),
    "recurrent-triangle": ([700], 100, 128, 20, 0.9, "triangle", False),
}


def worker(peer, name, threads):
    """Answers the commands of standard input."""
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(threads)
    shape, steps, batch, classes, beta, surrogate, fires = NETWORKS[name]
    data = np.load(os.path.join(FOLDER, name + ".npz"))
    slopes = {
        "triangle": lambda z: (2 - 4 * z.abs()).clamp(min=0),
        "arctan": lambda z: 1 / (1 + (math.pi * z) ** 2),
        "fast_sigmoid": lambda z: 1 / (1 + 25 * z.abs()) ** 2,
    }
    slope = slopes[surrogate]

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(context, z):
            context.save_for_backward(z)
            return (z > 0).to(z.dtype)

        @staticmethod
        def backward(context, gradient):
            (z,) = context.saved_tensors
            return gradient * slope(z)

    spike = Spike.apply
    w = {}
    for key in data.files:
        if key.startswith("weight/"):
            weight = torch.from_numpy(data[key])
            w[key[7:]] = torch.nn.Parameter(weight if weight.dim() != 2 else weight.clone())
    if "spikes" in data.files:
        x = torch.zeros(steps, batch, math.prod(shape))
        places = torch.from_numpy(data["spikes"])
        x[places[:, 1], places[:, 0], places[:, 2]] = 1
        x = x.view(steps, batch, *shape)
    else:
        x = torch.from_numpy(data["input"])
    labels = torch.arange(batch) % classes

    def first(x):
        """The product of the input."""
        if name == "conv":
            return F.max_pool2d(F.conv2d(x, w["first"]), 2)
        if name.startswith("events"):
            return F.conv2d(x, w["first"], stride=2)
        if name == "residual":
            return F.conv2d(x, w["first"], padding=1)
        return x @ w["first"]

    def rest(x, cell):
        """What follows, up to what the last product sees."""
        if name == "conv":
            x = cell(1, F.max_pool2d(F.conv2d(cell(0, x), w["second"]), 2))
            return cell(2, x.flatten(1) @ w["out"])
        if name == "wide":
            return cell(1, cell(0, x) @ w["out"])
        if name.startswith("events"):
            x = cell(1, F.conv2d(cell(0, x), w["second"]))
            return 4 * F.avg_pool2d(x, 2)
        if name == "residual":
            x = cell(0, x)
            for n, block in enumerate("abc"):
                inner = cell(1 + 2 * n, F.conv2d(x, w[block + "1"], padding=1))
                x = cell(2 + 2 * n, F.conv2d(inner, w[block + "2"], padding=1) + x)
            return F.avg_pool2d(x, 8)
        if name == "shd":
            return cell(1, cell(0, x) @ w["second"])
        return cell(0, x, w["back"])

    def fire(v, x):
        v = beta * v + x
        sent = spike(v - 1)
        return sent, v - sent.detach()

    class Loop:
        """A layer of neurons over time."""

        def __init__(self, step):
            self.step, self.v, self.sent = step, {}, {}

        def __call__(self, n, x, back=None):
            if n not in self.v:
                self.v[n] = self.sent[n] = torch.zeros_like(x)
            if back is not None:
                x = x + self.sent[n] @ back
            self.sent[n], self.v[n] = self.step(self.v[n], x)
            return self.sent[n]

    def with_snntorch():
        import snntorch as snn

        # Its own reset in the same step lets the gradient through, so the reset is made outside.
        leaky = snn.Leaky(beta=beta, spike_grad=spike, reset_mechanism="none")

        def step(v, x):
            sent, v = leaky(x, v)
            return sent, v - sent.detach()

        return step

    def with_norse():
        from norse.torch.functional import lif_box

        # The spike function and the reset are exchanged, the rest of the step is its own.
        lif_box.threshold = lambda z, *_: spike(z)
        share = 1 - beta
        p = lif_box.LIFBoxParameters(
            tau_mem_inv=torch.tensor(share / 0.001),
            reset_method=lambda z, v, _, threshold: v - z.detach() * threshold,
        )

        def step(v, x):
            # It scales its input by the share that decays.
            sent, state = lif_box.lif_box_feed_forward_step(x / share, lif_box.LIFBoxFeedForwardState(v=v), p)
            return sent, state.v

        return step

    def spikingjelly_cells():
        from spikingjelly.activation_based import neuron

        mode = "s" if name.startswith("recurrent") else "m"
        cells = {}

        def cell(n, x, back=None):
            if n not in cells:
                cells[n] = neuron.LIFNode(
                    tau=1 / (1 - beta), decay_input=False, v_reset=None, surrogate_function=spike,
                    detach_reset=True, step_mode=mode,
                )
                cells[n].sent = None
            if mode == "m":
                return cells[n](x.unflatten(0, (steps, -1))).flatten(0, 1)
            if back is not None:
                x = x + (0 if cells[n].sent is None else cells[n].sent @ back)
            cells[n].sent = cells[n](x)
            return cells[n].sent

        def reset():
            for c in cells.values():
                c.reset()
                c.sent = None

        return cell, reset

    left = torch.arange(steps, 0, -1)
    shares = ((1 - beta**left) / (1 - beta) / steps)[:, None, None]

    def readout(sent):
        """What the loss sees: mean spikes, or a leaky integrator's mean, to which each input counts with the rest of time."""
        if fires:
            return sent.mean(0)
        return (shares * (sent.flatten(2) @ w["out"])).sum(0)

    def currents():
        if x.dim() == len(shape) + 1:
            once = first(x)
            return [once] * steps
        return first(x.flatten(0, 1)).unflatten(0, (steps, -1))

    if peer == "compiled":
        probe = Loop(fire)
        with torch.no_grad():
            rest(currents()[0], probe)
        layers = len(probe.v)

        def one(now, vs, sents):
            cell = Loop(fire)
            cell.v, cell.sent = dict(enumerate(vs)), dict(enumerate(sents))
            out = rest(now, cell)
            return out, [cell.v[n] for n in range(layers)], [cell.sent[n] for n in range(layers)]

        compiled = torch.compile(one)
        start = [torch.zeros_like(probe.v[n]) for n in range(layers)]
    if peer == "spikingjelly":
        jelly, reset = spikingjelly_cells()

    if peer == "module":
        import rheobase as rb
        import rheobase.torch as rt

        slope = {"triangle": ("triangle", 0.5), "fast_sigmoid": ("fast_sigmoid", 25.0)}[surrogate]
        neurons = rb.Neurons(rb.LIFSubtract(tau=-1 / math.log(beta)), surrogate=slope, detach_reset=True)
        layers = [
            rb.Layer("first", "input", rb.Linear(len(w["back"]), bias=False)),
            rb.Layer("back", rb.Delayed("lif"), rb.Linear(len(w["back"]), bias=False)),
            rb.Layer("lif", rb.Sum("first", "back"), neurons),
            rb.Layer("out", "lif", rb.Linear(classes, bias=False)),
            rb.Layer("readout", "out", rb.LI(tau_m=-0.001 / math.log(beta))),
        ]
        net = rt.Network(rb.Layers(*layers, input=shape))
        net.first.weight, net.back.weight, net.out.weight = w["first"], w["back"], w["out"]

    def forward():
        if peer == "module":
            return net(x)[0].mean(0)
        if peer == "layers" or (peer == "spikingjelly" and not name.startswith("recurrent")):
            now = currents()
            now = torch.stack(now) if isinstance(now, list) else now

            def cell(n, x):
                x, v, all_sent = x.unflatten(0, (steps, -1)), 0.0, []
                for t in range(steps):
                    sent, v = fire(v, x[t])
                    all_sent.append(sent)
                return torch.cat(all_sent)

            if peer == "spikingjelly":
                reset()
            return readout(rest(now.flatten(0, 1), jelly if peer == "spikingjelly" else cell).unflatten(0, (steps, -1)))
        if peer == "compiled":
            vs = sents = start
            all_sent = []
            for now in currents():
                out, vs, sents = compiled(now, vs, sents)
                all_sent.append(out)
            return readout(torch.stack(all_sent))
        if peer == "spikingjelly":
            reset()
            cell = jelly
        else:
            cell = Loop({"snntorch": with_snntorch, "norse": with_norse}.get(peer, lambda: fire)())
        return readout(torch.stack([rest(now, cell) for now in currents()]))

    optimiser = torch.optim.Adam(w.values(), lr=0.0)

    def learn():
        optimiser.zero_grad()
        loss = F.cross_entropy(forward(), labels)
        loss.backward()
        optimiser.step()
        return loss.item()

    def write():
        """Puts loss and gradients beside the weights, for the others to find."""
        found = {"loss": np.float64(learn()), **{"gradient/" + key: weight.grad.numpy() for key, weight in w.items()}}
        np.savez(os.path.join(FOLDER, name + ".npz"), **data, **found)
        return found["loss"]

    def check():
        """The difference of the loss, or the length of that of a tensor's gradients in parts of theirs."""
        off = abs(learn() - float(data["loss"]))
        for key, weight in w.items():
            theirs = data["gradient/" + key]
            off = max(off, float(np.linalg.norm(weight.grad.numpy() - theirs) / np.linalg.norm(theirs)))
        return off

    def memory():
        if peer == "compiled":
            learn()
            optimiser.zero_grad()
            ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
        before = status("VmRSS")
        learn()
        return status("VmHWM") - before

    def evaluate():
        with torch.no_grad():
            return timed(forward)

    def stream():
        fed = [x[t, :1] if x.dim() == len(shape) + 2 else x[:1] for t in range(steps)]
        with torch.inference_mode():
            best = math.inf
            for count in (1, 2):
                torch.set_num_threads(count)
                for _ in range(3):
                    if peer == "compiled":
                        vs = sents = [s[:1].contiguous() for s in start]
                        began = time.perf_counter()
                        for now in fed:
                            _, vs, sents = compiled_stream(now, vs, sents)
                    else:
                        cell, v = Loop(fire), 0
                        began = time.perf_counter()
                        for now in fed:
                            out = rest(first(now), cell)
                            if not fires:
                                v = beta * v + out.flatten(1) @ w["out"]
                    best = min(best, (time.perf_counter() - began) / steps)
        torch.set_num_threads(threads)
        return best

    if peer == "compiled":
        compiled_stream = torch.compile(lambda now, vs, sents: one(first(now), vs, sents))

    commands = {"write": write, "check": check, "memory": memory, "step": lambda: timed(learn), "evaluate": evaluate, "stream": stream}
    for line in sys.stdin:
        print(f"{commands[line.strip()]():e}", flush=True)


def timed(f):
    began = time.perf_counter()
    f()
    return time.perf_counter() - began


def status(field):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


class Worker:
    """A process that does as it is told."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )

    def ask(self, command):
        print(command, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"no answer to {command}")
        return float(line)

    def turn(self, what):
        """A run of steps, as training is: two at least, and as many as 0.3 s have; times of all but the first, which meets a machine that
        has just done something else. The threads of whoever had the turn before go on looking for work for a while."""
        time.sleep(0.2)
        began, times = time.perf_counter(), []
        while len(times) < 2 or time.perf_counter() - began < 0.3:
            times.append(self.ask(what))
        return times[1:]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def compare(name, given):
    ours = Worker([*given.bench, "serve", FOLDER, name])
    memory, workers = {"rheobase": ours.ask("memory")}, {"rheobase": ours}
    for peer in given.peers:
        if peer == "layers" and name.startswith("recurrent"):
            continue
        here = [sys.executable, __file__, "--worker", peer, "--networks", name, "--threads", str(given.threads)]
        other = Worker(here)
        try:
            memory[peer], off = other.ask("memory"), other.ask("check")
        except RuntimeError:
            print(f"{name}: {peer} does not run", flush=True)
            continue
        print(f"{name}: loss and gradients of {peer} differ by at most {off:.1e}", flush=True)
        if off > 1e-4:
            sys.exit("not the same")
        workers[peer] = other
    streamed = ["conv", "shd"]
    for what in ["step", "evaluate"] + ["stream"] * (name in streamed):
        times = {peer: [] for peer in workers if what != "stream" or peer in ("rheobase", "plain", "compiled")}
        for _ in range(1 + given.rounds):
            for peer, all_times in times.items():
                all_times.append(workers[peer].turn(what))
        found = {peer: 1e3 * statistics.median(sum(turns[1:], [])) for peer, turns in times.items()}
        mine = found.pop("rheobase")
        best = min(found, key=found.get)
        others = ", ".join(f"{peer} {ms:.3g}" for peer, ms in found.items())
        print(f"| {name} | {what} | {mine:.3g} | {best} {found[best]:.3g} | {found[best] / mine:.2f} | {others} |", flush=True)
    mine = memory.pop("rheobase") / 2**20
    best = min(memory, key=memory.get)
    others = ", ".join(f"{peer} {size / 2**20:.0f}" for peer, size in memory.items())
    least = memory[best] / 2**20
    print(f"| {name} | MiB | {mine:.3g} | {best} {least:.3g} | {least / max(mine, 1e-9):.2f} | {others} |", flush=True)
    for worker in workers.values():
        worker.end()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--networks", type=lambda s: s.split(","), default=list(NETWORKS))
    arguments.add_argument("--peers", type=lambda s: s.split(","), default=PEERS)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--worker", help=argparse.SUPPRESS)
    arguments.add_argument("--bench", type=str.split, default="cargo bench -q --bench training --".split())
    given = arguments.parse_args()
    if given.worker:
        return worker(given.worker, given.networks[0], given.threads)
    os.makedirs(FOLDER, exist_ok=True)
    subprocess.run([*given.bench, "write", FOLDER, *given.networks], check=True, cwd=ROOT)
    print("| network | what | ours, ms | fastest other | ratio | others |\n|---|---|---|---|---|---|")
    for name in given.networks:
        compare(name, given)


if __name__ == "__main__":
    main()
