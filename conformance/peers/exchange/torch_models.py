"""Random models of a torch framework, each run there and here, spike by spike; and back through every file they can be in.

    pip install snntorch==1.0.0 norse==1.1.0 spikingjelly==2.0.0 nir==1.0.8 nirtorch==2.6     # or, apart from these:
    pip install sinabs==3.1.3 rockpool==3.1.0 nir==1.0.4 nirtorch==2.0.2
    python torch_models.py snntorch 100          # framework, number of models, first seed
"""

import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from rheobase import exchange

warnings.filterwarnings("ignore")
F64, STEPS, SAMPLES = torch.float64, 40, 3


def pick(rng, *options):
    return options[rng.integers(len(options))]


def each(rng, low, high, width):
    """One number for all neurons, or one for each."""
    if rng.random() < 0.5:
        return float(rng.uniform(low, high))
    return torch.tensor(rng.uniform(low, high, width), dtype=torch.float32)


def linear(rng, inputs, outputs, gain=1.0):
    made = torch.nn.Linear(inputs, outputs, bias=bool(rng.random() < 0.7))
    torch.nn.init.normal_(made.weight, 0.15 * gain, gain / np.sqrt(inputs))
    return made


def convolutions(rng, module):
    """A convolution, batch norm perhaps, neurons, pooling, flattening; its input, and the width of its output."""
    channels, side = int(rng.integers(1, 3)), int(rng.integers(6, 10))
    groups = pick(rng, 1, channels)
    outputs = 2 * groups
    padding = pick(rng, 0, 1, 2, "same")
    dilation = pick(rng, 1, 2)
    stride = 1 if padding == "same" else pick(rng, 1, 2)
    kernel = pick(rng, 2, 3, (3, 2))
    conv = torch.nn.Conv2d(channels, outputs, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bool(rng.random() < 0.5))
    torch.nn.init.normal_(conv.weight, 0.2, 0.5)
    layers = [conv]
    if rng.random() < 0.5:
        norm = torch.nn.BatchNorm2d(outputs, affine=bool(rng.random() < 0.7), eps=pick(rng, 1e-5, 1e-3))
        norm.running_mean.copy_(torch.randn(outputs) * 0.2)
        norm.running_var.copy_(torch.rand(outputs) + 0.3)
        layers.append(norm)
    shape = torch.nn.Sequential(*layers).eval()(torch.zeros(1, channels, side, side)).shape[1:]
    layers.append(module(tuple(shape)))
    if min(shape[1:]) >= 3:
        pool = pick(rng, torch.nn.AvgPool2d, torch.nn.MaxPool2d)
        layers.append(pool(pick(rng, 2, 3), **pick(rng, {}, {"stride": 1}, {"padding": 1}, {"ceil_mode": True})))
        shape = layers[-1](torch.zeros(1, *shape)).shape[1:]
    layers.append(torch.nn.Flatten())
    return layers, (channels, side, side), int(np.prod(shape))


def snntorch(rng):
    import snntorch as snn

    def neurons(shape):
        width = int(np.prod(shape))
        one = len(shape) > 1
        number = lambda low, high: float(rng.uniform(low, high)) if one else each(rng, low, high, width)
        kind = pick(rng, "Leaky", "Leaky", "Synaptic", "RLeaky", "RSynaptic", "Lapicque")
        if one and kind.startswith("R"):
            kind = "Leaky"
        common = dict(
            threshold=number(0.3, 1.2),
            reset_mechanism=pick(rng, "subtract", "zero", "none"),
            reset_delay=bool(rng.random() < 0.6),
            init_hidden=True,
        )
        if common["reset_mechanism"] == "none":
            common["reset_delay"] = True
        if kind == "Lapicque":
            more = pick(rng, dict(beta=float(rng.uniform(0.5, 0.95))), dict(R=2.0, C=3.0, time_step=0.5), dict(R=5.1, C=5e-3, time_step=1e-3))
            common.pop("reset_delay")
            return snn.Lapicque(**more, **common)
        if kind == "Leaky" and rng.random() < 0.4:
            common["graded_spikes_factor"] = float(rng.uniform(0.5, 2))
        if kind == "Leaky" and rng.random() < 0.2 and not one:
            common["inhibition"] = True
        common["learn_beta"] = common["learn_threshold"] = bool(rng.random() < 0.5)
        beta = number(-0.1, 1.1) if rng.random() < 0.2 else number(0.3, 0.99)
        if kind.endswith("Synaptic"):
            common["alpha"] = number(0.2, 0.9)
            # With a state of its own RSynaptic raises TypeError then.
            common["reset_delay"] |= kind == "RSynaptic"
            common["learn_alpha"] = common["learn_beta"]
        if kind.startswith("R"):
            if rng.random() < 0.5:
                common |= dict(all_to_all=True, linear_features=width)
            else:
                common |= dict(all_to_all=False, V=each(rng, -0.5, 0.5, width))
        return getattr(snn, kind)(beta=beta, **common)

    return chain(rng, neurons)


