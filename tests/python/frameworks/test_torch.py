"""Networks of Rheobase inside PyTorch."""

import copy
import io
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rheobase as rb  # noqa: E402
import rheobase.torch as rt  # noqa: E402

# PyTorch warns of itself: of Python's versions, of what it has not been built with.
pytestmark = pytest.mark.filterwarnings("default")


def fused(**settings):
    return rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, seed=1, **settings)


def noise(*shape, seed=0, scale=2.0):
    return scale * torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def arguments(layer, x, state, keep=1):
    assert [name.split('.') for name, _ in layer.named_parameters()] == layer._paths
    return x, state, [p.detach().clone().requires_grad_() for p in layer.parameters()], layer.network_text, keep, layer.tapes


DIFFERENTIABLE = list(rb.models)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_model_is_a_module_with_the_populations_numbers(name):
    model = rb.models[name]()
    low, high = model.info["input_range"]
    dt = 1.0 if model.info["time"] == "steps" else 0.001
    layer = getattr(rt, name)(6)
    assert isinstance(layer, torch.nn.Module) and list(layer.carried) == [f"neurons.{f['name']}" for f in model.info["state"]]
    x = (low + (high - low) * torch.rand(40, 3, 6, generator=torch.Generator().manual_seed(2))).requires_grad_()
    out, state = layer(x)
    neurons = model.population(6, batch=3, dt=dt)
    recording = neurons.run(x.detach().numpy(), spikes="dense", taped=True)
    assert np.array_equal(out.detach().numpy(), np.asarray(recording))
    for field, values in layer.parts(state).items():
        assert np.array_equal(values.detach().numpy(), neurons.state[field.removeprefix("neurons.")])
    upstream = noise(40, 3, 6, seed=3)
    (found,) = torch.autograd.grad(out, x, upstream)
    expected = neurons.gradients(recording, output=upstream.numpy()).input
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-5, atol=1e-7 * max(1.0, abs(expected).max()))


@pytest.mark.parametrize("keep", [0, 2])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("permuted", [False, True])
def test_opcheck(given, permuted, keep):
    layer = fused()
    x = noise(3, 6, 7).transpose(0, 1) if permuted else noise(6, 3, 7)
    assert x.is_contiguous() is not permuted
    state = noise(3, len(layer._reset)).requires_grad_() if given else torch.empty(0)
    found = torch.library.opcheck(torch.ops.rheobase.run.default, arguments(layer, x.requires_grad_(), state, keep))
    assert set(found.values()) == {"SUCCESS"}
    x, state, parameters, network, *_ = arguments(layer, x.detach(), state.detach())
    back = (x, state, [p.detach() for p in parameters], noise(6, 3, 5), noise(3, len(layer._reset)), network, True)
    assert set(torch.library.opcheck(torch.ops.rheobase.back.default, back).values()) == {"SUCCESS"}


def test_opcheck_of_a_convolution():
    layer = rt.Conv((2, 5, 5), 3, 3, rb.LIFSubtract(), window={"padding": 1}, seed=0)
    assert list(layer.state_dict()) == ["conv.weight", "conv.bias"] and layer.output_shape == (3, 5, 5)
    x = noise(4, 2, 50).requires_grad_()
    found = torch.library.opcheck(torch.ops.rheobase.run.default, arguments(layer, x, torch.empty(0)))
    assert set(found.values()) == {"SUCCESS"}
    out, _ = layer(noise(4, 2, 2, 5, 5))
    assert out.shape == (4, 2, 3, 5, 5)


def test_layouts_and_batches_give_the_same_bits():
    layer = fused()
    x = noise(20, 37, 7)
    out, state = layer(x)
    assert torch.equal(layer(x.permute(2, 0, 1).contiguous().permute(1, 2, 0))[0], out)
    assert torch.equal(layer(x.transpose(0, 1).contiguous().transpose(0, 1))[0], out)
    one, after = layer(x[:, 17])
    assert torch.equal(one, out[:, 17]) and torch.equal(after, state[17])
    first, between = layer(x[:9])
    second, end = layer(x[9:], between)
    assert torch.equal(torch.cat([first, second]), out) and torch.equal(end, state)
    assert torch.equal(layer(x, layer.reset_state(37))[0], out)


