"""Networks as PyTorch's own operations: equal to the engine's, in double precision, differentiated twice."""

import copy
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import rheobase as rb  # noqa: E402
import rheobase.torch as rt  # noqa: E402
from rheobase import _operations  # noqa: E402

# PyTorch warns of itself: of Python's versions, of what it has not been built with.
pytestmark = pytest.mark.filterwarnings("default")


def noise(*shape, seed=0, scale=2.0, kind=torch.float32):
    return scale * torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=kind)


def as_operations(layer):
    """The same layer, without the engine."""
    other = copy.deepcopy(layer)
    other.engine = False
    return other


def learned(layer, x, state=None, upstream=None):
    """Output, state, and gradients with respect to input, state and all parameters."""
    x = x.detach().requires_grad_()
    given = [] if state is None else [state.detach().requires_grad_()]
    out, after = layer(x, *given)
    if upstream is None:
        upstream = noise(*out.shape, seed=9)
    loss = (out * upstream).sum() + (after * noise(*after.shape, seed=10)).sum()
    return out.detach(), after.detach(), torch.autograd.grad(loss, [x, *given, *layer.parameters()], materialize_grads=True)


def assert_equal(layer, x, state=None, tolerance=2e-5):
    (out, after, grads), (other_out, other_after, other_grads) = (learned(net, x, state) for net in (layer, as_operations(layer)))
    scale = lambda values: tolerance * max(1e-30, values.abs().max().item())  # noqa: E731
    for mine, theirs in [(out, other_out), (after, other_after), *zip(grads, other_grads, strict=True)]:
        if mine.numel():
            torch.testing.assert_close(theirs, mine, rtol=tolerance, atol=scale(mine))
    return out, grads


@pytest.mark.parametrize("name", list(rb.models))
def test_every_model_takes_the_same_steps(name):
    info = rb.models[name]().info
    low, high = info["input_range"]
    layer = getattr(rt, name)(6)
    x = low + (high - low) * noise(40, 3, 6, seed=2, scale=1.0)
    out, (of_input, *_) = assert_equal(layer, x, tolerance=1e-3 if name in AMPLIFYING else 5e-5)
    assert out.abs().max() > 0 and of_input.abs().max() > 0


AMPLIFYING = {"AdEx", "EIF", "EIFDecay", "QIF", "Izhikevich", "IzhikevichMs"}
"""Whose rounding grows: their exponentials and squares enlarge the last bit."""


@pytest.mark.parametrize("name", list(rb.models))
def test_every_parameter_of_every_model_is_learned_alike(name):
    model = rb.models[name]
    low, high = model().info["input_range"]
    x = low + (high - low) * noise(12, 2, 3, seed=4, scale=1.0)
    for field in model().info["parameters"]:
        if field["kind"] != "real" or not math.isfinite(field["default"]):
            continue
        layer = rt.Neurons(model(**{field["name"]: rb.Learned(field["default"])}), 3)
        assert_equal(layer, x, tolerance=2e-3 if name in AMPLIFYING else 1e-4)


NETWORKS = {
    "recurrent": lambda: rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, seed=1),
    "detached": lambda: rt.Dense(7, 5, rb.LIFSubtract(), recurrent=True, detach_reset=True, seed=1),
    "started": lambda: rt.Dense(7, 5, rb.CubaLIF(), learn=["initial.v"], recurrent=True, seed=1),
    "each": lambda: rt.Dense(7, 5, rb.CubaLIF(tau_m=rb.Learned(0.02, each=True)), seed=1),
    "delays": lambda: rt.Network(
        rb.Layers(
            rb.Layer("a", rb.Delayed("input", 2), rb.Linear(4)),
            rb.Layer("lif", "a", rb.Neurons(rb.LIFSubtract())),
            rb.Layer("both", rb.Stack("lif", rb.Delayed("lif", 3)), rb.Synapse(0.005)),
            rb.Layer("slow", "both", rb.Synapse(0.004, "alpha")),
            rb.Layer("out", "slow", rb.Linear(2)),
            rb.Layer("end", "out", rb.Tanh()),
            input=7,
        ),
        seed=1,
    ),
    "convolutions": lambda: rt.Network(
        rb.Sequential(
            rb.Conv(4, 3, padding=1, stride=(1, 2)),
            rb.Neurons(rb.LIFSubtract()),
            rb.MaxPool(2),
            rb.Conv(4, (2, 1), groups=2),
            rb.ReLU(),
            rb.AveragePool(2, stride=1),
            rb.SumPool((1, 1)),
            rb.Dropout(0.5),
            rb.Flatten(),
            rb.Scale(0.5),
            rb.Linear(3),
            rb.Sigmoid(),
            rb.Neurons(rb.LI()),
            input=(2, 6, 8),
        ),
        seed=1,
    ),
    "one axis": lambda: rt.Conv((2, 9), 3, 3, rb.LIFSubtract(), window={"padding": 1, "dilation": 2}, seed=1),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_the_same(name):
    layer = NETWORKS[name]()
    x = noise(20, 3, *layer.input_shape, seed=3)
    out, _ = assert_equal(layer, x)
    assert out.abs().max() > 0
    _, between = layer(x[:11])
    assert_equal(layer, x[11:], between)
    # Shorter than its delays.
    assert_equal(layer, x[:1], between)
    whole, end = as_operations(layer)(x)
    torch.testing.assert_close(layer(x)[0], whole, rtol=1e-4, atol=1e-5)
    one, after = as_operations(layer)(x[:, 1])
    torch.testing.assert_close(one, whole[:, 1], rtol=1e-5, atol=1e-6)
    assert after.shape == end[1].shape


