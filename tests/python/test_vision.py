"""Spiking vision, rows of spikes, plasticity."""

import pickle

import numpy as np
import pytest

import rheobase as rb
from rheobase import vision


def wave(seed=0, shape=(6, 3, 5, 5)):
    """Potentials that grow: a cumulative wave."""
    return np.random.default_rng(seed).random(shape).cumsum(axis=0).astype(np.float32)


def test_waves_and_first_spikes_say_the_same():
    potentials = vision.threshold(wave(), 1.5)
    assert (potentials == np.where(wave() > 1.5, wave(), 0)).all()
    assert (vision.fire(wave(), 1.5) == (wave() > 1.5)).all()
    first = vision.fire_first(wave(), 1.5)
    fired = wave() > 1.5
    earliest = fired.argmax(axis=0).ravel()[fired.any(axis=0).ravel()]
    assert len(first) == fired.any(axis=0).sum() and sorted(first.step) == sorted(earliest)
    np.testing.assert_array_equal(vision.to_wave(first) != 0, fired)
    np.testing.assert_array_equal(vision.first_spikes(vision.fire(wave(), 1.5)).step, first.step)
    alone = vision.pointwise_inhibition(potentials)
    assert ((alone[-1] > 0).sum(axis=0) <= 1).all()
    np.testing.assert_array_equal(vision.to_wave(vision.inhibition(first)) != 0, alone != 0)
    assert vision.k_winners(potentials, 3, radius=1) == vision.k_winners(first, 3, radius=1)
    winners = vision.k_winners(first, 3)
    assert len({feature for feature, _, _ in winners}) == len(winners) == 3


def test_maps_are_padded_pooled_and_silenced():
    w = wave()
    padded = vision.pad(w, (1, 2, 0, 3), value=7.0)
    assert padded.shape == (6, 3, 8, 8) and (padded[:, :, :5, 1:6] == w).all() and padded[0, 0, 7, 7] == 7
    pooled = vision.pool(w, 2)
    np.testing.assert_array_equal(pooled, w[:, :, :4, :4].reshape(6, 3, 2, 2, 2, 2).max(axis=(3, 5)))
    silent = vision.feature_inhibition(w, [1])
    assert not silent[:, 1].any() and (silent[:, 0] == w[:, 0]).all()
    assert (vision.cumulate(np.eye(4, dtype=np.float32).reshape(4, 1, 2, 2))[-1] == 1).all()


def test_a_convolution_that_fires_once_is_a_convolution_and_firing():
    first = vision.intensity_to_latency(np.random.default_rng(1).random((2, 6, 6)), 5)
    weights = np.random.default_rng(2).random((3, 2, 3, 3)).astype(np.float32)
    spikes = np.sign(vision.to_wave(first))
    windows = np.lib.stride_tricks.sliding_window_view(spikes, (3, 3), axis=(2, 3))
    potentials = np.einsum("tcrsij,ocij->tors", windows, weights)
    ones = rb.SpikeRows(first.step, first.index, steps=first.steps, shape=first.shape)
    found = vision.first_spike_conv(ones, weights, 3.0)
    np.testing.assert_array_equal(vision.to_wave(found) != 0, potentials > 3.0)
    alone = vision.first_spike_conv(ones, weights, 3.0, inhibited=True)
    np.testing.assert_array_equal(alone.index, vision.inhibition(found).index)


def test_filters_see_edges_and_centres():
    image = np.zeros((1, 9, 9))
    image[0, :, 5:] = 1
    upright, level = vision.filters(image, [vision.Gabor(5, 90), vision.Gabor(5, 0)], padding=2)
    assert abs(upright[4, 3:7]).max() > 10 * abs(level[4, 3:7]).max()
    assert vision.Dog(7, 1, 2).values()[3, 3] == 1 and vision.gabor_bank(5, 4)[1].orientation == 45
    assert (vision.filters(image, [vision.Dog(3, 1, 2)], threshold=0.2) >= 0).all()
    assert vision.local_normalization(image, 1).shape == image.shape
    raised = vision.intensity_lateral_inhibition(image, [15, 10])
    assert raised[0, 4, 5] > raised[0, 4, 7] > 0 and not raised[:, :, :5].any()
    assert vision.rank_order(np.arange(1.0, 10.0).reshape(1, 3, 3), 3, 3).index.tolist() == [6, 7, 8, 3, 4, 5, 0, 1, 2]


def test_images_are_moved():
    image = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    assert (vision.moved(image) == image).all()
    assert (vision.moved(image, mirrored=True) == image[:, :, ::-1]).all()
    assert (vision.moved(image, down=1, right=-2)[:, 1:, :2] == image[:, :2, 2:]).all()
    square = image[:, :, :3]
    np.testing.assert_allclose(vision.moved(square, degrees=90), np.rot90(square, axes=(1, 2)), atol=1e-5)
    with pytest.raises(ValueError, match="moved.zoom = 0"):
        vision.moved(image, zoom=0)


