"""Times our neurons inside PyTorch, Nengo and JAX against theirs, on the CPU.

    pip install torch snntorch norse spikingjelly nengo, and this package
    pip install spyx==1.0.0 jax flax (and this package, for --parts jax)
    python frameworks_peers.py [--parts torch,nengo,jax] [--threads 2] [--rounds 5]

`torch`: training steps with PyTorch's own Adam, 700 inputs, 256 neurons that hear each other, 20 classes, 100 steps, a batch of
128, 8 % of the inputs active, some 6 % of the neurons firing, the triangle as surrogate. The peers are those of `training_peers.py`, `module` is
`rheobase.torch`. All must find the loss and gradients of `plain` before they are timed. Memory is the peak of a step above what
the process held before.

`nengo`: a network of two ensembles that hears a sine, each of so many neurons, run for 0.3 s with Nengo's own types and with
`rheobase.nengo`, which must give the same curve; time is that of `sim.run`. `step` is the neurons' part alone.

`jax`: training steps of the network of `torch` with SuperSpike's slope, beside Spyx with the input's product in its loop and before it.
"""

import argparse
import os
import statistics
import sys
import time

import numpy as np
import training_peers as training

NAME = "recurrent-triangle"
PEERS = ["module", "plain", "compiled", "snntorch", "norse", "spikingjelly"]


def of_torch(given):
    """The training step of each, in turn, each in a process of its own."""
    rng = np.random.default_rng(0)
    (inputs,), steps, batch, classes = training.NETWORKS[NAME][:4]
    os.makedirs(training.FOLDER, exist_ok=True)
    weights = {"first": (inputs, 256, 0.066), "back": (256, 256, 0.018), "out": (256, classes, 0.1)}
    arrays = {f"weight/{key}": (scale * rng.standard_normal((n, m))).astype(np.float32) for key, (n, m, scale) in weights.items()}
    sample, step, feature = np.nonzero(rng.random((batch, steps, inputs)) < 0.08)
    path = os.path.join(training.FOLDER, NAME + ".npz")
    np.savez(path, spikes=np.stack([sample, step, feature], axis=1), **arrays)
    # The first of them says what the others must find.
    reference = start("plain", given)
    print(f"loss {reference.ask('write'):.6f}", flush=True)
    reference.end()
    workers, memory = {}, {}
    for peer in PEERS:
        worker = start(peer, given)
        try:
            memory[peer], off = worker.ask("memory"), worker.ask("check")
        except RuntimeError:
            print(f"{peer} does not run", flush=True)
            continue
        print(f"loss and gradients of {peer} differ by at most {off:.1e}", flush=True)
        if off > 1e-4:
            sys.exit("not the same")
        workers[peer] = worker
    times = {peer: [] for peer in workers}
    for _ in range(1 + given.rounds):
        for peer, all_times in times.items():
            all_times.append(workers[peer].turn("step"))
    found = {peer: 1e3 * statistics.median(sum(turns[1:], [])) for peer, turns in times.items()}
    row("training step, ms", found)
    row("peak, MiB", {peer: size / 2**20 for peer, size in memory.items()})
    for worker in workers.values():
        worker.end()


def start(peer, given):
    here = [sys.executable, training.__file__, "--worker", peer, "--networks", NAME, "--threads", str(given.threads)]
    return training.Worker(here)


def row(what, found):
    mine = found.pop("module")
    best = min(found, key=found.get)
    others = ", ".join(f"{peer} {value:.3g}" for peer, value in found.items())
    print(f"| {what} | {mine:.3g} | {best} {found[best]:.3g} | {found[best] / mine:.2f} | {others} |", flush=True)


def of_nengo(given):
    import nengo
    import rheobase.nengo as ours

    for neurons in (50, 500, 2000, 5000, 20000):
        for name in ("LIF", "AdaptiveLIF", "Izhikevich", "LIFRate"):
            kinds = {"module": getattr(ours, name)(), "nengo": getattr(nengo, name)()}
            sims, curves, probes = {}, {}, {}
            for peer, kind in kinds.items():
                with nengo.Network(seed=1) as net:
                    given_value = nengo.Node(lambda t: np.sin(20 * t))
                    # Decoders of many neurons take minutes to solve for and change nothing of the run.
                    solver = nengo.solvers.NoSolver(np.full((neurons, 1), 1e-5))
                    first, second = (nengo.Ensemble(neurons, 1, neuron_type=kind) for _ in range(2))
                    nengo.Connection(given_value, first)
                    nengo.Connection(first, second, solver=solver)
                    probes[peer] = nengo.Probe(second, synapse=0.02, solver=solver)
                sims[peer] = nengo.Simulator(net, progress_bar=False)
            times = {peer: [] for peer in kinds}
            for _ in range(1 + given.rounds):
                for peer, sim in sims.items():
                    sim.reset()
                    times[peer].append(training.timed(lambda sim=sim: sim.run_steps(300, progress_bar=False)))
                    curves[peer] = np.array(sim.data[probes[peer]])
            # Izhikevich's quadratic term enlarges the last bit until one of many spikes falls a step later.
            tolerance = 1e-2 if name == "Izhikevich" else 1e-6
            np.testing.assert_allclose(curves["module"], curves["nengo"], rtol=tolerance, atol=tolerance * 1e-3)
            assert np.ptp(curves["nengo"]) > 0
            row(f"2 × {neurons} {name}, µs a step", {p: 1e6 / 300 * statistics.median(t[1:]) for p, t in times.items()})
            row(f"{neurons} {name}, neurons alone, µs", {p: alone(kind, neurons) for p, kind in kinds.items()})


