"""Networks of Rheobase inside JAX."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402
import rheobase as rb  # noqa: E402
import rheobase.jax as rj  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")


def noise(*shape, seed=0, scale=2.0):
    return jnp.asarray(scale * np.random.default_rng(seed).random(shape, np.float32))


def fused(**settings):
    return rj.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, **settings)


@pytest.mark.parametrize("name", list(rb.models))
def test_every_model_gives_the_populations_numbers(name):
    model = rb.models[name]()
    low, high = model.info["input_range"]
    layer = rj.Neurons(model, 6)
    x = jnp.asarray(np.random.default_rng(2).uniform(low, high, (40, 3, 6)).astype(np.float32))
    out, state = jax.jit(layer)({}, x)
    neurons = model.population(6, batch=3, dt=1.0 if model.info["time"] == "steps" else 0.001)
    recording = neurons.run(np.asarray(x), spikes="dense", taped=True)
    assert np.array_equal(out, np.asarray(recording))
    for field, values in layer.parts(state).items():
        assert np.array_equal(values, neurons.state[field.removeprefix("neurons.")])
    upstream = noise(40, 3, 6, seed=3)
    found = jax.grad(lambda x: (layer({}, x)[0] * upstream).sum())(x)
    expected = neurons.gradients(recording, output=np.asarray(upstream)).input
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7 * max(1.0, abs(expected).max()))


def test_jit_grad_and_states():
    layer = fused()
    parameters, x, upstream = layer.init(1), noise(24, 3, 7), noise(24, 3, 5, seed=1)
    assert list(parameters) == ["linear.weight", "linear.bias", "recurrent.weight", "neurons.tau"]
    whole = layer(parameters, x)
    for a, b in zip(whole, jax.jit(layer)(parameters, x), strict=True):
        assert np.array_equal(a, b)

    def in_parts(parameters, x):
        first, between = layer(parameters, x[:10])
        second, end = layer(parameters, x[10:], between)
        return jnp.concatenate([first, second]), end

    for a, b in zip(whole, jax.jit(in_parts)(parameters, x), strict=True):
        assert np.array_equal(a, b)
    loss = lambda run: lambda p, x: (run(p, x)[0] * upstream).sum()  # noqa: E731
    grads = [jax.jit(jax.grad(loss(run), (0, 1)))(parameters, x) for run in (layer, in_parts)]
    for a, b in zip(jax.tree.leaves(grads[0]), jax.tree.leaves(grads[1]), strict=True):
        assert np.abs(a).max() > 0
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    # That of the parameters alone, without the backward pass to the input.
    only = jax.grad(loss(layer))(parameters, x)
    assert all(np.array_equal(only[name], grads[0][0][name]) for name in only)


def test_a_backward_pass_that_comes_again_or_late_finds_the_same():
    layer = fused()
    parameters, x, upstream = layer.init(1), noise(24, 3, 7), noise(4, 24, 3, 5, seed=1)
    run = lambda p, x: layer(p, x)[0]  # noqa: E731
    at_once = jax.vjp(run, parameters, x)[1](upstream[0])
    # More runs than the engine keeps, of other inputs, before their backward passes; each of those twice.
    backs = [jax.vjp(run, parameters, x + i)[1] for i in range(12)]
    for _ in range(2):
        for a, b in zip(jax.tree.leaves(at_once), jax.tree.leaves(backs[0](upstream[0])), strict=True):
            assert np.abs(a).max() > 0 and np.array_equal(a, b)
    for i in (11, 3):
        first, again, alone = (jax.tree.leaves(f(upstream[1])) for f in (backs[i], backs[i], jax.vjp(run, parameters, x + i)[1]))
        for a, b, c in zip(first, again, alone, strict=True):
            assert np.array_equal(a, b) and np.array_equal(a, c)
    several = jax.vmap(jax.vjp(run, parameters, x)[1])(upstream)
    for i, back in enumerate([backs[0]] * 4):
        for a, b in zip(jax.tree.leaves(several), jax.tree.leaves(back(upstream[i])), strict=True):
            assert np.array_equal(a[i], b)


def test_room_for_tapes_changes_no_bit():
    x, upstream = (noise(70, 5, 7) > 1.6).astype(jnp.float32), noise(70, 5, 5, seed=1)

    def gradients(tapes):
        layer = fused(tapes=tapes, surrogate=("triangle", 0.5))
        parameters = layer.init(1)
        return jax.tree.leaves(jax.jit(jax.grad(lambda p, x: (layer(p, x)[0] * upstream).sum(), (0, 1)))(parameters, x))

    all_kept = gradients(1 << 40)
    assert all(np.abs(g).max() > 0 for g in all_kept)
    for tapes in (0, 20_000, None):
        assert all(np.array_equal(a, b) for a, b in zip(all_kept, gradients(tapes), strict=True))
    assert fused().tapes == 32 << 20
    assert fused() == fused(tapes=32 << 20) != fused(tapes=0)


def test_the_same_bits_as_inside_pytorch():
    torch = pytest.importorskip("torch")
    import rheobase.torch as rt

    module, layer = rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, seed=1), fused()
    x, parameters = noise(20, 37, 7), layer.init(1)
    given = torch.from_numpy(np.array(x)).requires_grad_()
    out, state = module(given)
    mine, after = layer(parameters, x)
    assert np.array_equal(mine, out.detach().numpy()) and np.array_equal(after, state.detach().numpy())
    out.square().sum().backward()
    of_parameters, of_input = jax.grad(lambda p, x: jnp.square(layer(p, x)[0]).sum(), (0, 1))(parameters, x)
    assert np.array_equal(of_input, given.grad.numpy())
    for name, parameter in module.named_parameters():
        assert np.array_equal(of_parameters[name], parameter.grad.numpy())


def test_vmap_over_everything():
    layer = fused()
    parameters, xs, states = layer.init(1), noise(4, 6, 3, 7), noise(4, 3, 10, seed=1)
    one_by_one = jnp.stack([layer(parameters, x)[0] for x in xs])
    assert np.array_equal(jax.vmap(lambda x: layer(parameters, x)[0])(xs), one_by_one)
    assert np.array_equal(jax.jit(jax.vmap(lambda x: layer(parameters, x)[0], in_axes=1))(xs.swapaxes(0, 1)), one_by_one)
    both = jax.vmap(lambda x, s: layer(parameters, x, s)[1])(xs, states)
    assert np.array_equal(both[2], layer(parameters, xs[2], states[2])[1])
    several = [layer.init(seed) for seed in range(3)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *several)
    nested = jax.vmap(jax.vmap(lambda p, x: layer(p, x)[0], (None, 0)), (0, None))(stacked, xs)
    assert nested.shape == (3, 4, 6, 3, 5) and np.array_equal(nested[1, 2], layer(several[1], xs[2])[0])
    grad = jax.grad(lambda p, x: layer(p, x)[0].sum(), (0, 1))
    each = jax.jit(jax.vmap(grad, (0, None)))(stacked, xs[0])
    for i, mine in enumerate(several):
        of_parameters, of_input = grad(mine, xs[0])
        assert np.array_equal(each[0]["linear.weight"][i], of_parameters["linear.weight"])
        assert np.array_equal(each[1][i], of_input)


def test_convolutions_and_whole_networks():
    layer = rj.Conv((2, 5, 5), 3, 3, rb.LIFSubtract(), window={"padding": 1})
    out, _ = layer(layer.init(0), noise(4, 2, 2, 5, 5))
    assert out.shape == (4, 2, 3, 5, 5) and out.sum() > 0
    network = rb.Sequential(rb.Linear(6), rb.LIFSubtract(), rb.Linear(2), rb.LI(), input=4)
    whole = rj.Network(network)
    assert whole == rj.Network(network) and hash(whole) == hash(rj.Network(network)) and whole != layer
    assert whole(whole.init(0), noise(12, 3, 4))[0].shape == (12, 3, 2)


def test_a_network_learns():
    hidden, readout = rj.Dense(20, 40, rb.LIFSubtract(), recurrent=True), rj.Dense(40, 3, rb.LI())
    rng = np.random.default_rng(0)
    prototypes, labels = rng.random((3, 25, 20)) < 0.15, np.arange(60) % 3
    x = jnp.asarray((prototypes[labels] ^ (rng.random((60, 25, 20)) < 0.03)).swapaxes(0, 1).astype(np.float32))

    def loss(parameters):
        scores = readout(parameters[1], hidden(parameters[0], x)[0])[0].mean(0)
        return -jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1).mean()

    step = jax.jit(jax.value_and_grad(loss))
    parameters, losses = (hidden.init(0), readout.init(1)), []
    for _ in range(60):
        value, gradients = step(parameters)
        parameters = jax.tree.map(lambda p, g: p - 0.02 * g, parameters, gradients)
        losses.append(float(value))
    assert losses[-1] < 0.3 * losses[0]


WRONG = {
    "shape": (lambda layer, p: layer(p, noise(5, 2, 6)), ValueError, r"x: has shape \(5, 2, 6\), but \[time, batch, 7\]"),
    "state": (lambda layer, p: layer(p, noise(5, 2, 7), noise(3, 10)), ValueError, r"state: has shape \(3, 10\)"),
    "parameters": (lambda layer, p: layer({}, noise(5, 2, 7)), ValueError, "as init makes them"),
    "dtype": (lambda layer, p: layer(p, noise(5, 2, 7).astype(jnp.float16)), TypeError, "x: is float16, but float32 is needed"),
    "nan": (lambda layer, p: layer(p, noise(5, 2, 7) / 0)[0].block_until_ready(), Exception, r"input\[0\]\[0, 0\] = inf: must be"),
    "range": (
        lambda layer, p: layer({**p, "neurons.tau": -p["neurons.tau"]}, noise(5, 2, 7))[0].block_until_ready(),
        Exception,
        r"neurons\.tau",
    ),
    "network": (lambda layer, p: rj.Network("lif"), TypeError, "one of rheobase's is needed"),
    "tapes": (lambda layer, p: fused(tapes=-1), ValueError, "tapes = -1: must be at least 0"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what):
    call, kind, words = WRONG[what]
    layer = fused()
    with pytest.raises(kind, match=words):
        call(layer, layer.init(0))
    # Nothing is left behind.
    assert layer(layer.init(0), noise(5, 2, 7))[0].shape == (5, 2, 5)


def test_forward_mode_and_second_derivatives_are_refused():
    layer = fused()
    parameters, x = layer.init(0), noise(5, 2, 7)
    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jvp(lambda x: layer(parameters, x)[0], (x,), (x,))
    with pytest.raises(ValueError, match="cannot be differentiated"):
        jax.grad(lambda x: jax.grad(lambda x: layer(parameters, x)[0].sum())(x).sum())(x)
