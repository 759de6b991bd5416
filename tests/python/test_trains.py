"""Spike trains and their analysis: the library's numbers, through arrays."""

import math
import pickle
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import rheobase as rb
from rheobase import SpikeTrains, analyse

TWO = SpikeTrains([[0.1, 0.2, 0.4], [0.15, 0.35]], window=(0.0, 0.5))


def recording(**run):
    return rb.LIF().population(5).run(rb.Stimulus.noise(1.3, 0.8), time=2.0, **run)


def test_recordings_become_trains():
    r = recording()
    trains = r.to_trains()
    assert len(trains) == 5 and trains.spikes == len(r.events.step) and trains.window == (0, 2) and trains.dt == 0.001
    first = r.events.neuron == 0
    np.testing.assert_allclose(trains[0], r.events.step[first] * 0.001 + r.events.offset[first], rtol=1e-12)
    dense = recording(spikes="dense").to_trains()
    assert [len(t) for t in dense] == [len(t) for t in trains]
    batched = rb.LIF().population(2, batch=3).run(1.5, time=0.5).to_trains()
    assert batched.samples == 3 and len(batched) == 6 and batched.sample(1) == batched.sample(2)
    with pytest.raises(ValueError, match="must be below the number of samples"):
        batched.sample(3)


def test_counts_are_several_spikes():
    r = rb.SpikingRectifiedLinear().population(1, dt=0.01).run(250.0, time=1.0)
    assert r.to_trains().spikes == 250
    r = rb.LIFSubtract().population(3).run(0.6, steps=100)
    trains = r.to_trains()
    assert trains.unit == "steps" and trains.spikes == int(r.output.sum())
    with pytest.raises(ValueError, match="no spikes"):
        rb.LIFRate().population(2).run(1.0, steps=3).to_trains()


def test_trains_come_from_arrays_and_lists_and_go_back():
    when, who = TWO.flat()
    shuffled = np.array([3, 1, 0, 4, 2])
    assert SpikeTrains.from_events(when[shuffled], who[shuffled], window=(0.0, 0.5)) == TWO
    assert len(SpikeTrains.from_events([0.1], [0], count=4)) == 4 and len(SpikeTrains.from_events([], [], count=2)) == 2
    dense = SpikeTrains.from_dense(np.eye(3), dt=0.5)
    assert [t.tolist() for t in dense] == [[0.0], [0.5], [1.0]] and dense.window == (0.0, 1.5)
    assert pickle.loads(pickle.dumps(TWO)) == TWO and TWO != TWO.within(0.0, 0.3) and TWO[1].tolist() == [0.15, 0.35]
    with pytest.raises(ValueError, match="read-only"):
        TWO[0][0] = 1.0


def test_values_of_spikes_count_in_comparisons_and_are_pickled(tmp_path):
    strong, plain = (rb.LIF(amplitude=a).population(3).run(2.0, time=0.2).to_trains() for a in (0.5, 1.0))
    assert [t.tolist() for t in strong] == [t.tolist() for t in plain] and strong != plain
    again = pickle.loads(pickle.dumps(strong))
    assert again == strong and again != plain
    for name, trains in (("a", strong), ("b", again)):
        trains.write(tmp_path / f"{name}.npz")
    arrays = [np.load(tmp_path / f"{name}.npz") for name in "ab"]
    assert "value" in arrays[0] and all(np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0])


def test_trains_of_many_neurons_take_one_array():
    rng = np.random.default_rng(1)
    neurons, spikes = 50_000, 200_000
    when, who = rng.random(spikes), rng.integers(0, neurons, spikes)
    trains = SpikeTrains.from_events(when, who, count=neurons, window=(0, 1))
    assert len(trains) == neurons and trains.spikes == spikes
    assert trains == SpikeTrains(list(trains), window=(0, 1)) == pickle.loads(pickle.dumps(trains))
    for neuron in (0, 1, 777, -1):
        np.testing.assert_array_equal(trains[neuron], np.sort(when[who == neuron % neurons]))
    assert [len(train) for train in trains[3:6]] == [int((who == i).sum()) for i in (3, 4, 5)]
    assert trains != SpikeTrains.from_events(when, (who + 1) % neurons, count=neurons, window=(0, 1))
    times, which = trains.flat()
    order = np.lexsort((when, who))
    np.testing.assert_array_equal(times, when[order])
    np.testing.assert_array_equal(which, who[order])
    raster = np.zeros((40, neurons), bool)
    raster[(when * 40).astype(int), who] = True
    dense = SpikeTrains.from_dense(raster, dt=0.025)
    np.testing.assert_array_equal(dense.to_dense(0.025) != 0, raster)
    with pytest.raises(IndexError):
        trains[neurons]
    with pytest.raises(ValueError, match="NaN"):
        SpikeTrains.from_dense([[0.0, math.nan]])
    silent = SpikeTrains([])
    assert len(silent) == 0 and silent.flat()[0].size == 0 and list(SpikeTrains([[], []])[1]) == []


