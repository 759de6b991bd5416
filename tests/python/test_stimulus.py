"""Stimuli: shapes over time, sums, seeds, bad numbers."""

import numpy as np
import pytest

import rheobase as rb
from rheobase import Stimulus


def made(stimulus, neurons=1, steps=100, **run):
    """The input that reaches the neurons."""
    return rb.LIF().population(neurons).run(stimulus, steps=steps, probes=["input"], **run)["input"]


def test_shapes_over_time():
    np.testing.assert_array_equal(made(Stimulus.step(0.01, 2.0, 0.02)).ravel().nonzero()[0], np.arange(10, 20))
    assert made(Stimulus.step(0.01, 2.0)).sum() == 180
    np.testing.assert_allclose(made(Stimulus.ramp(1, 2)).ravel(), 1 + np.arange(100) / 100, rtol=1e-6)
    t = np.arange(100) * 0.001
    want = 1 + 2 * np.sin(2 * np.pi * 10 * t)
    np.testing.assert_allclose(made(Stimulus.sine(1, 2, 10)).ravel(), want, atol=1e-6)  # numbers of 32 bits
    assert (made(Stimulus.constant([1, 2]), 2) == [1, 2]).all()


def test_sums():
    both = Stimulus.constant(0.5) + Stimulus.ramp(0, 1)
    np.testing.assert_array_equal(made(both), made(0.5 + Stimulus.ramp(0, 1)))
    np.testing.assert_allclose(made(both), 0.5 + made(Stimulus.ramp(0, 1)), rtol=1e-6)
    given = np.arange(200.0).reshape(100, 2)
    np.testing.assert_array_equal(made(Stimulus.array(given) + np.float64(1), 2), given + 1)
    np.testing.assert_array_equal(made(1 + Stimulus.array(given[:, 0]), 2), np.repeat(given[:, :1], 2, axis=1) + 1)
    assert "100 x 1 x 2 numbers" in repr(Stimulus.array(given))
    assert repr(both) == "Stimulus.constant(0.5) + Stimulus.ramp(0.0, 1.0)"


def test_random_stimuli_depend_on_the_seed_alone():
    noise = Stimulus.noise(1, 2)
    a = made(noise, 500)
    np.testing.assert_array_equal(a, made(noise, 500))
    assert (a != made(noise, 500, seed=1)).all()
    # 50,000 numbers: four standard errors.
    assert abs(a.mean() - 1) < 4 * 2 / 50_000**0.5 and abs(a.std() - 2) < 4 * 2 / 100_000**0.5
    p = made(Stimulus.poisson(300, 0.5), 500) * 0.001
    assert abs(p.sum() / (0.5 * 15_000) - 1) < 4 / 15_000**0.5
    assert len(np.unique(made(Stimulus.uniform(1, 2), 500)[0])) > 490


def test_time_goes_on_until_a_reset():
    p = rb.LIF().population(1)
    stimulus = Stimulus.step(0.01, 2.0, 0.02)
    parts = [p.run(stimulus, steps=10, probes=["input"])["input"].sum() for _ in range(3)]
    assert p.run(stimulus, steps=10).start == 30
    p.reset()
    late = rb.LIF().population(1)
    late.run(0.0, steps=10)
    assert late.run(stimulus, steps=10).figure().to_svg() == rb.LIF().population(1).run(2.0, steps=10).figure().to_svg()
    assert parts == [0, 20, 0] and p.run(stimulus, steps=10, probes=["input"])["input"].sum() == 0


@pytest.mark.parametrize(
    ("stimulus", "words"),
    [
        (lambda: Stimulus.constant(float("nan")), "must be finite"),
        (lambda: Stimulus.constant([1.0, 2.0, 3.0]), "each of the 1 neurons"),
        (lambda: Stimulus.array(np.zeros((5, 1))), "has 5 steps, but the run has 100"),
        (lambda: Stimulus.array(np.zeros((100, 2))), "has 2 neurons, but the run has 1"),
        (lambda: Stimulus.array(np.zeros((1, 1, 1, 1))), r"\[time\], \[time, neuron\]"),
        (lambda: Stimulus.step(2, 1, 1), "off = 1 must not come before on = 2"),
        (lambda: Stimulus.noise(0, -1), "std = -1 must be ≥ 0"),
        (lambda: Stimulus.poisson(-1, 1), "rate = -1 must be ≥ 0"),
        (lambda: Stimulus.poisson(1e9, 1), "events per step"),
        (lambda: 1 + Stimulus.sine(0, 1e40, 1), "amplitude = 1e40 must be finite"),
    ],
)
def test_bad_stimuli_say_why(stimulus, words):
    with pytest.raises(ValueError, match=words):
        made(stimulus())


def test_stimuli_are_made_by_kind():
    with pytest.raises(TypeError, match="by its kind"):
        Stimulus()
    with pytest.raises((TypeError, ValueError)):
        Stimulus.step("now", 1)