SURROGATES = list(rb.surrogates)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_every_surrogate_has_the_same_slope(surrogate):
    # Beside double precision PyTorch's single precision is off by up to 3.2e-5 here with the sigmoid, the engine by 1.2e-5: twenty steps
    # of recurrence enlarge the last bits of its exponentials, which PyTorch takes otherwise on other processors.
    tolerance = 1e-4 if surrogate == "sigmoid" else 2e-5
    layer = rt.Dense(7, 5, rb.LIFSubtract(), surrogate=surrogate, recurrent=True, seed=1)
    assert_equal(layer, noise(20, 3, 7), tolerance=tolerance)


def test_double_precision_is_that_of_a_population():
    layer = rt.LIF(6).double()
    x = noise(60, 3, 6, scale=4.0, kind=torch.float64)
    out, state = layer(x)
    assert out.dtype == state.dtype == torch.float64 and out.sum() > 20
    neurons = rb.LIF().population(6, batch=3, dtype=np.float64)
    assert np.array_equal(out.numpy(), np.asarray(neurons.run(x.numpy(), spikes="dense")))
    np.testing.assert_allclose(layer.parts(state)["neurons.v"].numpy(), neurons.state["v"], rtol=1e-12, atol=1e-14)
    back = layer.float()(x.float())
    assert back[0].dtype == torch.float32 and torch.equal(back[0], rt.LIF(6)(x.float())[0])


def checked(layer, x, second=False):
    """Derivatives against differences, in double precision: of input, state and parameters."""
    layer.double()
    names = [name for name, _ in layer.named_parameters()]
    parameters = [p.detach().clone().requires_grad_() for p in layer.parameters()]
    state = layer(x)[1].detach().requires_grad_()

    def run(x, state, *parameters):
        return torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x, state))

    given = (x.detach().requires_grad_(), state, *parameters)
    assert torch.autograd.gradcheck(run, given)
    if second:
        assert torch.autograd.gradgradcheck(run, given)


def test_gradients_are_differences():
    x = noise(6, 2, 3, kind=torch.float64)
    checked(rt.Dense(3, 4, rb.LI(gain=rb.Learned(1.0), tau_m=rb.Learned(0.003)), recurrent=True, seed=2), x, second=True)
    checked(rt.Dense(3, 4, rb.SoftLIFRate(sigma=0.5), seed=2), x + 1)


# The integrals of slopes: what stands in for a spike where its derivative is compared with differences.
PRIMITIVES = {
    "arctan": lambda z: 0.5 + torch.atan(math.pi * z) / math.pi,
    "sigmoid": lambda z: torch.sigmoid(25 * z),
    "fast_sigmoid": lambda z: 0.5 + z / (1 + 25 * z.abs()),
    "gaussian": lambda z: 0.5 * (1 + torch.erf(z / 0.4 / math.sqrt(2))),
}


class SmoothSpike(_operations.Spike):
    """A spike whose value is the surrogate's primitive at what its slope is taken of."""

    primitive = None

    @staticmethod
    def forward(margin, through, slope, name):
        return SmoothSpike.primitive(through)


class SmoothGate(_operations.Gate):
    """A reset in proportion to the spike."""

    @staticmethod
    def forward(own, yes, no):
        return no + own * (yes - no)

    @staticmethod
    def backward(ctx, upstream):
        own, yes, no = ctx.saved_tensors
        return upstream * (yes - no), upstream * own, upstream * (1 - own)