def of_jax(given):
    """A training step in JAX: 700 inputs, 256 neurons that hear each other, 20 leaky integrators, as Spyx has them and as here.

    In Spyx a neuron decides on the potential of the step before; so do those here whose spikes are heard a step later, with a
    reset that does not decay in between.
    """
    import jax
    import jax.numpy as jnp
    import optax
    import rheobase as rb
    import rheobase.jax as rj
    import spyx.axn
    import spyx.nn
    from flax import nnx

    (inputs,), steps, batch, classes, beta = training.NETWORKS[NAME][:5]
    rng = np.random.default_rng(0)
    given_weights = {
        "kernel": (0.066, inputs, 256), "recurrent": (0.018, 256, 256), "readout": (0.1, 256, classes),
    }
    weights = {key: jnp.asarray(scale * rng.standard_normal((n, m)), jnp.float32) for key, (scale, n, m) in given_weights.items()}
    x = jnp.asarray(rng.random((steps, batch, inputs)) < 0.08, jnp.float32)
    labels = jnp.arange(batch) % classes

    neurons = rb.Neurons(rb.LIFSubtract(tau=-1 / np.log(beta), drop=1 / beta), surrogate=("fast_sigmoid", 25.0))
    layers = [
        rb.Layer("kernel", "input", rb.Linear(256, bias=False)),
        rb.Layer("recurrent", rb.Delayed("lif"), rb.Linear(256, bias=False)),
        rb.Layer("lif", rb.Sum("kernel", "recurrent"), neurons),
        rb.Layer("readout", rb.Delayed("lif"), rb.Linear(classes, bias=False)),
        rb.Layer("integrator", "readout", rb.LI(tau_m=-0.001 / np.log(beta))),
    ]
    network = rj.Network(rb.Layers(*layers, input=[inputs]))

    def module(w, x):
        return network({key + ".weight": weight for key, weight in w.items()}, x)[0].sum(0) / len(x)

    rngs, spike = nnx.Rngs(0), spyx.axn.superspike(25)
    linear = [nnx.Linear(n, m, use_bias=False, rngs=rngs) for n, m in ((inputs, 256), (256, classes))]
    cell = spyx.nn.RLIF((256,), beta=beta, activation=spike, rngs=rngs)
    integrator = spyx.nn.LI((classes,), beta=beta, rngs=rngs)

    def of_spyx(w, x, *layers):
        """Layers of Spyx with these weights over all steps; what they were made with is no part of the function."""
        graph, state = nnx.split(spyx.nn.Sequential(*layers))
        flat = dict(nnx.to_flat_state(state))
        for path, leaf in flat.items():
            of_shape = {weight.shape: weight for weight in w.values()}
            if path[-1] in ("kernel", "recurrent_w"):
                flat[path] = leaf.replace(of_shape[leaf.get_value().shape])
        return spyx.nn.run(nnx.merge(graph, nnx.from_flat_state(flat)), x)[0]

    def loop(w, x):
        return of_spyx(w, x, linear[0], cell, linear[1], integrator).mean(0)

    def product_first(w, x):
        return of_spyx(w, of_spyx(w, x @ w["kernel"], cell) @ w["readout"], integrator).mean(0)

    optimiser = optax.adam(0.0)
    peers = {"module": module, "spyx": loop, "spyx, input's product first": product_first}
    calls, found = {}, {}
    for peer, scores in peers.items():

        def loss(w, x, scores=scores):
            return optax.softmax_cross_entropy_with_integer_labels(scores(w, x), labels).mean()

        @jax.jit
        def step(w, kept, x, loss=loss):
            value, gradients = jax.value_and_grad(loss)(w, x)
            changes, kept = optimiser.update(gradients, kept)
            return value, gradients, optax.apply_updates(w, changes), kept

        calls[peer] = lambda x, step=step: jax.block_until_ready(step(weights, optimiser.init(weights), x))
        # Of all steps, spikes on the edge of the threshold may fall a step later by a rounding, one of some 10⁵.
        found[peer] = jax.tree.leaves(calls[peer](x[:20])[:2])
    for peer, leaves in found.items():
        off = max(float(jnp.linalg.norm(a - b) / jnp.linalg.norm(b)) for a, b in zip(leaves, found["spyx"], strict=True))
        print(f"loss and gradients of {peer} over 20 steps differ by at most {off:.1e}", flush=True)
        if off > 1e-4:
            sys.exit("not the same")
    times = {peer: [] for peer in peers}
    for _ in range(1 + given.rounds):
        for peer, call in calls.items():
            times[peer].append(training.timed(lambda call=call: call(x)))
    row("JAX, training step, ms", {peer: 1e3 * statistics.median(t[1:]) for peer, t in times.items()})


def alone(kind, neurons):
    state, output = kind.make_state(neurons, rng=np.random.RandomState(0)), np.zeros(neurons)
    currents = np.random.default_rng(0).normal(1.5, 1.0, neurons)
    found = []
    for _ in range(9):
        began = time.perf_counter()
        for _ in range(50):
            kind.step(0.001, currents, output, **state)
        found.append(1e6 / 50 * (time.perf_counter() - began))
    return statistics.median(found)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--parts", type=lambda s: s.split(","), default=["torch", "nengo", "jax"])
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    from importlib.metadata import PackageNotFoundError, version

    for package in ("torch", "snntorch", "norse", "spikingjelly", "nengo", "jax", "spyx", "numpy"):
        try:
            print(package, version(package), end="; ")
        except PackageNotFoundError:
            print(package, "is not there", end="; ")
    print(f"{given.threads} threads\n| what | ours | fastest other | ratio | others |\n|---|---|---|---|---|", flush=True)
    for part in given.parts:
        {"torch": of_torch, "nengo": of_nengo, "jax": of_jax}[part](given)


if __name__ == "__main__":
    main()
