"""Sweeps and comparisons: the command's runs, from Python."""

import pytest

import rheobase as rb

FEW = {"data.steps": 3, "train.epochs": 1, "train.batch": 256}


def test_a_sweep_is_compared_and_goes_on(tmp_path):
    values = {"optimise.learning_rate": [0.01, 0.002]}
    found = rb.sweep(FEW, values, seeds=2, out=tmp_path / "sweep", jobs=2, progress=False)
    assert len(found) == 4 and [len(group["runs"]) for group in found.groups] == [2, 2]
    assert found.groups[0]["accuracy_standard_deviation"] is not None
    first = found.runs[0]
    assert first["settings"] == {"optimise.learning_rate": "0.01", "train.seed": "0"}
    job = rb.Job(rb.Settings({**FEW, "optimise.learning_rate": 0.01})).run(progress=False)
    assert first["result"]["fingerprint"] == job.fingerprint

    before = (tmp_path / "sweep" / "learning_rate-0.01_seed-0" / "report.json").stat().st_mtime_ns
    again = rb.sweep(FEW, values, seeds=[0, 1], out=tmp_path / "sweep", progress=False)
    assert again.runs == found.runs
    assert (tmp_path / "sweep" / "learning_rate-0.01_seed-0" / "report.json").stat().st_mtime_ns == before

    compared = rb.Comparison(tmp_path / "sweep")
    assert len(compared) == 4 and compared.to_csv().count("\n") == 5
    assert "mean and range over 2 seeds" in compared.figure(log=True).to_svg()


def test_faults_are_errors(tmp_path):
    with pytest.raises(ValueError, match="unknown key|did you mean"):
        rb.sweep(None, {"train.epoch": [1]}, out=tmp_path / "sweep")
    with pytest.raises(ValueError, match="needs a whole number of at least 0, not the text"):
        rb.Settings({"train.epochs": "many"})
    with pytest.raises(ValueError, match="at least one"):
        rb.sweep(FEW, {}, seeds=[], out=tmp_path / "sweep")
    with pytest.raises(OSError, match="holds neither"):
        rb.Comparison(tmp_path)


def test_the_reference_explains_keys():
    assert "`checkpoint_every`" in rb.Settings.reference("train")
    assert rb.Settings.reference().startswith("# Settings")
    with pytest.raises(ValueError, match="learning_rate"):
        rb.Settings.reference("learning_rat")


def test_figures_have_sizes_and_say_where_they_come_from(tmp_path):
    figure = rb.LIF().population(3).run(1.2, time=0.1).figure()
    small = figure.sized(width=85, height=60, font=7, dpi=600).provenance("seed", "7")
    assert small.to_pdf()[:5] == b"%PDF-" and b"seed = 7" in small.to_png()
    assert f'width="{85 / 25.4 * 72:.2f}'.rstrip("0") in small.to_svg() and "seed = 7" in small.to_svg()
    small.save(tmp_path / "small.pdf")
    with pytest.raises(ValueError, match="30..=1000 mm"):
        figure.sized(width=5)


def test_intervals_that_are_too_short_are_counted():
    trains = rb.SpikeTrains([[0.0, 0.001, 0.001, 0.004]], window=(0, 1))
    assert trains.violations() == [(1, 1, 3)]
