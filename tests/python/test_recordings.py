"""Recordings as other tools write them: read, refused with what decides, written, and put into steps."""

import wave
from pathlib import Path

import numpy as np
import pytest
import rheobase as rb

HERE = Path(__file__).parents[2] / "crates/rheobase-data/tests/recordings"


def test_files_say_what_was_understood():
    trains = rb.read_trains(HERE / "brian2/states.npz")
    assert trains.names == ("0", "1", "2", "3", "4") and trains.spikes == 98
    assert "times in s" in trains.understood and any("last spike" in note for note in trains.notes)
    assert rb.SpikeTrains([[0.1]]).understood is None
    phy = rb.read_trains(HERE / "phy/sorted", stop=2.0)
    assert phy.names == ("2", "5", "11") and phy.window == (0.0, 2.0)
    assert rb.read_trains(HERE / "phy/sorted", verdict="good").names == ("2",)
    assert rb.read_trains(HERE / "nwb/observed_in_parts.nwb", verdict=["good", "noise"]).names == ("101", "103", "250")
    with pytest.raises(OSError, match="no verdicts .* verdict could choose"):
        rb.read_trains(HERE / "brian2/states.npz", verdict="good")


def test_what_a_file_does_not_say_is_asked_for():
    with pytest.raises(OSError, match="dt"):
        rb.read_trains(HERE / "nest/crowded_steps.dat")
    assert [len(t) for t in rb.read_trains(HERE / "nest/crowded_steps.dat", dt=1e-4)] == [97, 94]
    with pytest.raises(OSError, match=r"each: columns=neuron,time, or time,neuron; with unit=s\|ms\|us\|samples=RATE") as asked:
        rb.read_trains(HERE / "brian2/savetxt.txt")
    assert "--" not in str(asked.value), "options are the command's"
    by_name = rb.read_trains(HERE / "brian2/savetxt.txt", columns={"neuron": "column_1", "time": "column_2"}, unit="s")
    assert by_name == rb.read_trains(HERE / "brian2/savetxt.txt", columns="neuron,time", unit="s")
    with pytest.raises(ValueError, match="unit: `h`"):
        rb.read_trains(HERE / "brian2/savetxt.txt", unit="h")
    merged = rb.read_trains(HERE / "tonic/events.npy", polarity="merge", pool=4)
    assert all(name.count(",") == 1 for name in merged.names) and merged.spikes == 120


def test_trains_are_written_and_come_back(tmp_path):
    trains = rb.SpikeTrains([[0.1, 0.25], [], [0.2]], names=["7", "8", "30"], window=(0, 1))
    for ending in ("csv", "npz"):
        trains.write(tmp_path / f"t.{ending}")
        assert rb.read_trains(tmp_path / f"t.{ending}") == trains
    for ending in ("nwb", "h5"):
        trains.write(tmp_path / f"t.{ending}")
        assert rb.read_trains(tmp_path / f"t.{ending}").spikes == 3
    with pytest.raises(OSError, match=r"`\.mat`"):
        trains.write(tmp_path / "t.mat")


def test_times_become_steps():
    times = np.arange(1000) * 1e-4
    assert (np.floor(times / 1e-4) != np.arange(1000)).any()
    dense = rb.SpikeTrains([times], window=(0, 0.1)).to_dense(1e-4)
    assert dense.shape == (1000, 1) and (dense == 1).all()
    two = rb.SpikeTrains([[0.01, 0.012]], window=(0, 0.1))
    assert two.to_dense(0.01).sum() == 2 and two.to_dense(0.01, doubles="one").sum() == 1
    with pytest.raises(ValueError, match="2 spikes of train 0"):
        two.to_dense(0.01, doubles="error")


def test_events_of_cameras_are_arrays(tmp_path):
    events = rb.read_events(HERE / "tonic/events.npy")
    assert len(events.t) == 120 and events.t.dtype == np.int64 and set(events.p) == {0, 1}
    assert events.x.max() < events.width and events.y.max() < events.height
    table = tmp_path / "events.csv"
    table.write_text("".join(f"{x},{y},{p},{t}\n" for t, x, y, p in zip(*events[:4])))
    with pytest.raises(OSError, match="columns"):
        rb.read_events(table)
    back = rb.read_events(table, columns="x,y,polarity,time", unit="us")
    assert all((a == b).all() for a, b in zip(back[:4], events[:4]))
    with pytest.raises(OSError, match="no events of a camera"):
        rb.read_events(HERE / "brian2/states.npz")


def test_sound_is_values_and_input(tmp_path):
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(np.array([[16384, 0], [-32768, 8192]], "<i2").tobytes())
    sound = rb.read_wav(path)
    assert sound.rate == 8000 and sound.values.dtype == np.float32
    assert np.asarray(sound).tolist() == [[0.5, 0.0], [-1.0, 0.25]]
    run = rb.LIF().population(2, dt=1 / sound.rate).run(rb.Stimulus.array(sound.values), steps=2, probes=["input"])
    assert run["input"].reshape(2, 2).tolist() == sound.values.tolist()
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(OSError, match="tone.wav"):
        rb.read_wav(path)


def test_trains_are_written_for_neo(tmp_path):
    trains = rb.read_trains(HERE / "variants_neo/trials.nix")
    trains.write(tmp_path / "again.nix")
    again = rb.read_trains(tmp_path / "again.nix")
    assert again.names == trains.names and [list(t) for t in again] == [list(t) for t in trains]
