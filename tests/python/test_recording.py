"""Recordings: the same spikes in every form, arrays, pictures, pickles."""

import pickle
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import rheobase as rb


def run(spikes, **settings):
    x = np.linspace(1.1, 3.0, 70)
    return rb.LIF(amplitude=0.5).population(70, **settings).run(x, steps=150, spikes=spikes)


def test_all_forms_hold_the_same_spikes():
    events, dense, bits = run("events"), run("dense"), run("bits")
    np.testing.assert_array_equal(events.output, dense.output)
    np.testing.assert_array_equal(bits.fired, dense.fired)
    np.testing.assert_array_equal(bits.output, dense.fired)
    assert dense.output.max() == 0.5 and bits.output.max() == 1
    for name in ("step", "batch", "neuron", "value"):
        np.testing.assert_array_equal(getattr(dense.events, name), getattr(events.events, name))
        assert getattr(dense.events, name).dtype == getattr(events.events, name).dtype
    assert (events.events.offset > 0).any() and (events.events.offset <= np.float32(0.001)).all()
    with pytest.raises(ValueError, match="recorded no output"):
        run("none").output


def test_a_recording_is_an_array():
    r = run("events")
    np.testing.assert_array_equal(np.asarray(r), r.output)
    assert np.asarray(r, dtype=np.float64).dtype == np.float64 and len(r) == 150
    np.testing.assert_array_equal(np.from_dlpack(r), r.output)
    dense = run("dense")
    assert np.shares_memory(np.asarray(dense), dense.output) and not np.shares_memory(np.array(dense), dense.output)


def test_probes_have_their_times():
    r = rb.LIF().population(2).run(1.2, steps=10, probes=["v", ("input", 4)])
    assert r.probes == ("v", "input") and "v" in r and "w" not in r
    np.testing.assert_allclose(r.times("input"), [0.004, 0.008])
    np.testing.assert_allclose(r.times(), np.arange(1, 11) * 0.001)
    with pytest.raises(KeyError, match="run with probes"):
        r["w"]


@pytest.mark.parametrize("cls", rb.models.values(), ids=rb.models)
def test_every_model_is_drawn(cls):
    model = cls()
    probes = [p for p in [cls.info["potential"]] if p]
    r = model.population(4).run(cls.info["example_input"], steps=60, probes=probes)
    svg = r._repr_svg_()
    assert ET.fromstring(svg).tag.endswith("svg") and cls.__name__ in svg


def test_figures_are_saved(tmp_path):
    figure = rb.LIF().population(2).run(rb.Stimulus.ramp(0, 3), time=0.2, probes=["v"]).figure("ramp")
    figure.save(tmp_path / "a.png")
    figure.save(str(tmp_path / "a.svg"))
    assert (tmp_path / "a.png").read_bytes() == figure.to_png()
    assert (tmp_path / "a.svg").read_text() == figure.to_svg() == figure._repr_svg_()
    for path in (tmp_path / "a.gif", tmp_path / "none" / "a.svg"):
        with pytest.raises(OSError, match=path.name):
            figure.save(path)
    with pytest.raises(TypeError):
        figure.save(3)


@pytest.mark.parametrize("drive", [1.5, rb.Stimulus.constant(1.5), np.full((20, 2), 1.5)])
def test_recordings_are_pickled(drive):
    steps = {} if isinstance(drive, np.ndarray) else {"steps": 20}
    r = rb.LIF().population(2).run(drive, probes=["v"], taped=True, **steps)
    again = pickle.loads(pickle.dumps(r))
    np.testing.assert_array_equal(again.output, r.output)
    np.testing.assert_array_equal(again["v"], r["v"])
    assert again.figure().to_svg() == r.figure().to_svg()


def test_counts_are_drawn_as_several():
    r = rb.SpikingRectifiedLinear().population(1, dt=0.01).run(250.0, steps=10)
    assert r.output.max() >= 2
    assert f"{int(r.output.sum() * 0.01 if r.output.max() > 50 else r.output.sum())} spikes" in r.figure().to_svg()


def test_a_run_says_what_is_drawn_of_it() -> None:
    drawn = lambda recording, **given: recording.figure(**given).to_svg()
    svg = drawn(rb.LIF().population(40).run(1.2, steps=300, probes=["v"]))
    assert "LIF, traces of 6 of 40 neurons" in svg and "neurons 0 to 5: all the same" in svg
    apart = rb.LIF().population(5, batch=2).run(np.linspace(1.1, 2, 5), steps=300, probes=["v"])
    svg = drawn(apart)
    assert "LIF, sample 0 of 2" in svg and "all the same" not in svg and ">neuron 4<" in svg
    svg = drawn(apart, sort="rate", groups={"exc": 0, "inh": 3}, rate=True)
    assert "neuron, by rate" in svg and "inh: mean of 2 neurons" in svg and "firing rate" in svg
    assert "firing rate" not in drawn(apart)
