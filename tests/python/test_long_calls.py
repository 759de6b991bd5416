"""Long calls: Ctrl-C ends them, other threads go on meanwhile, nothing leaks."""

import gc
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import rheobase as rb


ROOT = Path(__file__).resolve().parents[2]
DIGITS = rb.digits()
LIMIT = 0.3
"""Seconds from Ctrl-C to the exception."""


def late_by(press_ctrl_c, call):
    """How long a call goes on after Ctrl-C."""
    pressed = press_ctrl_c(0.4)
    with pytest.raises(KeyboardInterrupt) as caught:
        call()
        press_ctrl_c.cancel()
        pytest.fail("the call was over before Ctrl-C")
    return time.perf_counter() - pressed[0], caught.value


def adex(neurons=20_000, **settings):
    return rb.AdEx().population(neurons, **settings)


def trains(count, spikes, seed=0):
    return rb.SpikeTrains(np.sort(np.random.default_rng(seed).random((count, spikes)) * 100, axis=1), window=(0, 100))


def of(trains, call):
    """The call on trains that are made before: what makes them is NumPy's, which does not look for Ctrl-C."""
    return lambda: call(trains)


def taped():
    p = adex()
    run = p.run(800.0, steps=600, taped=True, spikes="none")
    one = np.ones((600, 20_000), np.float32)
    return lambda: [p.gradients(run, output=one, parameters=["tau_m", "a", "b"]) for _ in range(40)]


def coupled():
    p = rb.LIF().population(1500, lateral=np.full((1500, 1500), 1e-4), threads=1)
    run = p.run(1.2, steps=300, taped=True, spikes="none")
    one = np.ones((300, 1500), np.float32)
    return lambda: [p.gradients(run, output=one, parameters=["tau_m"]) for _ in range(40)]


def kernel_rates():
    times, spikes = np.arange(20_000) * 0.001, np.random.default_rng(0).random((20_000, 600))
    return lambda: [rb.analyse.rates_kernel(times, spikes, "gauss", 0.05) for _ in range(40)]


def fitted(of, **settings):
    """A wide network fitted to digits, or to batches of them."""
    wide = rb.Sequential(rb.Flatten(), rb.Linear(1500), rb.LIFSubtract(), rb.Linear(1500), rb.LIFSubtract(), rb.Linear(10), rb.LI())
    return rb.fit(wide, *of, test=DIGITS[1], steps=60, epochs=1, progress=False, **settings)


def evaluation(trained):
    job = fitted([DIGITS[0][0][:100], DIGITS[0][1][:100]])
    judged = job.trained() if trained else job
    x, y = (np.repeat(part, 40, axis=0) for part in DIGITS[0])
    return lambda: judged.evaluate(x, y)


def stage():
    settings = rb.Settings.read(ROOT / "examples" / "vision-digits.toml")
    settings.set("data.steps", 15)
    stages = settings.to_toml().replace("epochs = 2", "epochs = 200")
    return lambda: rb.Job(rb.Settings.from_toml(stages)).run(progress=False)


LONG = {
    "run": lambda: lambda: adex().run(800.0, time=200.0, spikes="none"),
    "run that records bits": lambda: lambda: rb.LIF().population(20_000).run(1.5, steps=400_000, spikes="bits"),
    "run of neurons that see each other": lambda: lambda: rb.LIF()
    .population(3000, lateral=np.full((3000, 3000), 1e-4))
    .run(1.2, steps=100_000, spikes="none"),
    "taped run": lambda: lambda: adex(300_000).run(800.0, steps=5_000, spikes="none", taped=True),
    "gradients": taped,
    "gradients of neurons that see each other": coupled,
    "curve by simulation": lambda: lambda: rb.AdEx().simulated_rates(np.linspace(0, 1000, 1_000_000)),
    "strength and duration": lambda: lambda: rb.AdEx().dynamics().strength_duration(np.linspace(0.001, 0.9, 400)),
    "training": lambda: lambda: fitted(DIGITS[0], batch=512),
    "training on batches": lambda: lambda: fitted([[DIGITS[0]]]),
    "evaluation": lambda: evaluation(False),
    "evaluation of a checkpoint": lambda: evaluation(True),
    "distances": lambda: of(trains(400, 4000), lambda t: t.distances("victor_purpura", cost=1.0)),
    "one long distance": lambda: of(trains(2, 200_000), lambda t: rb.analyse.victor_purpura(*t, cost=0.01)),
    "correlogram": lambda: of(trains(2, 300_000), lambda t: t.correlogram(0, 1, 0.01, 90.0)),
    "coincidences of all": lambda: of(trains(3000, 2000), lambda t: t.spike_sync()),
    "correlation of counts": lambda: of(trains(6000, 2000), lambda t: t.count_correlation(0.01)),
    "rates by kernel": kernel_rates,
}
if (ROOT / "examples" / "vision-digits.toml").exists():
    LONG["a stage"] = stage
    LONG["verification"] = lambda: lambda: [rb.verify(ROOT / "conformance" / "traces") for _ in range(50)]