def chain(rng, neurons):
    if rng.random() < 0.3:
        layers, shape, width = convolutions(rng, neurons)
    else:
        width = int(rng.integers(3, 9))
        shape, layers = (width,), []
    for _ in range(int(rng.integers(1, 3))):
        outputs = int(rng.integers(3, 12))
        layers += [linear(rng, width, outputs), neurons((outputs,))]
        width = outputs
    return layers, shape


def spikingjelly(rng):
    from spikingjelly.activation_based import neuron

    def neurons(shape):
        kind = pick(rng, "IFNode", "LIFNode", "LIFNode", "ParametricLIFNode", "CUBALIFNode")
        common = dict(v_threshold=float(rng.uniform(0.3, 1.2)), v_reset=pick(rng, 0.0, None, -0.3, 0.1))
        if kind == "LIFNode":
            common |= dict(tau=float(rng.uniform(1.1, 10)), decay_input=bool(rng.random() < 0.5))
        if kind == "ParametricLIFNode":
            common |= dict(init_tau=float(rng.uniform(1.1, 10)), decay_input=bool(rng.random() < 0.5))
        if kind == "CUBALIFNode":
            common |= dict(c_decay=float(rng.uniform(0.1, 0.9)), v_decay=float(rng.uniform(0.1, 0.9)))
        return getattr(neuron, kind)(**common)

    return chain(rng, neurons)


def norse(rng):
    import norse.torch as n

    def neurons(shape):
        width = int(np.prod(shape))
        number = lambda low, high: torch.as_tensor(each(rng, low, high, width)) if len(shape) == 1 else torch.tensor(float(rng.uniform(low, high)))
        kind = pick(rng, "LIFBoxCell", "LIFCell", "IAFCell", "LIFRecurrentCell", "LIBoxCell", "LICell", "LIFAdExCell", "LSNNCell")
        dt = pick(rng, 0.001, 0.0005, 0.002)
        leak, th = number(-0.2, 0.2), number(0.3, 0.6)
        if kind == "LIFBoxCell":
            from norse.torch.functional import reset

            p = n.LIFBoxParameters(tau_mem_inv=number(50, 300), v_leak=leak, v_th=th, v_reset=number(-0.2, 0.1), reset_method=pick(rng, reset.reset_value, reset.reset_subtract))
        elif kind in ("LIFCell", "LIFRecurrentCell"):
            # Its initial state takes one number.
            leak = torch.tensor(float(rng.uniform(-0.2, 0.2))) if kind == "LIFRecurrentCell" else leak
            p = n.LIFParameters(tau_syn_inv=number(50, 300), tau_mem_inv=number(50, 300), v_leak=leak, v_th=th, v_reset=number(-0.2, 0.1))
        elif kind == "IAFCell":
            p = n.IAFParameters(v_th=th, v_reset=number(-0.2, 0.1))
            return n.IAFCell(p=p, dt=dt)
        elif kind == "LIBoxCell":
            p = n.LIBoxParameters(tau_mem_inv=number(50, 300), v_leak=leak)
        elif kind == "LICell":
            p = n.LIParameters(tau_syn_inv=number(50, 300), tau_mem_inv=number(50, 300), v_leak=leak)
        elif kind == "LIFAdExCell":
            p = n.LIFAdExParameters(v_th=th, v_reset=number(-0.2, 0.1))
        else:
            p = n.LSNNParameters(v_th=th, beta=number(0.05, 0.3), tau_adapt_inv=number(5, 50))
        if kind == "LIFRecurrentCell":
            return n.LIFRecurrentCell(width, width, p=p, dt=dt) if len(shape) == 1 else n.LIFCell(p=p, dt=dt)
        return getattr(n, kind)(p=p, dt=dt)

    return chain(rng, neurons)


