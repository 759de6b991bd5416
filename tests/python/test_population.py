"""Populations: runs, steps, state, competition, gradients."""

import pickle

import numpy as np
import pytest

import rheobase as rb


def test_a_run_gives_what_steps_give():
    x = np.linspace(1.1, 1.9, 5, dtype=np.float32)
    run, stepped = rb.LIF().population(5), rb.LIF().population(5)
    recording = run.run(np.tile(x, (40, 1)), spikes="dense", probes=["v"])
    outputs = []
    for t in range(40):
        outputs.append(stepped.step(x))
        np.testing.assert_array_equal(stepped.state["v"], recording["v"][t])
    np.testing.assert_array_equal(np.stack(outputs), recording.output)
    assert recording.output.dtype == np.float32 and recording.output.any()


@pytest.mark.parametrize("shape", [4, (2, 3, 4)])
@pytest.mark.parametrize("batch", [None, 3])
def test_shapes_are_the_layers(shape, batch):
    layer = shape if isinstance(shape, tuple) else (shape,)
    row = layer if batch is None else (batch, *layer)
    p = rb.AdEx().population(shape, batch=batch)
    assert p.shape == layer and p.state["v"].shape == row and p.first_output().shape == row
    r = p.run(900.0, steps=50, probes=["v", ("w", 5)])
    assert r["v"].shape == (50, *row) and r["w"].shape == (10, *row) and r.output.shape == (50, *row)
    assert p.step(0).shape == row
    assert p.run(np.full(layer, 900.0), steps=2).output.shape == (2, *row)
    assert p.run(np.full((2, *row), 900.0)).output.shape == (2, *row)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8, bool])
def test_inputs_of_any_real_dtype_and_layout(dtype):
    x = (np.arange(60).reshape(20, 3) % 3).astype(dtype)
    want = rb.LIF().population(3).run(x.astype(np.float32), probes=["v"])["v"]
    for same in (x, np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x[::-1][::-1], x.tolist()):
        np.testing.assert_array_equal(rb.LIF().population(3).run(same, probes=["v"])["v"], want)


def test_precision_is_what_was_asked_for():
    for dtype in (np.float32, np.float64):
        p = rb.LIF().population(2, dtype=dtype)
        assert p.run(1.5, steps=3, spikes="dense", probes=["v"])["v"].dtype == dtype and p.step(1.0).dtype == dtype
    with pytest.raises(TypeError, match="float32 or float64"):
        rb.LIF().population(2, dtype=np.int64)


def test_parameters_of_each_neuron_act_on_it():
    taus = np.array([0.01, 0.02, 0.04])
    together = rb.LIF(tau_m=taus).population(3).run(1.5, steps=100).output
    alone = [rb.LIF(tau_m=t).population(1).run(1.5, steps=100).output[:, 0] for t in taus]
    np.testing.assert_array_equal(together, np.stack(alone, axis=1))


def test_state_is_read_set_saved_and_restored():
    p = rb.AdEx().population(3, batch=2)
    assert list(p.state) == ["v", "w", "refractory"] or set(p.state) >= {"v", "w"}
    p.run(800.0, steps=100)
    saved = pickle.loads(pickle.dumps(p.save()))
    after = p.run(800.0, steps=100, probes=["v"])["v"]
    p.restore(saved)
    np.testing.assert_array_equal(p.run(800.0, steps=100, probes=["v"])["v"], after)
    other = rb.AdEx().population(3, batch=2)
    other.restore(saved)
    np.testing.assert_array_equal(other.run(800.0, steps=100, probes=["v"])["v"], after)
    p.reset()
    np.testing.assert_array_equal(p.state["v"], rb.AdEx().population(3, batch=2).state["v"])
    p.state["v"] = -60
    p.state["w"] = np.arange(6).reshape(2, 3)
    assert (p.state["v"] == -60).all() and p.state["w"][1, 2] == 5
    p.state = {"v": -61.0}
    assert (p.state["v"] == -61).all()
    copy = p.state["v"]
    copy[:] = 0
    assert (p.state["v"] == -61).all()


def test_live_changes_keep_the_state():
    p = rb.LIF().population(2)
    p.run(0.9, steps=20)
    v = p.state["v"]
    p.set(tau_m=0.05, t_ref=[0.001, 0.002])
    p.dt = 0.0005
    np.testing.assert_array_equal(p.state["v"], v)
    assert p.dt == 0.0005 and p.model == rb.LIF(tau_m=0.05, t_ref=[0.001, 0.002])


def test_winners_take_all():
    x = np.zeros((2, 2, 2))
    x[1, 1, 0], x[0, 0, 1] = 5.0, 4.0
    p = rb.IF(t_ref=0.0).population((2, 2, 2), competition=rb.Competition(k=1, scope="layer", silence=5))
    r = p.run(np.broadcast_to(x * 1e4, (3, 2, 2, 2)))
    assert r.winners.shape[1] == 5 and r.winners[0].tolist() == [0, 0, 1, 1, 0]
    assert not r.fired[1:].any()
    p.set_competition(None)
    assert p.run(x * 1e4, steps=1).fired.any()


