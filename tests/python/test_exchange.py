"""What other packages take and give, where they are installed: matplotlib, neo, pandas; arrays by their protocols."""

import numpy as np
import pytest

import rheobase as rb


def recording():
    return rb.LIF().population(5).run(np.linspace(0.5, 2.5, 5), time=0.2, probes=["v"])


def test_results_are_arrays():
    trains = recording().to_trains()
    for result, array in [
        (trains.rate(0.05), trains.rate(0.05).rate),
        (trains.distances("van_rossum", tau=0.01), trains.distances("van_rossum", tau=0.01).matrix),
        (trains.correlogram(3, 4, 0.01, 0.05), trains.correlogram(3, 4, 0.01, 0.05).pairs),
        (recording(), recording().output),
    ]:
        np.testing.assert_array_equal(np.asarray(result), array)
        np.testing.assert_array_equal(np.from_dlpack(result), array)
        assert np.asarray(result, np.float32).dtype == np.float32 and result.__dlpack_device__() == (1, 0)
        with pytest.raises(ValueError, match="has to be copied"):
            np.asarray(result, np.complex128, copy=False)
    assert trains.rate(0.05)._fields[0] == "time" and len(trains.correlogram(3, 4, 0.01, 0.05)) == 7


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_a_run_is_drawn_into_axes(plt):
    _, axes = plt.subplots(3, sharex=True)
    run = recording()
    assert run.figure(ax=axes) is axes
    spikes = run.events
    strokes = [c for c in axes[2].collections if len(c.get_segments())]
    assert sum(len(c.get_segments()) for c in strokes) == len(spikes.step)
    assert axes[2].get_xlabel() == "time (s)" and axes[2].get_xlim() == (0.0, pytest.approx(0.2))
    # Traces stand one above another, the first on top, in lines of the raster that count downwards.
    drawn, v = axes[1].lines[0].get_ydata(), run["v"][:, 0]
    np.testing.assert_allclose(drawn[0] - drawn, (v - v[0]) * np.ptp(drawn) / np.ptp(v), atol=1e-5)
    with pytest.raises(ValueError, match="has 1 axes, but the picture has 3 panels"):
        run.figure(ax=axes[0])
    with pytest.raises(TypeError, match="axes of matplotlib are needed"):
        run.figure(ax=[1, 2, 3])


def test_every_kind_of_picture_is_drawn_into_axes(plt):
    run = recording()
    trains = run.to_trains()
    job = rb.fit(rb.Sequential(rb.Linear(2), rb.LI()), np.eye(2), [0, 1], test=(np.eye(2), [0, 1]), epochs=2, progress=False)
    portrait = rb.AdEx(a=2.0).dynamics().phase_portrait([800.0])
    drawn = {
        "raster": lambda ax: trains.figure("all", ax=ax),
        "raster of many": lambda ax: rb.SpikeTrains([[0.1]] * 1001, window=(0, 1)).figure(sort="rate", ax=ax),
        "intervals": lambda ax: trains.intervals_figure(0.01, ax=ax),
        "rate": lambda ax: trains.rate(0.05).figure(ax=ax),
        "correlogram": lambda ax: trains.correlogram(3, 4, 0.01, 0.05).figure(ax=ax),
        "distances": lambda ax: trains.distances("victor_purpura", cost=10.0).figure(ax=ax),
        "curve": lambda ax: rb.LIF().curve_figure(np.linspace(0, 3, 30), training=0.1, ax=ax),
        "portrait": lambda ax: portrait.figure.draw(ax),
    }
    for name, draw in drawn.items():
        figure, ax = plt.subplots()
        assert draw(ax) is ax
        assert ax.get_xlabel() and (ax.lines or ax.collections or ax.images or ax.patches), name
        figure.canvas.draw()
    _, axes = plt.subplots(2)
    many = rb.SpikeTrains([[0.1], [0.2]] * 600, window=(0, 1))
    assert many.figure(rate=True, groups={"a": 0, "b": 600}, ax=axes) is axes and len(axes[1].lines) == 2
    many.figure(sort="rate", rate=True, ax=axes)
    assert 10 <= len(axes[0].get_yticks()) <= 12
    _, axes = plt.subplots(4)
    assert run.figure(sort="first", rate=True, ax=axes) is axes and "rate" in axes[3].get_ylabel()
    _, axes = plt.subplots(2)
    assert job.figure(ax=axes) is axes and len(axes[0].lines) >= 1
    # What was simulated has its error below.
    _, axes = plt.subplots(2)
    assert rb.LIF().curve_figure(np.linspace(0, 3, 30), simulated=True, ax=axes) is axes
    assert "error" in axes[1].get_ylabel()


def test_neo_trains_come_and_go():
    neo = pytest.importorskip("neo")
    trains = rb.SpikeTrains([[0.1, 0.2], [], [0.15]], window=(0.0, 0.5), names=["a", "b", "c"])
    theirs = trains.to_neo()
    assert [t.name for t in theirs] == ["a", "b", "c"] and float(theirs[0].t_stop) == 0.5
    assert rb.SpikeTrains.from_neo(theirs) == trains
    segment = neo.Segment()
    segment.spiketrains = theirs
    assert rb.SpikeTrains.from_neo(segment) == trains
    in_ms = neo.SpikeTrain([400.0, 100.0], t_start=50.0, t_stop=450.0, units="ms")
    one = rb.SpikeTrains.from_neo(in_ms)
    np.testing.assert_allclose(one[0], [0.1, 0.4])
    np.testing.assert_allclose(one.window, (0.05, 0.45))
    steps = rb.SpikeTrains([[1, 2]], unit="steps", window=(0, 5)).to_neo()[0]
    assert steps.dimensionality.string == "dimensionless"
    with pytest.raises(TypeError, match=r"trains\[0\]: a neo SpikeTrain is needed"):
        rb.SpikeTrains.from_neo([[0.1]])
    with pytest.raises(ValueError, match="there is none"):
        rb.SpikeTrains.from_neo([])


def test_frames_come_and_go():
    pandas = pytest.importorskip("pandas")
    trains = rb.SpikeTrains([[0.1, 0.2], [], [0.15]], window=(0.0, 0.5))
    frame = trains.to_frame()
    assert list(frame.columns) == ["time", "neuron"] and frame.neuron.tolist() == [0, 0, 2]
    assert rb.SpikeTrains.from_frame(frame, window=(0.0, 0.5)) == trains
    named = pandas.DataFrame({"t": [0.3, 0.1, 0.2], "cell": ["y", "x", "y"]})
    found = rb.SpikeTrains.from_frame(named, "t", "cell")
    assert found.names == ("y", "x") and found[0].tolist() == [0.2, 0.3]
    assert found.to_frame().neuron.tolist() == ["y", "y", "x"]
    run = rb.LIF().population(2, batch=2).run(1.5, time=0.1, probes=[("v", 2)])
    spikes = run.to_frame()
    assert len(spikes) == len(run.events.step) and set(spikes["sample"]) == {0, 1}
    assert run.to_trains().to_frame()["sample"].max() == 1
    v = run.to_frame("v")
    assert v.shape == (50, 2) and v.index.name == "time" and v.index[0] == pytest.approx(0.002)
    with pytest.raises(ValueError, match="has no column 'time', only t, cell"):
        rb.SpikeTrains.from_frame(named)
