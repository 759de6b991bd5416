"""The command ``rheobase`` within the package: output, exit codes, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time

import pytest

import rheobase as rb


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "rheobase", *arguments], capture_output=True, text=True, timeout=120, **options
    )


def test_it_runs(tmp_path):
    done = command("simulate", "lif", "--plot", "lif.svg", cwd=tmp_path)
    assert done.returncode == 0 and "26 Hz" in done.stdout and (tmp_path / "lif.svg").stat().st_size > 1000
    assert command("--version").stdout.split()[1] == rb.__version__


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["simulat"], 2, "simulate"),
        (["models", "lyf"], 2, "did you mean `lif`"),
        (["simulate", "--help"], 0, ""),
        (["analyse", "none.npz"], 2, "none.npz"),
    ],
)
def test_exit_codes_are_the_binarys(arguments, code, words):
    done = command(*arguments)
    assert done.returncode == code and words in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it(number, code):
    arguments = ["simulate", "lif", "--neurons", "1000", "--time", "1e5"]
    # Shells start processes in the background with Ctrl-C ignored; here it is as at a terminal.
    process = subprocess.Popen(
        [sys.executable, "-m", "rheobase", *arguments], stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    time.sleep(1.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code and "interrupted after" in said