def test_a_tensor_that_is_contiguous_is_not_copied():
    x = noise(4, 2, 7)
    assert rt._array(x).ctypes.data == x.data_ptr() and rt._array(x[1:]).ctypes.data == x[1:].data_ptr()


def test_gradients_go_through_states():
    layer = fused()
    x = noise(24, 3, 7).requires_grad_()
    upstream = noise(24, 3, 5, seed=1)
    whole = torch.autograd.grad((layer(x)[0] * upstream).sum(), [x, *layer.parameters()])
    first, between = layer(x[:10])
    second, _ = layer(x[10:], between)
    parts = torch.autograd.grad((torch.cat([first, second]) * upstream).sum(), [x, *layer.parameters()])
    for a, b in zip(whole, parts, strict=True):
        assert a.abs().max() > 0
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
    # A state that is detached ends the backward pass.
    second, _ = layer(x[10:], between.detach())
    (cut,) = torch.autograd.grad(second.sum(), x)
    assert cut[:10].abs().max() == 0 and cut[10:].abs().max() > 0


def test_tapes_wait_for_their_own_way_back_alone():
    layer = fused()
    x, upstream = noise(12, 20, 7), noise(12, 20, 5, seed=1)

    def grads(out, **settings):
        return [g.clone() for g in torch.autograd.grad((out * upstream).sum(), list(layer.parameters()), **settings)]

    rt._waiting.clear()
    with torch.no_grad():
        layer(x)
    assert not rt._waiting
    first = layer(x)[0]
    assert len(rt._waiting) == 1
    expected = grads(first, retain_graph=True)
    assert not rt._waiting
    # The same again, when the tapes are gone.
    assert all(torch.equal(a, b) for a, b in zip(expected, grads(first), strict=True))
    # Others in between, in the same memory and with other numbers, and more than may wait.
    one = layer(x)[0]
    other = x.clone()
    two = layer(other)[0]
    with torch.no_grad():
        other.mul_(0.5)
    assert all(torch.equal(a, b) for a, b in zip(expected, grads(one), strict=True))
    three = layer(other)[0]
    halved = grads(three)
    assert not torch.equal(halved[0], expected[0])
    del two
    outs = [layer(x)[0] for _ in range(rt._MOST_WAITING + 3)]
    assert len(rt._waiting) == rt._MOST_WAITING
    for out in outs:
        assert all(torch.equal(a, b) for a, b in zip(expected, grads(out), strict=True))
    # Input that asks for a gradient, where the run before did not know of it.
    x.requires_grad_()
    (found,) = torch.autograd.grad((layer(x)[0] * upstream).sum(), x)
    assert found.abs().max() > 0


def test_room_for_tapes_changes_no_bit():
    layer, x = fused(), noise(150, 40, 7)

    def gradients(tapes):
        layer.tapes = tapes
        return torch.autograd.grad(layer(x)[0].square().sum(), list(layer.parameters()))

    all_kept = gradients(1 << 40)
    for tapes in (0, 50_000, 32 << 20):
        assert all(torch.equal(a, b) for a, b in zip(all_kept, gradients(tapes), strict=True))
    assert layer.tapes == 32 << 20 == fused().tapes


def test_threads_of_pytorch_work_on_after_they_have_rested():
    layer, x = rt.Dense(70, 50, rb.LIFSubtract(), seed=1), noise(100, 20, 70)
    a = noise(400, 400)
    product, threads = a @ a, torch.get_num_threads()
    first = layer(x)[0]
    for _ in range(3):
        out = layer(x)[0]
        out.square().sum().backward()
        assert torch.equal(a @ a, product)
        assert torch.equal(out, first)
    assert torch.get_num_threads() == threads