def sinabs(rng):
    import sinabs.activation as a
    import sinabs.layers as sl

    def neurons(shape):
        width = int(np.prod(shape))
        number = lambda low, high: each(rng, low, high, width) if len(shape) == 1 else float(rng.uniform(low, high))
        kind = pick(rng, "IAF", "LIF", "LIF", "ExpLeak", "LIFRecurrent", "IAFRecurrent")
        if len(shape) > 1 and kind.endswith("Recurrent"):
            kind = "LIF"
        common = dict(min_v_mem=pick(rng, None, -0.5, -1.0))
        if kind != "ExpLeak":
            threshold = float(rng.uniform(0.3, 1.0))
            common |= dict(
                spike_threshold=torch.tensor(threshold),
                spike_fn=pick(rng, a.MultiSpike, a.SingleSpike, a.MaxSpike(2)),
                reset_fn=pick(rng, a.MembraneSubtract(), a.MembraneSubtract(threshold * 0.7), a.MembraneReset(), a.MembraneReset(0.05)),
                tau_syn=pick(rng, None, None, float(rng.uniform(2, 8))),
            )
        if not kind.startswith("IAF"):
            common |= dict(tau_mem=number(2.0, 30.0), norm_input=bool(rng.random() < 0.5))
        if kind.endswith("Recurrent"):
            common["rec_connect"] = torch.nn.Linear(width, width, bias=bool(rng.random() < 0.5))
        return getattr(sl, kind)(**common)

    return chain(rng, neurons)


def rockpool(rng):
    import rockpool.nn.modules as m
    from rockpool.nn.combinators import Sequential

    width = int(rng.integers(3, 9))
    shape, layers = (width,), []
    for _ in range(int(rng.integers(1, 3))):
        outputs, synapses = int(rng.integers(3, 12)), pick(rng, 1, 1, 2)
        number = lambda low, high, size: torch.tensor(rng.uniform(low, high, size), dtype=torch.float32)
        layers.append(m.LinearTorch((width, outputs * synapses), has_bias=bool(rng.random() < 0.5), weight=torch.randn(width, outputs * synapses) * 0.6 + 0.2))
        mode = pick(rng, "taus", "decays")
        common = dict(threshold=number(0.5, 1.5, outputs), has_rec=bool(rng.random() < 0.3), leak_mode=mode, dt=1e-3)
        if rng.random() < 0.5:
            common["max_spikes_per_dt"] = torch.tensor(2.0)
        if rng.random() < 0.5:
            common["bias"] = number(-0.05, 0.1, outputs)
        if mode == "taus":
            common |= dict(tau_mem=number(0.005, 0.05, outputs), tau_syn=number(0.002, 0.02, (outputs, synapses)))
        else:
            common |= dict(alpha=number(0.6, 0.98, outputs), beta=number(0.5, 0.95, (outputs, synapses)))
        if common["has_rec"]:
            # Small, so that the number of spikes does not grow beyond what single precision can count.
            common["w_rec"] = torch.randn(outputs, outputs * synapses) * 0.03
        layers.append(m.LIFTorch((outputs * synapses, outputs), **common))
        width = outputs
    return [Sequential(*layers)], shape


def fires(module):
    name = type(module).__name__
    framework = type(module).__module__.split(".")[0]
    return framework != "torch" and not name.startswith(("LI", "Exp", "Sequential", "Linear")) or name.startswith("LIF")


def record(framework, net, x):
    """Spikes of every layer of neurons, by the names that `from_torch` gives."""
    found = {}
    leaves = dict(exchange._leaves(net))
    keep = lambda name: lambda module, inputs, out: found.setdefault(name, []).append((out[0] if isinstance(out, tuple) else out).detach().clone())
    hooks = [leaf.register_forward_hook(keep(name)) for name, leaf in leaves.items()]
    with torch.no_grad():
        if framework == "sinabs":
            # Layers of torch take [sample·step, …], those of Sinabs [sample, step, …].
            y, (b, t) = x.transpose(0, 1), (SAMPLES, STEPS)
            for name, leaf in leaves.items():
                torchs = type(leaf).__module__.startswith("torch")
                y = leaf(y.flatten(0, 1)).unflatten(0, (b, t)) if torchs else leaf(y)
                found[name] = [y.transpose(0, 1)]
        elif framework == "rockpool":
            (net[0] if type(net).__name__ == "Sequential" else net)(x.transpose(0, 1))
            found = {name: [values[0].transpose(0, 1)] for name, values in found.items()}
        elif framework == "norse":
            state = [None] * len(net)
            for frame in x:
                for i, layer in enumerate(net):
                    if type(layer).__module__.startswith("norse"):
                        frame, state[i] = layer(frame, state[i])
                    else:
                        frame = layer(frame)
        else:
            for frame in x:
                net(frame)
    for hook in hooks:
        hook.remove()
    stack = lambda values: (values[0] if len(values) == 1 else torch.stack(values)).numpy()
    arrays = {f"spikes_{n}": stack(v) for n, v in found.items() if fires(leaves[n])}
    last = list(leaves)[-1]
    return arrays | {"input": x.numpy(), "output": stack(found[last])}


# What stands in one environment with another.
TOGETHER = {"snntorch", "norse", "spikingjelly"}, {"sinabs", "rockpool"}