@pytest.mark.parametrize("surrogate", PRIMITIVES)
@pytest.mark.parametrize("model", ["LIFSubtract", "NoReset", "Adaptive", "CubaLIF"])
def test_gradients_of_spiking_layers_are_differences_of_the_smooth_form(model, surrogate, monkeypatch):
    monkeypatch.setattr(_operations, "Spike", SmoothSpike)
    monkeypatch.setattr(_operations, "Gate", SmoothGate)
    monkeypatch.setattr(SmoothSpike, "primitive", staticmethod(PRIMITIVES[surrogate]))
    layer = rt.Dense(3, 4, rb.models[model](), surrogate=surrogate, recurrent=True, seed=2)
    checked(layer, noise(5, 2, 3, kind=torch.float64))


def test_compile_and_vmap():
    layer = as_operations(rt.Dense(7, 5, rb.LIFSubtract(), recurrent=True, seed=1))
    x = noise(4, 3, 7).requires_grad_()
    compiled = torch.compile(lambda x: layer(x)[0], fullgraph=True, backend="aot_eager")
    for f in (lambda x: layer(x)[0], compiled):
        out = f(x)
        (found,) = torch.autograd.grad(out.sum(), layer.linear.weight)
        if f is not compiled:
            expected = out, found
        torch.testing.assert_close((out, found), expected)
    xs = noise(4, 6, 3, 7)
    torch.testing.assert_close(torch.func.vmap(lambda x: layer(x)[0])(xs), torch.stack([layer(x)[0] for x in xs]))
    # Parameters of several networks at once.
    several = [as_operations(rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(5.0)), seed=seed)) for seed in range(3)]
    parameters, buffers = torch.func.stack_module_state(several)
    run = lambda p, b: torch.func.functional_call(several[0], (p, b), (xs[0],))[0].sum()  # noqa: E731
    torch.testing.assert_close(torch.func.vmap(run)(parameters, buffers), torch.stack([net(xs[0])[0].sum() for net in several]))
    # Which operators of torch.library have not.
    of_sum = torch.func.grad(lambda x: layer(x)[0].sum())(x.detach())
    torch.testing.assert_close(of_sum, torch.autograd.grad(layer(x)[0].sum(), x)[0])


def test_autocast_leaves_the_precision_as_it_is():
    layer = as_operations(rt.Dense(7, 5, rb.LIFSubtract(), seed=1))
    x = noise(5, 2, 7)
    with torch.autocast("cpu", torch.bfloat16):
        out, _ = layer(x.bfloat16())
    assert out.dtype == torch.float32 and torch.equal(out, layer(x.bfloat16().float())[0])


WRONG = {
    "nan": (lambda layer: layer(noise(5, 2, 7) / 0), ValueError, r"input\[0, 0, 0\] = inf: must be a finite number"),
    "state": (lambda layer: layer(noise(5, 2, 7), noise(2, 10) / 0), ValueError, r"state\[0, 0\] = inf"),
    "half": (lambda layer: layer(noise(5, 2, 7).half()), RuntimeError, r"x: is torch.float16, but torch.float32 is needed; x.float\(\)"),
    "half of all": (lambda layer: copy.deepcopy(layer).half()(noise(5, 2, 7)), RuntimeError, "torch.float32 or torch.float64 is needed"),
    "single": (lambda layer: copy.deepcopy(layer).double()(noise(5, 2, 7)), RuntimeError, r"torch.float64 is needed; x.double\(\)"),
    "range": (lambda layer: outside(layer)(noise(5, 2, 7)), ValueError, r"neurons\.tau.*must be"),
    "kind": (
        lambda layer: as_operations(rt.Network(rb.Sequential(rb.Linear(4), rb.Neurons(rb.LIF(), as_rate=True), input=7)))(noise(5, 2, 7)),
        NotImplementedError,
        "runs in the engine alone",
    ),
}


def outside(layer):
    other = copy.deepcopy(layer)
    with torch.no_grad():
        other.neurons.tau.fill_(-1.0)
    return other


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what):
    call, kind, words = WRONG[what]
    with pytest.raises(kind, match=words):
        call(as_operations(rt.Dense(7, 5, rb.LIFSubtract(tau=rb.Learned(10.0)), recurrent=True, seed=1)))


def test_no_steps_and_no_samples():
    layer = rt.Dense(7, 5, rb.LIFSubtract(), recurrent=True, seed=1)
    for shape in [(0, 3, 7), (4, 0, 7)]:
        for mine, theirs in zip(layer(torch.empty(shape)), as_operations(layer)(torch.empty(shape)), strict=True):
            assert torch.equal(mine, theirs)