@pytest.mark.parametrize("call", LONG)
def test_ctrl_c_ends_every_long_call(call, press_ctrl_c):
    taken = []
    # Others use the machine, too: once in time is in time.
    for _ in range(5):
        late, _ = late_by(press_ctrl_c, LONG[call]())
        taken.append(late)
        if late < LIMIT:
            return
    pytest.fail(f"{call} went on for {min(taken):.2f} s after Ctrl-C")


def test_a_run_that_was_ended_has_what_it_recorded(press_ctrl_c):
    p = adex()
    late, raised = late_by(press_ctrl_c, lambda: p.run(800.0, time=200.0, spikes="none", probes=[("v", 256)]))
    done = raised.recording.steps
    assert 0 < done < 200_000 and raised.recording["v"].shape == (done // 256, 20_000), late
    whole = adex()
    whole.run(800.0, steps=done, spikes="none")
    np.testing.assert_array_equal(p.state["v"], whole.state["v"])


def test_what_was_ended_changes_nothing(press_ctrl_c):
    p = adex(300_000)
    before = p.save()
    late_by(press_ctrl_c, lambda: p.run(800.0, steps=5_000, spikes="none", taped=True))
    after = p.save()
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_other_threads_go_on_meanwhile():
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    rb.AdEx().population(20_000, threads=1).run(800.0, steps=3000, spikes="none")
    during = counted[0] - before
    stop.set()
    thread.join()
    assert during > 10


def everything():
    """A little of all there is; what comes out, to be compared."""
    neurons = rb.LIF().population(300)
    run = neurons.run(rb.Stimulus.noise(1, 1), steps=200, probes=["v"], taped=True)
    slopes = neurons.gradients(run, output=np.ones((200, 300)), parameters=["tau_m"])
    trains = run.to_trains()
    (x, y), _ = DIGITS
    network = rb.Sequential(rb.Flatten(), rb.Linear(8), rb.LIFSubtract(), rb.Linear(10), rb.LI())
    job = rb.fit(network, x[:64], y[:64], test=(x[:64], y[:64]), epochs=1, steps=4, progress=False)
    return [
        run.output,
        slopes.input,
        trains.distances("van_rossum", tau=0.01).matrix,
        rb.AdEx().rates(np.linspace(0, 900, 5)),
        job.test().scores,
        job.session().step(x[0]),
        np.frombuffer(run.figure().to_svg().encode(), np.uint8),
    ]


def test_eight_threads_at_once():
    want, failures = everything(), []

    def work():
        try:
            for _ in range(5):
                for a, b in zip(everything(), want, strict=True):
                    np.testing.assert_array_equal(a, b)
        except BaseException as error:  # whatever it is, the test has to know
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_one_job_and_one_session_in_eight_threads_are_errors_not_crashes():
    (x, y), test = DIGITS
    network = rb.Sequential(rb.Flatten(), rb.Linear(64), rb.LIFSubtract(), rb.Linear(10), rb.LI())
    job = rb.fit(network, x, y, test=test, epochs=1, steps=4, progress=False)
    session, said = job.session(), []

    def work():
        for _ in range(30):
            try:
                session.step(x[0])
                job.run(progress=False)
                job.evaluate(x[:32], y[:32])
            except RuntimeError as error:
                said.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("borrowed" in text for text in said)
    assert session.step(x[0]).shape == (10,) and len(job.history) == 1


def test_a_population_in_two_threads_is_an_error_not_a_crash():
    p = rb.AdEx().population(20_000)
    said = []

    def run():
        try:
            p.run(800.0, steps=1500, spikes="none")
        except RuntimeError as error:
            said.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) <= 1 and all("borrowed" in text for text in said)
    p.run(800.0, steps=1)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux says how much memory a process has")
def test_a_hundred_thousand_calls_leak_nothing():
    def pages():
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1])

    p = rb.LIF().population(10)
    x = np.ones((1, 10), np.float32)
    lif, trains = rb.LIF(), rb.SpikeTrains([[0.1, 0.2], [0.15]])
    learner = rb.Learner(np.full((4, 2), 0.5), rule={"pair": {}})
    data = rb.Dataset(np.ones((2, 4)), [0, 1])

    def calls(count):
        for i in range(count):
            p.run(x, probes=["v"])
            p.step(x[0])
            if i % 10 == 0:
                taped = p.run(x, taped=True)
                p.gradients(taped, output=x, parameters=["tau_m"])
                lif.rates([1.5, 2.0])
                trains.distances("van_rossum", tau=0.1)
                np.asarray(data.encode("latency", 0, steps=3))
                learner.sample(np.ones((2, 4)), np.ones((2, 2)))
                p.save()
                with pytest.raises(ValueError):
                    p.step(np.nan)

    calls(5_000)
    # Every call makes arrays of some hundred bytes: had each left one behind, there were 1,000 pages more in every round, however
    # many there are, while an allocator that still uses up what other tests left takes less from round to round.
    grown: list[int] = []
    while len(grown) < 4 or (min(grown) >= 250 and len(grown) < 12):
        before = pages()
        calls(25_000)
        grown.append(pages() - before)
    assert min(grown) < 250, grown