def test_gradients_of_smooth_layers_are_differences():
    # Without spikes a layer is smooth; single precision allows no smaller differences.
    layer = rt.Dense(3, 4, rb.LI(gain=rb.Learned(1.0), tau_m=0.003), recurrent=True, seed=2)
    x = noise(8, 2, 3).requires_grad_()
    state = noise(2, len(layer._reset)).requires_grad_()
    x, state, parameters, network, *_ = arguments(layer, x, state)

    def run(x, state, *parameters):
        return torch.ops.rheobase.run(x, state, parameters, network, 2, layer.tapes)

    assert torch.autograd.gradcheck(run, (x, state, *parameters), eps=1e-2, atol=2e-2, rtol=2e-2, nondet_tol=0.0)


def test_compile_without_breaks():
    layer = fused()
    compiled = torch.compile(lambda x, state: layer(x, state), fullgraph=True)
    for batch in (3, 4):
        x, state = noise(6, batch, 7).requires_grad_(), layer.reset_state(batch)
        out, after = layer(x, state)
        fast, fast_after = compiled(x, state)
        assert torch.equal(out, fast) and torch.equal(after, fast_after)
        grads = [torch.autograd.grad(y.sum(), [x, *layer.parameters()]) for y in (out, fast)]
        assert all(torch.equal(a, b) for a, b in zip(*grads, strict=True))


def test_vmap():
    layer = fused()
    xs = noise(4, 6, 3, 7)
    one_by_one = torch.stack([layer(x)[0] for x in xs])
    assert torch.equal(torch.func.vmap(lambda x: layer(x)[0])(xs), one_by_one)
    states = noise(4, 3, len(layer._reset))
    together = torch.func.vmap(lambda x, s: layer(x, s)[1])(xs, states)
    assert torch.equal(together, torch.stack([layer(x, s)[1] for x, s in zip(xs, states, strict=True)]))
    assert torch.equal(torch.func.vmap(lambda s: layer(xs[0], s)[0])(states)[2], layer(xs[0], states[2])[0])
    # An ensemble: parameters of several networks at once.
    several = [rt.Dense(7, 5, rb.LIFSubtract(), seed=seed) for seed in range(3)]
    parameters, buffers = torch.func.stack_module_state(several)
    run = lambda p, b, x: torch.func.functional_call(several[0], (p, b), (x,))[0].sum()  # noqa: E731
    sums = torch.func.vmap(run, in_dims=(0, 0, None))(parameters, buffers, xs[0])
    assert torch.equal(sums, torch.stack([layer(xs[0])[0].sum() for layer in several]))
    # Gradients go through the new axis.
    (together,) = torch.autograd.grad(torch.func.vmap(lambda x: layer(x)[0])(xs).sum(), layer.linear.weight)
    (apart,) = torch.autograd.grad(sum(layer(x)[0].sum() for x in xs), layer.linear.weight)
    torch.testing.assert_close(together, apart)


def test_parameters_have_stable_names_and_are_saved():
    layer = fused()
    assert [(name, tuple(p.shape)) for name, p in layer.named_parameters()] == [
        ("linear.weight", (7, 5)),
        ("linear.bias", (5,)),
        ("recurrent.weight", (5, 5)),
        ("neurons.tau", ()) if layer.neurons.tau.dim() == 0 else ("neurons.tau", (1,)),
    ]
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    other = rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, seed=5)
    x = noise(10, 2, 7)
    assert not torch.equal(other(x)[0], layer(x)[0])
    other.load_state_dict(torch.load(file, weights_only=True))
    for twin in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(x)[0], layer(x)[0])
    torch.manual_seed(3)
    first = rt.Dense(7, 5, rb.LIFSubtract())
    torch.manual_seed(3)
    assert torch.equal(rt.Dense(7, 5, rb.LIFSubtract()).linear.weight, first.linear.weight)


def test_surrogates_and_detached_resets():
    x = noise(30, 2, 7).requires_grad_()
    found = {}
    for surrogate in ("triangle", "fast_sigmoid", ("fast_sigmoid", 5.0)):
        layer = fused(surrogate=surrogate)
        (found[surrogate],) = torch.autograd.grad(layer(x)[0].sum(), x)
    assert not torch.equal(found["triangle"], found["fast_sigmoid"])
    assert not torch.equal(found["fast_sigmoid"], found["fast_sigmoid", 5.0])
    (detached,) = torch.autograd.grad(fused(surrogate="triangle", detach_reset=True)(x)[0].sum(), x)
    assert not torch.equal(detached, found["triangle"])
    with pytest.raises(ValueError, match="did you mean"):
        fused(surrogate="triangl")