def read_nir(framework, path, x):
    """Outputs of what the framework's own reader makes of a graph, for `x`."""
    import nir

    graph = nir.read(path)
    steps = {
        "snntorch": lambda: __import__("snntorch.import_nir").import_nir.import_from_nir(graph),
        "norse": lambda: __import__("norse.torch").torch.from_nir(graph),
        "spikingjelly": lambda: __import__("spikingjelly.activation_based.nir_exchange").activation_based.nir_exchange.import_from_nir(graph),
    }
    with torch.no_grad():
        if framework == "sinabs":
            import sinabs.nir

            net = sinabs.nir.from_nir(graph, batch_size=SAMPLES)
            out = net(x.transpose(0, 1).flatten(0, 1))
            out = out[0] if isinstance(out, tuple) else out
            return out.unflatten(0, (SAMPLES, STEPS)).transpose(0, 1).numpy()
        if framework == "rockpool":
            from rockpool.nn.modules import from_nir

            out = from_nir(graph)(x.transpose(0, 1))[0]
            return out.transpose(0, 1).numpy()
        net, state, outputs = steps[framework](), None, []
        for frame in x:
            out, state = net(frame, state)
            outputs.append(out)
        return torch.stack(outputs).numpy()


def onwards(framework, model, x, folder, went):
    """The model in every framework of this environment, as its modules and through its reader of NIR."""
    ours = model.run(x.numpy())
    for target in next(names for names in TOGETHER if framework in names):
        ways = [("modules", lambda: record(target, exchange.to_torch(model, target), x)["output"])]
        ways.append(("NIR", lambda: read_nir(target, path, x)))
        path = folder / f"{target}.nir"
        for way, outputs in ways:
            try:
                file = path if way == "NIR" else folder / f"{target}.safetensors"
                losses = model.write(file, framework=target).losses
            except ValueError as e:
                went[target, way, "refused"] += 1
                went["refused", f"{target} {way}", str(e).split(": ", 2)[-1][:110]] += 1
                continue
            try:
                theirs = outputs()
            except Exception as e:
                went[target, way, "RAISES"] += 1
                print("   ", target, way, repr(e)[:200])
                continue
            differ = float(np.mean(np.abs(theirs - ours) > 1e-3)) if theirs.shape == ours.shape else f"{theirs.shape} {ours.shape}"
            word = "equal" if differ == 0 else "lost, as said" if losses else "DIFFERS"
            went[target, way, word] += 1
            if word == "DIFFERS":
                print("   ", target, way, differ, " ".join(sorted({e.how[:60] for e in model.write(file, framework=target).entries if e.fate == "rewritten"})))


def main(framework, count, first):
    came, said, went = Counter(), Counter(), Counter()
    for seed in range(first, first + count):
        rng = np.random.default_rng([seed, 7])
        torch.manual_seed(seed)
        layers, shape = globals()[framework](rng)
        net = torch.nn.Sequential(*layers).eval()
        x = torch.tensor(rng.random((STEPS, SAMPLES, *shape)) < 0.4, dtype=torch.float32) * float(rng.uniform(0.5, 2))
        kinds = " ".join(type(leaf).__name__ for _, leaf in exchange._leaves(net))
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder, "run.npz")
            recorded = record(framework, net, x)
            np.savez(run, **recorded)
            try:
                model = exchange.from_torch(net, shape)
                spikes = any(name.startswith("spikes_") for name in recorded)
                found = model.replay(run) if spikes else {"layers": [], "output": np.abs(model.run(x.numpy()) - recorded["output"]).max()}
            except ValueError as e:
                word = "refused" if "refused" in str(e) else "ERROR"
                came[word] += 1
                said[str(e).split(": ", 1)[-1][:150]] += 1
                if word == "ERROR":
                    print(seed, kinds, "\n   ", e)
                continue
        first_off = [layer["first"] for layer in found["layers"] if layer["first"]]
        off = found["output"] or 0.0
        word = "equal" if not first_off and off < 1e-3 else "rounding" if first_off and first_off[0]["rounding"] else "WRONG"
        came[word] += 1
        if word == "WRONG":
            print(seed, kinds, first_off[:1], off)
        if word == "equal":
            with tempfile.TemporaryDirectory() as folder:
                onwards(framework, model, x, Path(folder), went)
    for why, times in said.most_common():
        print(f"{times:4} {why}")
    for (target, way, word), times in sorted(went.items()):
        print(f"{times:4} {target} {way}: {word}")
    print(framework, dict(came))
    return came["WRONG"] + came["ERROR"]


if __name__ == "__main__":
    name, count, first = (sys.argv[1:] + ["50", "0"])[:2] + (sys.argv + ["0"])[3:4]
    sys.exit(main(name, int(count), int(first)) > 0)
