"""Long calls: Ctrl-C ends them, other threads go on meanwhile, nothing leaks."""

import gc
import os
import threading
import time

import numpy as np
import pytest

import rheobase as rb


def test_ctrl_c_ends_a_run_within_a_third_of_a_second(press_ctrl_c):
    p = rb.AdEx().population(20_000)
    pressed = press_ctrl_c(0.5)
    with pytest.raises(KeyboardInterrupt) as caught:
        p.run(800.0, time=200.0, spikes="none", probes=[("v", 256)])
    late = time.perf_counter() - pressed[0]
    # 0.3 s, and as much again for a machine that is busy otherwise and a library that is not optimised.
    assert late < 0.6, late
    done = caught.value.recording.steps
    assert 0 < done < 200_000 and caught.value.recording["v"].shape == (done // 256, 20_000)
    whole = rb.AdEx().population(20_000)
    whole.run(800.0, steps=done, spikes="none")
    np.testing.assert_array_equal(p.state["v"], whole.state["v"])


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


def test_eight_threads_at_once():
    want = rb.LIF().population(300).run(rb.Stimulus.noise(1, 1), steps=200).output
    failures = []

    def work():
        try:
            for _ in range(10):
                got = rb.LIF().population(300).run(rb.Stimulus.noise(1, 1), steps=200).output
                np.testing.assert_array_equal(got, want)
        except BaseException as error:  # whatever it is, the test has to know
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


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

    def calls(count):
        for _ in range(count):
            p.run(x, probes=["v"])
            p.step(x[0])

    calls(5_000)
    before = pages()
    calls(50_000)
    # Every call makes arrays of some hundred bytes: had each left one behind, there were 2,000 pages more.
    assert pages() - before < 500