def test_trains_are_read_from_what_numpy_writes(tmp_path):
    np.save(tmp_path / "spikes.npy", np.eye(4, dtype=bool))
    trains = rb.read_trains(tmp_path / "spikes.npy", dt=0.01)
    assert [t.tolist() for t in trains] == [[0.0], [0.01], [0.02], [0.03]]
    for name in ("none.npy", "spikes.txt.gz"):
        with pytest.raises(OSError, match=name):
            rb.read_trains(tmp_path / name)


def test_rates_and_intervals():
    rates = TWO.mean_rates()
    assert rates.rate.tolist() == [6.0, 4.0] and (rates.low < rates.rate).all() and (rates.rate < rates.high).all()
    assert TWO.counts(0.25).tolist() == [[2, 1], [1, 1]]
    np.testing.assert_allclose(TWO.intervals()[0], [0.1, 0.2])
    statistics = TWO.isi_statistics()
    assert statistics.intervals.tolist() == [2, 1] and math.isnan(statistics.cv[1])
    np.testing.assert_allclose(statistics.cv[0], 0.05 / 0.15)  # deviation and mean of 0.1 and 0.2
    regular = SpikeTrains([np.arange(1, 100) / 100], window=(0, 1)).isi_statistics()
    np.testing.assert_allclose(regular.cv, 0, atol=1e-12)
    over = TWO.rate(0.25)
    assert over.spikes.sum() == TWO.spikes and over.rate.tolist() == [6.0, 4.0] and over.time.tolist() == [0.125, 0.375]
    around = TWO.psth(0, [0.1, 0.2], (0.0, 0.15), 0.05)
    # The spike 0.1 s after the first onset lies on an edge, which belongs to the bin behind it.
    assert around.spikes.tolist() == [2, 0, 1]
    t, smooth = TWO.rates("gauss", 0.02, dt=0.001)
    np.testing.assert_allclose(smooth.sum(axis=0) * 0.001, [3, 2], rtol=1e-3)  # a kernel's area, less its cut tails


def test_distances_are_those_of_two_trains():
    a, b = TWO
    for name, parameters, pair in [
        ("victor_purpura", {"cost": 10}, analyse.victor_purpura(a, b, 10)),
        ("van_rossum", {"tau": 0.1}, analyse.van_rossum(a, b, 0.1)),
        ("isi_distance", {}, analyse.isi_distance(a, b, TWO.window)),
        ("spike_distance", {}, analyse.spike_distance(a, b, TWO.window)),
        ("spike_sync", {}, analyse.spike_sync(a, b, TWO.window)),
        ("event_sync", {"max_lag": 0.1}, analyse.event_sync(a, b, 0.1)),
    ]:
        found = TWO.distances(name, **parameters)
        assert found.matrix.shape == (2, 2) and found.matrix[0, 1] == found.matrix[1, 0] == pair != 0
        np.testing.assert_array_equal(np.asarray(found), found.matrix)
    # Moving costs 0.5 each, twice; one spike is one too many.
    assert analyse.victor_purpura(a, b, 10) == pytest.approx(2.0)


