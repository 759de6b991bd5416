"""Learning: fit on arrays, jobs and checkpoints in common with the command, sessions."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rheobase as rb

(X, Y), (TEST_X, TEST_Y) = rb.digits()
SMALL = {"train.epochs": 2, "data.steps": 4, "train.batch": 256}


def network():
    return rb.Sequential(rb.Flatten(), rb.Linear(16), rb.LIFSubtract(), rb.Linear(10), rb.LI())


def fitted(**settings):
    settings = {"epochs": 2, "steps": 4, "batch": 256, "test": (TEST_X, TEST_Y), "progress": False, **settings}
    return rb.fit(network(), X, Y, **settings)


def test_every_key_of_a_setting_is_a_line() -> None:
    keys = rb.Settings.keys()
    assert len(keys) > 200 and {"table", "of", "key", "value", "meaning"} == set(keys[0]._fields)
    epochs = next(k for k in rb.Settings.keys("train.epochs") if k.key == "epochs")
    assert (epochs.table, epochs.value) == ("train", "whole number") and epochs in keys
    with pytest.raises(ValueError, match="did you mean `learning_rate`"):
        rb.Settings.keys("learning_rat")


def test_digits_are_arrays():
    assert X.shape == (1437, 1, 8, 8) and X.dtype == np.float32 and TEST_X.shape == (360, 1, 8, 8)
    assert X.min() == 0 and X.max() == 1 and set(Y.tolist()) == set(range(10))


def test_a_network_learns_from_arrays():
    seen = []
    job = fitted(epochs=4, validation=0.2, callback=lambda epoch: seen.append(epoch.epoch))
    assert seen == [1, 2, 3, 4] and job.is_done and len(job.history) == 4
    first, last = job.history[0], job.history[-1]
    assert last.loss < first.loss and last.validation_accuracy > 0.5 and 0 < last.rate < 1
    answers = job.test()
    assert answers.accuracy > 0.5 and answers.classes.shape == (360,) and answers.scores.shape == (360, 10)
    assert (answers.scores.argmax(axis=1) == answers.classes).all() and 0 < answers.rates["lif_subtract"] < 1
    assert (answers.classes == TEST_Y).mean() == answers.accuracy
    predicted = job.predict(TEST_X)
    np.testing.assert_array_equal(predicted.classes, answers.classes)
    assert predicted.accuracy is None and job.evaluate(TEST_X, TEST_Y).accuracy == answers.accuracy
    assert job.parameters["linear.weight"].shape == (64, 16) and "Job after 4 epochs" in repr(job)
    assert job._repr_svg_().startswith("<svg")


def test_the_same_seed_gives_the_same_network_whatever_the_input_is_made_of():
    one = fitted()
    assert fitted(threads=1).fingerprint == one.fingerprint != fitted(seed=1).fingerprint
    other = rb.fit(
        network(), np.asfortranarray(X.astype(np.float64)), Y.tolist(), test=(TEST_X, TEST_Y),
        settings=SMALL, progress=False,
    )
    assert other.fingerprint == one.fingerprint


def test_arrays_and_files_give_the_same_network():
    settings = rb.Settings(SMALL)
    job = rb.Job(settings).run(progress=False)
    net = rb.Network.from_toml(job.network.to_toml())
    again = rb.fit(net, X, Y, test=(TEST_X, TEST_Y), settings=settings, progress=False)
    assert again.fingerprint == job.fingerprint


def test_samples_may_change_over_time():
    series = np.repeat(X[:200, None, 0, 0, :], 5, axis=1)
    job = rb.fit(
        rb.Sequential(rb.Linear(10), rb.LI()), series, Y[:200], series=True, epochs=1, progress=False, settings=SMALL
    )
    assert series.shape == (200, 5, 8) and job.predict(series, series=True).scores.shape == (200, 10)


def test_a_callback_ends_it_and_early_stopping_does():
    job = fitted(epochs=50, callback=lambda epoch: epoch.epoch < 2)
    assert len(job.history) == 2 and not job.is_done
    assert len(job.run(lambda epoch: epoch.epoch < 4, progress=False).history) == 4
    # A rate this high makes the validation loss rise at once.
    job = fitted(epochs=60, validation=(TEST_X, TEST_Y), patience=1, learning_rate=3.0)
    assert job.is_done and len(job.history) < 60

    def fails(epoch):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fitted(callback=fails)


def test_ctrl_c_ends_a_training_and_it_goes_on_to_the_same_bits(press_ctrl_c):
    job = rb.Job(rb.Settings({**SMALL, "train.epochs": 4000, "train.batch": 32}))
    press_ctrl_c(0.7)
    with pytest.raises(KeyboardInterrupt):
        job.run(progress=False)
    done = len(job.history)
    assert 0 < done < 4000
    job.run(lambda epoch: epoch.epoch <= done, progress=False)
    whole = rb.Job(rb.Settings({**SMALL, "train.epochs": 4000, "train.batch": 32}))
    whole.run(lambda epoch: epoch.epoch <= done, progress=False)
    assert whole.fingerprint == job.fingerprint


def command(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "rheobase", *arguments], capture_output=True, text=True, timeout=300, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_and_the_command_go_on_with_each_others_runs(tmp_path):
    whole = rb.Job(rb.Settings(SMALL)).run(progress=False).fingerprint
    settings = [f"--set={key}={value}" for key, value in SMALL.items()]

    job = rb.Job(rb.Settings(SMALL)).run(lambda epoch: False, progress=False)
    (tmp_path / "python").mkdir()
    assert job.save(tmp_path / "python").name == "checkpoint.safetensors"
    assert f"fingerprint {whole}" in command("train", "--resume", "--out", "python", cwd=tmp_path)

    command("train", *settings, "--set=train.epochs=1", "--out", "command", cwd=tmp_path)
    job = rb.Job.resume(tmp_path / "command", set={"train.epochs": 2}).run(progress=False)
    assert job.fingerprint == whole
    trained = rb.Trained(tmp_path / "python")
    assert trained.fingerprint == whole and trained.network == job.network and len(trained.history) == 2
    assert trained.evaluate(TEST_X, TEST_Y).accuracy == job.test().accuracy and trained.sample_shape == (1, 8, 8)


def test_a_fit_is_saved_and_gone_on_with(tmp_path):
    whole = fitted()
    job = fitted(callback=lambda epoch: False)
    file = job.save(tmp_path / "mine.safetensors")
    again = rb.Job.resume(file, X, Y, test=(TEST_X, TEST_Y)).run(progress=False)
    assert again.fingerprint == whole.fingerprint
    with pytest.raises(ValueError, match="given by the program"):
        rb.Job.resume(file)
    with pytest.raises(OSError, match="other data"):
        rb.Job.resume(file, X[::-1], Y[::-1], test=(TEST_X, TEST_Y))
    with pytest.raises(ValueError, match="must stay"):
        rb.Job.resume(file, X, Y, test=(TEST_X, TEST_Y), set={"train.batch": 7})
    trained = rb.Trained(file)
    np.testing.assert_array_equal(trained.predict(TEST_X).classes, job.predict(TEST_X).classes)
    np.testing.assert_array_equal(trained.parameters["linear.bias"], job.parameters["linear.bias"])


def test_a_session_goes_step_by_step():
    job = fitted()
    session = job.session()
    assert session.input_shape == (1, 8, 8) and session.output_shape == (10,)
    steps = np.stack([session.step(TEST_X[0]) for _ in range(4)])
    # The score is the mean over time of what the readout gives.
    np.testing.assert_allclose(steps.mean(axis=0), job.predict(TEST_X[:1]).scores[0], rtol=1e-5)
    assert session.spikes["lif_subtract"] > 0
    state = session.save()
    after = session.step(TEST_X[0])
    session.restore(state)
    np.testing.assert_array_equal(session.step(TEST_X[0]), after)
    session.reset()
    np.testing.assert_array_equal(session.step(TEST_X[0]), steps[0])
    two = job.session(batch=2)
    np.testing.assert_array_equal(two.step(TEST_X[:2])[0], steps[0])
    for bad, words in [(TEST_X[:2], "has shape"), (np.full((1, 8, 8), np.nan), "must be a finite number")]:
        with pytest.raises(ValueError, match=words):
            session.step(bad)
    with pytest.raises(ValueError, match="another network or number of samples"):
        two.restore(state)


def test_settings_are_a_file(tmp_path):
    settings = rb.Settings({"train.epochs": 3, "train.early_stopping": {"patience": 2}, "data.validation": 0.1})
    settings.write(tmp_path / "job.toml")
    assert rb.Settings.read(tmp_path / "job.toml") == settings == pickle.loads(pickle.dumps(settings))
    other = settings.copy()
    other.set("train.early_stopping", None)
    assert other != settings and eval(repr(other), {"Settings": rb.Settings}) == other
    (tmp_path / "bad.toml").write_text("[train]\nepoch = 3\n")
    with pytest.raises(ValueError, match="bad.toml, line 2: unknown key `epoch`; did you mean `epochs`"):
        rb.Job(tmp_path / "bad.toml")


def test_what_does_nothing_is_said_once():
    silent = rb.Sequential(rb.Flatten(), rb.Linear(8), rb.LIFSubtract(v_th=1e6), rb.Linear(10), rb.LI())
    with pytest.warns(UserWarning, match="lif_subtract") as said:
        job = rb.fit(silent, X, Y, settings=SMALL, progress=False)
    assert sorted(str(w.message) for w in said) == sorted(job.warnings)


def test_progress_is_a_line_on_standard_error(capsys):
    fitted(progress=True)
    said = capsys.readouterr()
    assert "epoch 2" in said.err and "accuracy" in said.err and not said.out
    fitted(progress=False)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rb.fit("net", X, Y), TypeError, "a Network is needed"),
        (lambda: rb.fit(network(), X, Y[:5]), ValueError, r"y: has shape \(5,\), but x has 1437 samples"),
        (lambda: rb.fit(network(), X, Y + 0.5), ValueError, "whole numbers from 0"),
        (lambda: rb.fit(network(), X, -Y.astype(int)), ValueError, "whole numbers from 0"),
        (lambda: rb.fit(network(), X, Y + 1), ValueError, "classes of the data"),
        (lambda: rb.fit(network(), np.where(X > 0.99, np.nan, X), Y), ValueError, "finite"),
        (lambda: rb.fit(network(), X[:, 0, 0, 0], Y), ValueError, r"\[sample, …\] is needed"),
        (lambda: rb.fit(network(), "x", Y), TypeError, "real numbers are needed"),
        (lambda: rb.fit(network(), X, Y, epochs=0), ValueError, "epochs = 0"),
        (lambda: rb.fit(network(), X, Y, learning_rate=-1.0), ValueError, "learning_rate"),
        (lambda: rb.fit(network(), X, Y, loss="cross"), ValueError, "cross"),
        (lambda: rb.fit(network(), X, Y, encode="poison"), ValueError, "poisson"),
        (lambda: rb.fit(network(), X, Y, test=X), TypeError, "samples and their classes"),
        (lambda: rb.fit(network(), X, Y, test=(X[:, :, :4], Y)), ValueError, "the shape of the training samples"),
        (lambda: rb.fit(network(), X, Y, settings={"train.epoch": 3}), ValueError, "did you mean `epochs`"),
        (lambda: rb.fit(network(), X, Y, patience=2), ValueError, "validation"),
        (lambda: rb.fit(rb.Sequential(rb.Linear(3)), X[:, 0, 0], Y), ValueError, "one for each of the 10 classes"),
        (lambda: rb.Trained("/nowhere/x.safetensors"), OSError, "x.safetensors"),
        (lambda: rb.Job.resume("/nowhere"), OSError, "nowhere"),
        (lambda: rb.Settings({"loss": object()}), TypeError, "is not a setting"),
    ],
)
def test_bad_input_says_why(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_trained_network_refuses_other_samples():
    trained = fitted().trained()
    with pytest.raises(ValueError, match="was trained on"):
        trained.predict(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="below 10"):
        trained.evaluate(TEST_X[:2], [0, 10])


def test_stages_come_to_the_fingerprint_of_the_command():
    root = Path(__file__).resolve().parents[2]
    if not (root / "docs/stages.md").exists():
        pytest.skip("the clone's examples and docs are not here")
    job = rb.Job(rb.Settings.read(root / "examples/vision-digits.toml")).run(progress=False)
    assert f"fingerprint {job.fingerprint}" in (root / "docs/stages.md").read_text()


def test_a_network_of_rates_runs_as_spikes(tmp_path):
    net = rb.Sequential(
        rb.Flatten(), rb.Linear(48), rb.Neurons(rb.LIF(amplitude=10.0), as_rate=True, sigma=0.1), rb.Linear(10)
    )
    loss = {"kind": "cross_entropy", "readout": "mean"}
    trained = rb.fit(net, X, Y, steps=1, epochs=4, loss=loss, progress=False).trained()
    found = trained.as_spikes(TEST_X, TEST_Y, steps=60, synapse=("alpha", 0.003))
    assert found.as_trained == trained.evaluate(TEST_X, TEST_Y).accuracy > 0.85
    assert abs(found.predicted - found.as_spikes) < 0.05 and found.classes.shape == (360,)
    assert (found.classes == TEST_Y).mean() == found.as_spikes
    assert found.course[-1]["steps"] == 60 and found.layers[0]["layer"] == "lif" and found.layers[0]["rate"] > 1
    with pytest.raises(ValueError, match="shape"):
        trained.as_spikes(TEST_X, TEST_Y, synapse=("box", 0.003))
    with pytest.raises(ValueError, match="must be below the 10 steps"):
        trained.as_spikes(TEST_X, TEST_Y, steps=10, start=10)
    # From rest the first spike comes a whole interval late: rates of a short presentation are too low, from half of the way less so.
    short = [trained.as_spikes(TEST_X, TEST_Y, steps=30, start=0, initial_potential=share).layers[0] for share in (0.0, 0.5)]
    assert short[1]["mean_error"] < 0.8 * short[0]["mean_error"]
    assert short[1]["rate"] > short[0]["rate"]
    with pytest.raises(ValueError, match=r"initial_potential = 1.*below 1"):
        trained.as_spikes(TEST_X, TEST_Y, steps=30, initial_potential=1.0)


def test_spiking_layers_are_fitted_as_rates(tmp_path):
    rates, layers = fitted(epochs=3).trained().to_rates(X, tmp_path / "rates.safetensors")
    assert layers[0]["layer"] == "lif_subtract" and 0 < layers[0]["error"] < layers[0]["rate"] * 2
    assert rates.evaluate(TEST_X, TEST_Y).accuracy > 0.4


def test_controls_are_other_jobs_on_the_same_samples():
    settings = rb.Settings()
    settings.set("train.epochs", 2)
    settings.set("control", [{"name": "less", "set": {"train.epochs": 1, "optimise.learning_rate": 0.0005}}])
    job = rb.Job(settings).run(progress=False)
    (less,) = job.controls(progress=False).values()
    correct = round(job.test().accuracy * 360)
    assert less.both + less.only_job == correct
    assert less.both + less.only_control == round(less.accuracy * 360)
    assert less.both + less.only_job + less.only_control + less.neither == 360
    assert less.accuracy < job.test().accuracy and 0 < less.p < 1
    with pytest.raises(ValueError, match="control.more"):
        settings.set("control", [{"name": "more", "set": {"train.batch": 0}}])
        rb.Job(settings)


def test_features_look_like_what_they_are_made_of():
    root = Path(__file__).resolve().parents[2]
    if not (root / "examples/vision-digits.toml").exists():
        pytest.skip("the clone's examples are not here")
    settings = rb.Settings.read(root / "examples/vision-digits.toml")
    settings.set("stage.features.epochs", 0)
    settings.set("train.epochs", 0)
    job = rb.Job(settings).run(progress=False)
    assert np.array_equal(job.receptive_fields("features"), job.parameters["features.weight"])
    with pytest.raises(ValueError, match="no convolution of images"):
        job.receptive_fields("readout_linear")
    with pytest.raises(ValueError, match="did you mean `features`"):
        job.receptive_fields("featurez")


def test_a_test_after_every_epoch_is_kept_and_drawn(tmp_path):
    job = fitted(settings={"train.test_every": 2}, epochs=4)
    assert [epoch.test_accuracy is None for epoch in job.history] == [True, False, True, False]
    assert job.history[-1].test_accuracy == job.test().accuracy
    svg = job.figure(log=True).to_svg()
    assert ">test<" in svg and ">training<" in svg
    trained = job.trained()
    assert trained.figure().to_svg() == job.figure().to_svg()
    assert "linear" in trained.weights_figure("linear", map=(8, 8)).to_svg()
    with pytest.raises(TypeError, match="unknown parameter `hidde`; known: `linear.weight`"):
        trained.weights_figure("hidde")
    with pytest.raises(ValueError, match="map 3,3"):
        trained.weights_figure(map=(3, 3))
    page = job.report(tmp_path / "page.html").read_text()
    assert ">test<" in page