def test_rows_are_arrays_and_come_back():
    rows = rb.SpikeRows([2, 0], [1, 0], [0.5, 1], steps=4, shape=(1, 1, 2))
    dense = np.asarray(rows)
    assert dense.shape == (4, 1, 1, 2) and dense[2, 0, 0, 1] == 0.5
    for again in (rb.SpikeRows.of(dense), pickle.loads(pickle.dumps(rows))):
        np.testing.assert_array_equal(np.asarray(again), dense)
    np.testing.assert_array_equal(np.from_dlpack(rows), dense)


PAIR = {"rule": {"pair": {"a_plus": 0.01, "a_minus": 0.012}}}


def order(**more):
    return {"rule": {"order": {"ltp": 0.1, "ltd": -0.05}}, "winners": {"k": 1}, **more}


def test_learners_follow_spikes():
    learner = rb.Learner(np.full((3, 2), 0.5), **order())
    pre = rb.SpikeRows([0, 2], [0, 1], steps=3, shape=3)
    post = rb.SpikeRows([1, 2], [1, 0], [0.7, 0.9], steps=3, shape=2)
    done = learner.sample(pre, post)
    # The earlier output wins; its input came before it, the others later or never.
    assert done.winners == [(1, 0, 0)] and done.features.tolist() == [1]
    assert learner.weights[0, 1] > 0.5 > learner.weights[1, 1] and (learner.weights[:, 0] == 0.5).all()
    assert learner.wins.tolist() == [0, 1] and learner.samples == 1 and 0 < learner.convergence < 0.25
    learner.set_rates(0.2, -0.1, feature=0)
    np.testing.assert_allclose(learner.rates, [[0.2, -0.1], [0.1, -0.05]])


def test_learners_are_saved_and_go_on_to_the_same_bits():
    rng = np.random.default_rng(3)
    samples = [(rng.random((20, 4)) < 0.2, rng.random((20, 3)) < 0.2) for _ in range(6)]
    one = rb.Learner(np.full((4, 3), 0.5), name="pairs", **PAIR)
    for pre, post in samples:
        one.sample(pre, post)
    first, second = (rb.Learner(np.full((4, 3), 0.5), name="pairs", **PAIR) for _ in range(2))
    for pre, post in samples[:3]:
        first.sample(pre, post)
    second.restore(first.save())
    for pre, post in samples[3:]:
        second.sample(pre, post)
    np.testing.assert_array_equal(second.weights, one.weights)
    parts = rb.Learner(np.full((4, 3), 0.5), **PAIR)
    pre, post = samples[0]
    parts.steps(pre[:7], post[:7])
    parts.steps(pre[7:], post[7:])
    whole = rb.Learner(np.full((4, 3), 0.5), **PAIR)
    whole.sample(pre, post)
    np.testing.assert_array_equal(parts.weights, whole.weights)


def test_convolutions_learn_at_the_winners_place():
    learner = rb.Learner(np.full((2, 1, 3, 3), 0.5), input=(1, 5, 5), **order())
    first = vision.intensity_to_latency(np.random.default_rng(0).random((1, 5, 5)), 5)
    found = vision.first_spike_conv(
        rb.SpikeRows(first.step, first.index, steps=5, shape=first.shape), learner.weights, [2.0, 1.5]
    )
    done = learner.sample(first, found)
    assert len(done.winners) == 1 and done.features.tolist() == [done.winners[0][0]] == [1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: vision.fire(np.zeros((2, 2)), 1), ValueError, r"\[time, feature, row, column\]"),
        (lambda: vision.fire(np.full((1, 1, 1, 1), np.nan), 1), ValueError, "NaN"),
        (lambda: vision.k_winners(wave(), 0), ValueError, "k = 0"),
        (lambda: vision.pool(wave(), (1, 2, 3)), ValueError, "kernel: has 3"),
        (lambda: vision.filters(np.zeros((1, 3, 3)), [vision.Dog(5, 1, 2)]), ValueError, "more padding"),
        (lambda: vision.Dog(4, 1, 2).values(), ValueError, "size = 4"),
        (lambda: vision.to_wave(wave()), TypeError, "SpikeRows are needed"),
        (lambda: rb.SpikeRows([5], [0], steps=3, shape=2), ValueError, "step: has 5"),
        (lambda: rb.SpikeRows([0], [2], steps=3, shape=2), ValueError, "lie below 2"),
        (lambda: rb.Learner([[0.5]], rule={"odrer": {}}), ValueError, "order"),
        (lambda: rb.Learner([[1.5]], **order()), ValueError, "within the bounds"),
        (lambda: rb.Learner([0.5], **order()), ValueError, r"\[in, out\]"),
        (lambda: rb.Learner([[0.5]], **order()).sample([[1, 1]], [[1]]), ValueError, "pre"),
        (lambda: rb.Learner([[0.5]], rule=order()["rule"]).sample([[1]], [[1]]), ValueError, "winners"),
        (lambda: rb.Learner([[0.5]], **order()).restore({}), ValueError, "weights"),
    ],
)
def test_bad_input_says_why(call, error, words):
    with pytest.raises(error, match=words):
        call()
