"""Neurons of Rheobase inside Nengo: the same numbers as Nengo's own, its own tests, and whole networks."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

nengo = pytest.importorskip("nengo")
ours = pytest.importorskip("rheobase.nengo")

SHARED = [name for name in ours.__all__ if hasattr(nengo, name)]
"""Types that Nengo has itself; the others are NengoDL's and nengo-extras'."""


@pytest.mark.parametrize("name", SHARED)
def test_steps_are_nengos(name):
    mine, theirs = getattr(ours, name)(), getattr(nengo, name)()
    assert isinstance(mine, type(theirs)) and mine.probeable == theirs.probeable
    states = [kind.make_state(300, rng=np.random.RandomState(1)) for kind in (mine, theirs)]
    outputs = [np.zeros(300), np.zeros(300)]
    rng, sent = np.random.default_rng(0), 0
    for _ in range(500):
        currents = rng.normal(8 if name == "Izhikevich" else 2, 4, 300)
        for kind, output, state in zip((mine, theirs), outputs, states, strict=True):
            kind.step(0.001, currents, output, **state)
        sent += (outputs[0] != 0).sum()
        np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-12, atol=1e-12)
        for field, values in states[0].items():
            # Izhikevich's quadratic term enlarges the last bit.
            np.testing.assert_allclose(values, states[1][field], rtol=1e-9, atol=1e-6 if name == "Izhikevich" else 1e-12)
    assert sent > 300


@pytest.mark.parametrize("name", ours.__all__)
def test_types_are_values_as_nengos(name):
    kind = getattr(ours, name)()
    kind.step(0.001, np.ones(3), np.zeros(3), **kind.make_state(3))
    for twin in (pickle.loads(pickle.dumps(kind)), copy.deepcopy(kind)):
        assert twin == kind and hash(twin) == hash(kind) and repr(twin) == f"{name}()"
    assert kind.model == type(kind.model)(**kind.model.parameters)


def _network(kind, seed=3):
    with nengo.Network(seed=seed) as net:
        given = nengo.Node(lambda t: np.sin(8 * t))
        first = nengo.Ensemble(60, 1, neuron_type=kind)
        second = nengo.Ensemble(60, 1, neuron_type=kind)
        nengo.Connection(given, first)
        nengo.Connection(first, second, function=np.square)
        net.out = nengo.Probe(second, synapse=0.02)
        net.voltage = nengo.Probe(first.neurons, "voltage")
    return net


@pytest.mark.parametrize("optimize", [False, True])
def test_a_network_gives_the_same_curve(optimize):
    curves = []
    for kind in (ours.LIF(), nengo.LIF()):
        net = _network(kind)
        with nengo.Simulator(net, progress_bar=False, optimize=optimize) as sim:
            sim.run(0.4)
        curves.append((sim.data[net.out], sim.data[net.voltage]))
    np.testing.assert_allclose(curves[0][0], curves[1][0], atol=1e-9)
    np.testing.assert_allclose(curves[0][1], curves[1][1], atol=1e-9)
    assert abs(curves[0][0]).max() > 0.1


@pytest.mark.parametrize(("bits", "dtype"), [(16, np.float16), (32, np.float32), (64, np.float64)])
def test_every_precision_of_nengo(bits, dtype):
    with _precision(bits):
        kind = ours.LIF()
        state = kind.make_state(4, rng=np.random.RandomState(0), dtype=dtype)
        output = np.zeros(4, dtype)
        spikes = 0
        for _ in range(100):
            kind.step(0.001, np.full(4, 5.0, dtype), output, **state)
            spikes += (output > 0).sum()
        assert output.dtype == dtype and spikes > 40


class _precision:
    """The precision of Nengo for as long as it lasts."""

    def __init__(self, bits):
        self.bits = bits

    def __enter__(self):
        self.before = nengo.rc.get("precision", "bits")
        nengo.rc.set("precision", "bits", str(self.bits))

    def __exit__(self, *_):
        nengo.rc.set("precision", "bits", self.before)


def test_arrays_of_any_layout_and_what_is_wrong():
    kind = ours.LIF()
    wide = {"voltage": np.zeros(8)[::2], "refractory_time": np.zeros(8)[::2]}
    output = np.zeros((2, 4))[:, 1:3]
    kind.step(0.001, np.full((2, 2), 30.0), output, **{k: v.reshape(2, 2) for k, v in wide.items()})
    assert (output == 1000).all()
    with pytest.raises(ValueError, match=r"lif\.input\[0, 0, 1\] = NaN: must be a finite number"):
        kind.step(0.001, np.array([0.0, np.nan]), np.zeros(2), voltage=np.zeros(2), refractory_time=np.zeros(2))
    with pytest.raises(nengo.exceptions.ValidationError):
        ours.LIF(tau_rc=-1)


def test_types_of_nengodl_and_nengo_extras():
    currents = np.array([-2.0, 0.5, 1.0, 3.0])
    output = np.zeros(4)
    ours.LeakyReLU(negative_slope=0.1).step(0.001, currents, output)
    np.testing.assert_allclose(output, [-0.2, 0.5, 1.0, 3.0])
    soft = ours.SoftLIFRate(sigma=0.2, tau_rc=0.03)
    soft.step(0.001, currents, output)
    z = 0.2 * np.logaddexp(0, (currents - 1) / 0.2)
    np.testing.assert_allclose(output, 1 / (0.002 + 0.03 * np.log1p(1 / z)), rtol=1e-12)
    np.testing.assert_allclose(soft.rates(currents, [1.0], [0.0])[:, 0], output, rtol=1e-12)
    leaky = ours.SpikingLeakyReLU(negative_slope=0.5)
    state, total = leaky.make_state(4, rng=np.random.RandomState(0)), np.zeros(4)
    for _ in range(1000):
        leaky.step(0.001, 100 * currents, output, **state)
        total += output / 1000
    np.testing.assert_allclose(total, [-100, 50, 100, 300], atol=1.0)
    fast = ours.FastLIF(tau_ref=0.004)
    state, spikes = fast.make_state(1), 0
    for _ in range(2000):
        fast.step(0.001, np.array([3.0]), output[:1], **state)
        spikes += output[0] > 0
    assert abs(spikes / 2 - fast.rates(3.0, [1.0], [0.0])[0, 0]) < 5


TESTS = [
    *(f"nengo.tests.test_{part}" for part in ("neurons", "learning_rules", "ensemble", "connection", "solvers")),
    *(f"nengo.utils.tests.test_{part}" for part in ("ensemble", "connection", "neurons")),
]
"""The tests of Nengo that have a neuron type as parameter."""


def test_nengos_own_tests_pass(tmp_path):
    settings = (Path(__file__).parent / "nengo.ini").read_text()
    (tmp_path / "pytest.ini").write_text(settings)
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pytest.ini", "-p", "no:cacheprovider", "--no-header", "--pyargs"]
    done = subprocess.run([*command, *TESTS], cwd=tmp_path, capture_output=True, text=True)
    print(done.stdout[-3000:])
    assert done.returncode == 0