def test_lateral_edges_carry_the_last_output():
    weights = np.zeros((2, 2))
    weights[0, 1] = 3.0
    p = rb.LIFSubtract().population(2, lateral=weights)
    r = p.run(np.array([[2.0, 0.0], [0.0, 0.0]]), spikes="dense", probes=["input"])
    np.testing.assert_array_equal(r["input"], [[2.0, 0.0], [0.0, 3.0]])
    np.testing.assert_array_equal(r.output, [[1, 0], [0, 1]]) if r.output[0, 0] else pytest.fail("no spike was sent")


def test_gradients_are_slopes_of_the_potential():
    x = np.full((30, 3), 0.5)
    tau = np.array([0.01, 0.02, 0.03])
    weights = np.linspace(-1, 1, 90).reshape(30, 3)

    def loss(x, tau):
        return (rb.LIF(tau_m=tau).population(3, dtype=np.float64).run(x, probes=["v"])["v"] * weights).sum()

    # Below threshold a surrogate has a slope, too, and a reset would follow it; the potential itself does not.
    p = rb.LIF(tau_m=tau).population(3, dtype=np.float64, detach_reset=True)
    r = p.run(x, taped=True)
    g = p.gradients(r, states={"v": weights}, parameters=["tau_m", "t_ref"])
    assert g.input.shape == x.shape and g.initial["v"].shape == (3,) and g.parameters["tau_m"].shape == (3,)
    assert isinstance(g.parameters["t_ref"], float)
    h = 1e-6
    for i, j in ((0, 0), (12, 2)):
        e = np.zeros_like(x)
        e[i, j] = h
        np.testing.assert_allclose(g.input[i, j], (loss(x + e, tau) - loss(x - e, tau)) / (2 * h), rtol=1e-6)
    e = np.array([0, h * 0.01, 0])
    slope = (loss(x, tau + e) - loss(x, tau - e)) / (2 * h * 0.01)
    np.testing.assert_allclose(g.parameters["tau_m"][1], slope, rtol=1e-5)  # what differences of 1e-8 leave


def test_surrogates_reach_the_gradient():
    def slope(surrogate):
        p = rb.LIFSubtract().population(1, surrogate=surrogate)
        r = p.run(np.array([[0.8]]), taped=True)
        return p.gradients(r, output=np.ones((1, 1))).input[0, 0]

    assert slope(("boxcar", 0.25)) != slope("spike_linear") != slope("straight_through")
    assert set(rb.surrogates) >= {"boxcar", "fast_sigmoid"}


def test_drawn_parameters_depend_on_seed_and_name_alone():
    def taus(seed, name="a"):
        return rb.LIF(tau_m=rb.PerFeature(0.01, 0.03, seed)).population((4, 2, 2), name=name)._own.get("tau_m")

    assert (taus(0) == taus(0)).all() and (taus(0) != taus(1)).any() and (taus(0) != taus(0, "b")).any()
    assert (taus(0) == taus(0)[:, :1, :1]).all() and len(np.unique(taus(0))) == 4
    p = rb.LIF().population(50, batch=2, initial={"v": rb.PerFeature(0.0, 1.0)})
    assert len(np.unique(p.state["v"])) == 100


def test_results_do_not_depend_on_threads():
    def run(threads):
        p = rb.AdEx().population(3000, threads=threads)
        return p.run(rb.Stimulus.noise(700, 400), steps=300, probes=["v"])

    one, two = run(1), run(2)
    np.testing.assert_array_equal(one["v"], two["v"])
    np.testing.assert_array_equal(one.output, two.output)


def test_an_error_leaves_the_state_as_it_was():
    p = rb.LIF().population(2)
    p.run(0.5, steps=10)
    before = p.save()
    with pytest.raises(ValueError, match=r"input\[3, 0, 1\] = NaN"):
        p.run(np.where(np.arange(20).reshape(10, 2) == 7, np.nan, 0.5))
    for name, value in p.save().items():
        np.testing.assert_array_equal(value, before[name])


