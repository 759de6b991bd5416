"""Data sets: from arrays, spike events, recordings and files; encoders; fitting to them and to batches."""

import numpy as np
import pytest

import rheobase as rb

(X, Y), (TEST_X, TEST_Y) = rb.digits()
TEST = rb.Dataset(TEST_X, TEST_Y)
SMALL = {"train.epochs": 2, "data.steps": 4, "train.batch": 256}


def network():
    return rb.Sequential(rb.Flatten(), rb.Linear(16), rb.LIFSubtract(), rb.Linear(10), rb.LI())


def test_a_data_set_is_its_arrays():
    data = rb.Dataset(X, Y)
    assert (len(data), data.shape, data.classes, data.kind) == (1437, (1, 8, 8), 10, "values")
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    np.testing.assert_array_equal(data[-1], X[-1])
    parts = data.split(0.8, 0.2, seed=1)
    assert [len(p) for p in parts] == [1150, 287] and parts[1].classes == 10
    np.testing.assert_array_equal(data.subset([3, 1]).x, X[[3, 1]])
    series = rb.Dataset(np.ones((2, 5, 3)), series=True)
    assert series.kind == "series" and series.x.shape == (2, 5, 3) and series.y is None


def test_fitting_to_a_data_set_is_fitting_to_its_arrays():
    settings = {"settings": SMALL, "progress": False}
    one = rb.fit(network(), X, Y, test=(TEST_X, TEST_Y), **settings)
    other = rb.fit(network(), rb.Dataset(X, Y), test=TEST, **settings)
    assert one.fingerprint == other.fingerprint and one.test().accuracy == other.evaluate(TEST).accuracy
    np.testing.assert_array_equal(other.predict(rb.Dataset(TEST_X)).scores, one.test().scores)
    assert np.asarray(one.test()).shape == (360, 10)


def events_of(x, steps=4, seed=0):
    rng = np.random.default_rng(seed)
    return np.nonzero(rng.random((len(x), steps, 64)) < x.reshape(len(x), 1, 64))


def test_networks_learn_from_spike_events():
    sample, step, feature = events_of(X)
    order = np.random.default_rng(1).permutation(len(sample))
    data = rb.Dataset.from_events(sample[order], step[order], feature[order], shape=(1, 8, 8), steps=4, y=Y)
    assert data.kind == "events" and len(data) == len(X)
    dense = np.zeros((len(X), 4, 64), np.float32)
    dense[sample, step, feature] = 1
    np.testing.assert_array_equal(data.x, dense.reshape(len(X), 4, 1, 8, 8))
    who, when, what = events_of(TEST_X, seed=2)
    test = rb.Dataset.from_events(who, when, what, shape=(1, 8, 8), steps=4, y=TEST_Y)
    job = rb.fit(network(), data, test=test, settings=SMALL, epochs=8, progress=False)
    assert job.test().accuracy > 0.6
    # The same spikes as values over time give the same network.
    again = rb.fit(network(), dense.reshape(data.x.shape), Y, series=True, test=test, settings=SMALL, epochs=8, progress=False)
    assert again.fingerprint == job.fingerprint


def test_events_of_one_place_are_added_and_recordings_are_samples():
    data = rb.Dataset.from_events([0, 0, 1], [1, 1, 0], [2, 2, 0], [1.0, 0.5, -1.0], shape=3, steps=[2, 1])
    np.testing.assert_array_equal(data[0], [[0, 0, 0], [0, 0, 1.5]])
    np.testing.assert_array_equal(data[1], [[-1, 0, 0]])
    with pytest.raises(ValueError, match="differ in length"):
        data.x
    recording = rb.LIF().population(4, batch=3).run(np.linspace(0, 3, 4 * 50 * 3).reshape(50, 3, 4))
    data = rb.Dataset.from_recording(recording, [0, 1, 1])
    np.testing.assert_array_equal(data.x, np.asarray(recording).transpose(1, 0, 2))


def batches(size=256):
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, len(X), size)]