def test_no_grad_and_autocast():
    layer = fused()
    x = noise(5, 2, 7)
    with torch.no_grad():
        assert layer(x)[0].grad_fn is None
    with torch.inference_mode():
        assert torch.equal(layer(x)[0], layer(x)[0])
    # The engine computes in single precision; autocast brings what is half of it back to that.
    with torch.autocast("cpu", torch.bfloat16):
        narrow = torch.nn.functional.linear(x, torch.eye(7))
        assert narrow.dtype == torch.bfloat16
        out, _ = layer(narrow)
        assert out.dtype == torch.float32 and torch.equal(out, layer(narrow.float())[0])


class Drawn(torch.utils.data.Dataset):
    """Samples that a layer of neurons has been through, made by the workers."""

    def __init__(self):
        self.layer = rt.Neurons(rb.LIFSubtract(), 7)

    def __len__(self):
        return 12

    def __getitem__(self, i):
        with torch.no_grad():
            return self.layer(noise(20, 40, 7, seed=i))[0][:, 0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_waits_for_no_threads_of_pytorch():
    layer, x = rt.Dense(70, 50, rb.LIFSubtract(), seed=1), noise(100, 20, 70)
    expected = layer(x)[0]
    torch.ones(1 << 21).add_(1)  # has made threads

    def run():
        torch.set_num_threads(1)
        os._exit(0 if torch.equal(layer(x)[0], expected) else 1)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    ended = process.exitcode
    process.kill()
    assert ended == 0


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_of_a_data_loader(context):
    data = Drawn()
    here = [data[i] for i in range(12)]
    loader = torch.utils.data.DataLoader(data, batch_size=3, num_workers=2, multiprocessing_context=context, timeout=60)
    assert torch.equal(torch.cat(list(loader)), torch.stack(here))


def test_two_processes_train_as_one(tmp_path):
    program = textwrap.dedent(
        """
        import sys, torch, rheobase as rb, rheobase.torch as rt
        # Before there is a group: this module's functions would keep it as their default until the interpreter's end, when the
        # group's threads can no longer be joined.
        import torch.distributed.nn.functional

        def train(rank):
            layer = torch.nn.parallel.DistributedDataParallel(rt.Dense(7, 5, rb.LIFSubtract(), recurrent=True, seed=1))
            optimiser = torch.optim.SGD(layer.parameters(), 0.05)
            for epoch in range(3):
                x = 2 * torch.rand(20, 8, 7, generator=torch.Generator().manual_seed(epoch))[:, 4 * rank : 4 * rank + 4]
                optimiser.zero_grad()
                layer(x)[0].sum(0).square().mean().backward()
                optimiser.step()
            return layer.module.state_dict()

        rank = int(sys.argv[1])
        torch.distributed.init_process_group("gloo", init_method="file://" + sys.argv[3], rank=rank, world_size=2)
        learned = train(rank)
        if rank == 0:
            torch.save(learned, sys.argv[2])
        torch.distributed.destroy_process_group()
        """
    )
    (tmp_path / "train.py").write_text(program)
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "train.py"]
    both = [
        subprocess.Popen([*command, str(rank), "out.pt", str(tmp_path / "meet")], cwd=tmp_path, env=environment) for rank in (0, 1)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    layer = rt.Dense(7, 5, rb.LIFSubtract(), recurrent=True, seed=1)
    start = layer.linear.weight.detach().clone()
    optimiser = torch.optim.SGD(layer.parameters(), 0.05)
    for epoch in range(3):
        optimiser.zero_grad()
        layer(noise(20, 8, 7, seed=epoch))[0].sum(0).square().mean().backward()
        optimiser.step()
    assert (layer.linear.weight - start).abs().max() > 1e-3
    for name, values in torch.load(tmp_path / "out.pt", weights_only=True).items():
        torch.testing.assert_close(values, layer.get_parameter(name), rtol=1e-4, atol=1e-5)


def test_a_network_of_layers_learns():
    torch.manual_seed(0)
    net = torch.nn.ModuleList([rt.Dense(20, 40, rb.LIFSubtract(), recurrent=True), rt.Dense(40, 3, rb.LI())])
    prototypes = (torch.rand(3, 25, 20) < 0.15).float()
    labels = torch.arange(60) % 3
    flips = (torch.rand(60, 25, 20) < 0.03).float()
    x = (prototypes[labels] - flips).abs().transpose(0, 1).contiguous()
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        scores = net[1](net[0](x)[0])[0].mean(0)
        loss = torch.nn.functional.cross_entropy(scores, labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0] and (scores.argmax(1) == labels).float().mean() > 0.95


def test_the_same_step_of_training_as_rheobases_own_network():
    layers = [rb.Layer("hidden", rb.Sum("input"), rb.Linear(6), rb.LIFSubtract()), rb.Layer("out", "hidden", rb.Linear(2), rb.LI())]
    module = rt.Network(rb.Layers(*layers, input=4), seed=2)
    assert list(module.state_dict())[:2] == ["hidden_linear.weight", "hidden_linear.bias"]
    assert module(noise(12, 3, 4))[0].shape == (12, 3, 2)


WRONG = {
    "dtype": (lambda layer: layer(noise(5, 2, 7).double()), RuntimeError, r"x: is torch.float64, but torch.float32 is needed; x.float\(\)"),
    "shape": (lambda layer: layer(noise(5, 2, 6)), RuntimeError, r"x: has shape \(5, 2, 6\), but \[time, batch, 7\] is needed"),
    "state": (lambda layer: layer(noise(5, 2, 7), noise(3, 2)), RuntimeError, r"state: has shape \(3, 2\), but \(2, 10\) is needed"),
    "nan": (lambda layer: layer(noise(5, 2, 7) / torch.zeros(1)), ValueError, r"input\[0\]\[0, 0\] = inf: must be a finite number"),
    "model": (lambda layer: rt.Dense(7, 5, "lif"), TypeError, "a model such as LIF"),
    "network": (lambda layer: rt.Network("lif"), TypeError, "one of rheobase's is needed"),
    "competition": (
        lambda layer: rt.Network(rb.Sequential(rb.Neurons(rb.LIF(), competition=rb.Competition(k=1)), input=4)),
        ValueError,
        "leave competition away",
    ),
    "parameter": (lambda layer: rt.LIF(5, tau=1.0), TypeError, "tau"),
    "tapes": (lambda layer: setattr(layer, "tapes", -1), ValueError, "tapes"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what):
    call, kind, words = WRONG[what]
    with pytest.raises(kind, match=words):
        call(fused())


def test_second_derivatives_and_lost_ranges_are_refused():
    layer = fused()
    x = noise(5, 2, 7).requires_grad_()
    (first,) = torch.autograd.grad(layer(x)[0].sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="no gradients of gradients"):
        first.sum().backward()
    with torch.no_grad():
        layer.neurons.tau.fill_(-1.0)
    with pytest.raises(ValueError, match=r"neurons\.tau.*must be"):
        layer(x)


def test_shapes_are_known_without_numbers():
    layer = fused()
    with torch.device("meta"):
        shape = torch.empty(5, 2, 7)
    out, state = layer.to("meta")(shape)
    assert out.shape == (5, 2, 5) and out.device.type == "meta" and state.shape == (2, 10)


def test_importing_rheobase_imports_no_framework():
    program = "import sys, rheobase; print([m for m in ('torch', 'jax', 'nengo') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path.home(), check=True)
    assert done.stdout.strip() == "[]"


def test_threads_may_learn_side_by_side():
    x = torch.rand(12, 3, 4)
    layers = [rt.Dense(4, 5, rb.LIFSubtract(), recurrent=True, seed=i % 2) for i in range(8)]

    def gradient(layer):
        out, _ = layer(x)
        (found,) = torch.autograd.grad(out.square().sum(), layer.linear.weight)
        return found

    want = [gradient(layer) for layer in layers]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(30):
            for got, one in zip(threads.map(gradient, layers), want, strict=True):
                assert torch.equal(got, one)