def test_populations_act_together_or_not():
    same = SpikeTrains([TWO[0]] * 3, window=(0, 0.5))
    assert same.spike_sync() == 1 and same.synchrony(0.05) == pytest.approx(1)
    np.testing.assert_allclose(same.count_correlation(0.05).matrix, 1)
    lags = same.correlogram(0, 1, 0.05, 0.2)
    assert lags.pairs[len(lags.pairs) // 2] == 3 and (lags.pairs == lags.pairs[::-1]).all()
    (burst,) = SpikeTrains([[0.1, 0.12, 0.15, 1.0]]).bursts(0)
    assert burst == (0.1, 0.15, 0, 3)
    assert np.isnan(SpikeTrains([[], [0.1]], window=(0, 1)).fano(0.1)[0])


def test_functions_on_arrays_keep_the_shape():
    t = np.arange(1, 201) * 0.001
    spikes = np.zeros((200, 2), np.float32)
    spikes[::20, 0] = 1000
    rates = analyse.rates_isi(t, spikes)
    assert rates.shape == spikes.shape and rates.max() == pytest.approx(50) and not rates[:, 1].any()
    assert analyse.rates_kernel(t, spikes, "expon", 0.02).shape == spikes.shape
    assert analyse.lowpass_filter(spikes.T, 5).shape == (2, 200)


@pytest.mark.parametrize(
    "picture",
    [
        lambda: TWO,
        lambda: TWO.intervals_figure(),
        lambda: TWO.rate(0.05),
        lambda: TWO.distances("van_rossum", tau=0.1),
        lambda: TWO.correlogram(0, 1, 0.05, 0.2),
        lambda: rb.LIF().curve_figure(np.linspace(0, 3, 20)),
        lambda: rb.Izhikevich().curve_figure([0, 5, 10]),
    ],
)
def test_pictures_show_themselves(picture):
    assert ET.fromstring(picture()._repr_svg_()).tag.endswith("svg")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: SpikeTrains([[0.2, 0.1]]), ValueError, r"times\[0\]\[1\] = 0.1: must not come before 0.2"),
        (lambda: SpikeTrains([[float("nan")]], window=(0, 1)), ValueError, "must lie in the window"),
        (lambda: SpikeTrains([[2.0]], window=(0, 1)), ValueError, "from 0 to 1"),
        (lambda: SpikeTrains([[0.5]], window=(1, 0)), ValueError, "before the end"),
        (lambda: SpikeTrains([[0.5]], unit="ms"), ValueError, "must be 's' or 'steps'"),
        (lambda: SpikeTrains([["now"]]), TypeError, r"times\[0\]"),
        (lambda: SpikeTrains([[0.5]], names=["a", "b"]), ValueError, "there are 1 trains"),
        (lambda: SpikeTrains.from_events([0.1], [0.5]), ValueError, "whole numbers from 0"),
        (lambda: SpikeTrains.from_events([0.1], [0, 1]), ValueError, "times has 1"),
        (lambda: SpikeTrains.from_events([0.1], [3], count=2), ValueError, "neuron 3 fired"),
        (lambda: SpikeTrains.from_dense(np.zeros((2, 2, 2))), ValueError, r"\[time, neuron\]"),
        (lambda: TWO.distances("victor"), ValueError, "unknown measure"),
        (lambda: TWO.distances("victor_purpura"), TypeError, "cost is needed"),
        (lambda: TWO.distances("isi_distance", tau=1), TypeError, "has no tau"),
        (lambda: TWO.distances("van_rossum", tau=-1), ValueError, "tau"),
        (lambda: TWO.counts(0), ValueError, "bin"),
        (lambda: TWO.sample(-1), ValueError, "sample = -1"),
        (lambda: TWO.correlogram(-1, 0, 0.1, 0.2), ValueError, "a = -1"),
        (lambda: TWO.bursts(0, min_spikes=0), ValueError, "min_spikes = 0"),
        (lambda: TWO.correlogram(0, 2, 0.1, 0.2), ValueError, "must be below the number of trains"),
        (lambda: TWO.mean_rates(level=2), ValueError, "level"),
        (lambda: TWO.rates("gauss", 0.1), TypeError, "length of a step"),
        (lambda: TWO.rates("gaus", 0.1, dt=0.1), ValueError, "gauss"),
        (lambda: TWO.within(0.3, 0.2), ValueError, "window"),
        (lambda: TWO.figure(sort="rat"), ValueError, "did you mean `rate`"),
        (lambda: TWO.figure(groups={"a": 1}), ValueError, r"raster.groups\[0\] = 1: the first group starts at neuron 0"),
        (lambda: TWO.figure(groups={"a": 0, "b": -1}), ValueError, r"groups\['b'\] = -1"),
        (lambda: TWO.figure(groups={"a": 0, "b": 2}), ValueError, r"raster.groups\[1\] = 2"),
    ],
)
def test_bad_input_says_why(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_what_fills_no_bin_is_said() -> None:
    trains = SpikeTrains([[0.1, 0.95], [0.4]], window=(0, 1))
    for measure in (trains.counts, trains.fano, trains.synchrony):
        with pytest.warns(UserWarning, match=r"the last 0\.100000 s fill no bin"):
            measure(0.3)
    with pytest.warns(UserWarning):
        assert trains.counts(0.3).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_raster_is_sorted_grouped_and_has_its_rate_below() -> None:
    trains = SpikeTrains([[0.1, 0.2], [0.3], [0.05, 0.4, 0.5]], window=(0, 1), names=["a", "b", "c"])
    rows = lambda **given: [name for _, name in trains.figure(**given)._contents()[0]["y"]["names"]]
    assert rows() == ["a", "b", "c"]
    assert rows(sort="rate") == ["b", "a", "c"] and rows(sort="first") == ["c", "a", "b"]
    assert rows(sort="rate", groups={"one": 0, "two": 2}) == ["b", "a", "c"]
    svg = trains.figure(sort="rate", groups={"one": 0, "two": 2}, rate=True).to_svg()
    assert "neuron, by rate" in svg and "one: mean of 2 neurons" in svg and "two: 1 neuron" in svg
    assert trains.figure(groups={"one": "a", "two": "c"}).to_svg() == trains.figure(groups={"one": 0, "two": 2}).to_svg()
    with pytest.raises(ValueError, match=r"groups\['two'\] = 'z': is the name of no train"):
        trains.figure(groups={"one": "a", "two": "z"})
    assert len(trains.figure()._contents()) == 1
    many = SpikeTrains([[0.5]] * 1001, window=(0, 1))
    assert len(many.figure()._contents()) == 2 and len(many.figure(rate=False)._contents()) == 1