LIF = rb.LIF()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: LIF.population(0), ValueError, "shape = 0: must be at least 1"),
        (lambda: LIF.population((2, 3)), ValueError, r"must be \[N\] or \[C, H, W\]"),
        (lambda: LIF.population(2.5), TypeError, "shape: a whole number"),
        (lambda: LIF.population(10**12), ValueError, "less than 2"),
        (lambda: LIF.population(2, dt=0), ValueError, "dt = 0: must be > 0"),
        (lambda: LIF.population(2, batch=0), ValueError, "batch = 0"),
        (lambda: LIF.population(2, initial={"u": 0}), TypeError, "unknown state field `u`"),
        (lambda: LIF.population(2, initial={"v": [1.0]}), ValueError, "each of the 2 neurons"),
        (lambda: LIF.population(2, surrogate="boxkar"), ValueError, "did you mean `boxcar`"),
        (lambda: LIF.population(2, surrogate=("boxcar", 1, 2)), ValueError, "2 parameters, but it has 1"),
        (lambda: LIF.population(2, surrogate=("boxcar", -1)), ValueError, "must be > 0"),
        (lambda: LIF.population(2, competition=rb.Competition(k=0)), ValueError, "must be at least 1"),
        (lambda: LIF.population(2, competition=rb.Competition(scope="map")), ValueError, "unknown scope `map`"),
        (lambda: LIF.population(2, lateral=np.ones((2, 3))), ValueError, r"\[neuron, neuron\] is needed"),
        (lambda: LIF.population(2, lateral=np.full((2, 2), np.nan)), ValueError, r"lateral\[0, 0\]"),
        (lambda: LIF.population(2, threads=0), ValueError, "threads = 0"),
        (lambda: LIF.population(2, competition=rb.Competition(silence=-1)), ValueError, "competition.silence = -1"),
        (lambda: LIF.population(2, competition=rb.Competition(k=1.5)), TypeError, "competition.k: a whole number"),
        (lambda: LIF.population(2, initial={"v": rb.PerFeature(0, 1, -1)}), ValueError, "v.seed = -1"),
        (lambda: LIF.population(2).run(rb.Stimulus.noise(1, 1), steps=1, seed=-1), ValueError, "seed = -1"),
        (lambda: LIF.population(2).run(1.0, steps=2**70), ValueError, "below 2.63"),
        (lambda: rb.LIF(tau_m=[]), ValueError, "shape"),
        (lambda: rb.LIF(tau_m=[0.1] * 3).population(2), ValueError, "each of the 2 neurons"),
        (lambda: rb.Population("lif", 2), TypeError, "a model such as LIF"),
        (lambda: LIF.population(2).run(1.0), TypeError, "give one of them"),
        (lambda: LIF.population(2).run(1.0, steps=1, time=1), TypeError, "give one of them"),
        (lambda: LIF.population(2).run(1.0, steps=0), ValueError, "steps = 0"),
        (lambda: LIF.population(2).run(1.0, time=1e-9), ValueError, "at least a step"),
        (lambda: LIF.population(2).run(1.0, time=float("inf")), ValueError, "finite"),
        (lambda: LIF.population(2).run(np.ones((5, 2)), steps=4), ValueError, "input has 5 steps"),
        (lambda: LIF.population(2).run(np.ones(5)), ValueError, r"shape \(5,\), but one number, \(2,\), or \[time, 2\]"),
        (lambda: LIF.population(2, batch=3).run(np.ones((5, 2))), ValueError, r"\[time, batch, 2\] over time"),
        (lambda: LIF.population(2).run("loud", steps=1), TypeError, "input: has dtype"),
        (lambda: LIF.population(2).run(float("inf"), steps=1), ValueError, "must be a finite number"),
        (lambda: LIF.population(2).run(1.0, steps=1, probes=["u"]), ValueError, "unknown probe `u`"),
        (lambda: LIF.population(2).run(1.0, steps=1, probes=[("v", 0)]), ValueError, "v = 0"),
        (lambda: LIF.population(2).run(1.0, steps=1, probes=["time_since_spike"]), ValueError, "clocks"),
        (lambda: LIF.population(2).run(1.0, steps=1, spikes="loud"), ValueError, "unknown form of spikes"),
        (lambda: LIF.population(2).step([1.0, 2.0, 3.0]), ValueError, r"shape \(3,\)"),
        (lambda: LIF.population(2).state.__setitem__("v", [1.0]), ValueError, r"\(2,\) or one number"),
        (lambda: LIF.population(2).state.__setitem__("v", np.nan), ValueError, "finite"),
        (lambda: LIF.population(2).state["u"], KeyError, "u"),
        (lambda: LIF.population(2).set(tau_m=-1), ValueError, "tau_m = -1"),
        (lambda: LIF.population(2).restore({}), ValueError, "has no 'v'"),
        (lambda: LIF.population(2).restore(LIF.population(3).save()), ValueError, r"\(2,\) is needed"),
    ],
)
def test_bad_input_says_why(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_gradients_need_a_taped_run_of_their_shape():
    p = LIF.population(2)
    with pytest.raises(ValueError, match="taped=True"):
        p.gradients(p.run(1.0, steps=3), output=np.ones((3, 2)))
    r = p.run(1.0, steps=3, taped=True)
    for call, words in [
        (lambda: p.gradients(r, output=np.ones((2, 2))), r"\(3, 2\) is needed"),
        (lambda: p.gradients(r, states={"u": np.ones((3, 2))}), "unknown state field"),
        (lambda: p.gradients(r, parameters=["carry_over"]), "has no derivative"),
        (lambda: LIF.population(3).gradients(r, output=np.ones((3, 3))), "state"),
        (lambda: LIF.population(2, dtype=np.float64).gradients(r, output=np.ones((3, 2))), "another population"),
    ]:
        with pytest.raises((ValueError, TypeError), match=words):
            call()


def test_descriptions():
    p = rb.LIF(tau_m=0.05).population(3, batch=2)
    assert repr(p) == "Population(LIF(tau_m=0.05), 3, dt=0.001, batch=2)"
    assert "Membrane time constant" in p.describe()