def test_batches_are_updates_and_epochs():
    seen = []
    settings = {"test": TEST, "epochs": 3, "steps": 4, "progress": False}
    job = rb.fit(network(), batches(), callback=lambda e: seen.append(e.accuracy), **settings)
    assert len(job.history) == 3 == len(seen) and job.is_done and seen[-1] > seen[0]
    as_data = rb.fit(network(), [rb.Dataset(*batch) for batch in batches()], **settings)
    as_function = rb.fit(network(), lambda: iter(batches()), **settings)
    assert job.fingerprint == as_data.fingerprint == as_function.fingerprint
    assert job.test().accuracy == job.evaluate(TEST).accuracy > 0.3
    stopped = rb.fit(network(), batches(), validation=TEST, patience=1, learning_rate=3.0, **{**settings, "epochs": 60})
    assert stopped.is_done and len(stopped.history) < 60
    assert len(rb.fit(network(), batches(), callback=lambda e: False, **settings).history) == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rb.fit(network(), iter(batches())), TypeError, "gone through once only"),
        (lambda: rb.fit(network(), []), TypeError, "every batch must be samples and their classes"),
        (lambda: rb.fit(network(), batches(), validation=0.2), TypeError, "batches are not split"),
        (lambda: rb.fit(network(), [batches()[0], (X[:, :, :4], Y)], progress=False), ValueError, "shape of the training"),
        (lambda: rb.fit(network(), [batches()[0], (X[:2], None)], progress=False), ValueError, "one label for each"),
        (lambda: rb.fit(network(), rb.Dataset(X, Y), Y), TypeError, "x is a Dataset"),
        (lambda: rb.fit(network(), rb.Dataset(X)), ValueError, "label"),
        (lambda: rb.Dataset.from_events([0], [5], [0], shape=3, steps=4), ValueError, "step"),
        (lambda: rb.Dataset.from_events([0], [0], [3], shape=3, steps=4), ValueError, "feature: has 3"),
        (lambda: rb.Dataset.from_events([2], [0], [0], shape=3, steps=4, samples=2), ValueError, "there are 2 samples"),
        (lambda: rb.Dataset.from_events([0], [0, 1], [0], shape=3, steps=4), ValueError, "step: has 2 numbers"),
        (lambda: rb.Dataset.from_events([0.5], [0], [0], shape=3, steps=4), ValueError, "sample: must be whole"),
        (lambda: rb.Dataset.read("none.npz"), OSError, "none.npz"),
        (lambda: rb.Dataset.read("none.csv"), OSError, "none.csv"),
        (lambda: rb.Dataset(X, Y).encode("poison", 0), ValueError, "poisson"),
        (lambda: rb.Dataset(X, Y).encode("latency", 5000), IndexError, "5000"),
        (lambda: rb.Dataset(X, Y).split(0.5, -0.1), ValueError, "a fraction lies above 0"),
        (lambda: rb.Dataset(X, Y).subset([5000]), ValueError, "subset"),
    ],
)
def test_bad_data_say_why(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_files_are_read_as_the_command_reads_them(tmp_path):
    (tmp_path / "table.csv").write_text("a,b,kind\n0.5,1,cat\n1.5,2,dog\n2.5,3,cat\n")
    table = rb.Dataset.read(tmp_path / "table.csv")
    assert table.class_names == ["cat", "dog"] and table.feature_names == ["a", "b"]
    np.testing.assert_array_equal(table.x, [[0.5, 1], [1.5, 2], [2.5, 3]])
    np.testing.assert_array_equal(table.y, [0, 1, 0])
    (tmp_path / "numbers.csv").write_text("a,b,c\n0.5,1,2\n1.5,2,4\n")
    by_name = rb.Dataset.read(tmp_path / "numbers.csv", label="b", scale=2.0, shape=(1, 2))
    assert by_name.classes == 3 and by_name.x.tolist() == [[[0.25, 1]], [[0.75, 2]]]
    assert rb.Dataset.read(tmp_path / "numbers.csv", label=False).shape == (3,)
    np.savez(tmp_path / "some.npz", x=X[:20], y=Y[:20])
    np.testing.assert_array_equal(rb.Dataset.read(tmp_path / "some.npz").x, X[:20])
    colours = np.random.default_rng(0).integers(0, 256, (4, 8, 9, 3), np.uint8)
    np.savez(tmp_path / "colours.npz", x=colours, y=np.arange(4))
    last = rb.Dataset.read(tmp_path / "colours.npz", channels="last", scale=255)
    np.testing.assert_allclose(last.x, np.moveaxis(colours, -1, 1) / 255, rtol=1e-6)
    with pytest.raises(OSError, match='channels "last" or "first"'):
        rb.Dataset.read(tmp_path / "colours.npz")
    with pytest.raises(ValueError, match="channels"):
        rb.Dataset.read(tmp_path / "colours.npz", channels="lst")
    with pytest.raises(OSError, match="label"):
        rb.Dataset.read(tmp_path / "table.csv", label="nobody")


def test_encoders_give_what_networks_are_shown():
    data = rb.Dataset(X, Y)
    rows = data.encode("poisson", 3, steps=50, seed=2)
    assert rows.steps == 50 and rows.shape == (1, 8, 8)
    assert rows.step.tolist() == data.encode("poisson", 3, steps=50, seed=2).step.tolist()
    assert rows.index.tolist() != data.encode("poisson", 3, steps=50, seed=2, epoch=1).index.tolist()
    current = data.encode("direct", 3, steps=2)
    np.testing.assert_array_equal(current, np.stack([X[3]] * 2))
    late = data.encode({"name": "latency"}, 3, steps=8)
    first = np.asarray(late).reshape(8, 64).argmax(axis=0)
    strong, weak = X[3].ravel() == 1, (X[3].ravel() > 0) & (X[3].ravel() < 0.3)
    assert first[strong].max() < first[weak].min()


def test_reports_are_pages(tmp_path):
    job = rb.fit(network(), X, Y, test=TEST, settings=SMALL, progress=False)
    page = job.report(tmp_path / "run.html", title="Mine").read_text()
    assert "Mine" in page and job.fingerprint in page and "<svg" in page
    np.savez(tmp_path / "spikes.npz", train=np.array([0.1, 0.2]))
    assert rb.report(tmp_path).name == "report.html"
    with pytest.raises(OSError, match="is not a folder"):
        rb.report(tmp_path / "nowhere")
