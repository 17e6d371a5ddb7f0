"""Ctrl-C, SIGTERM and kill -9, sent to a real process that trains."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from harness import WALL

from latentkit.formats import history
from latentkit.formats.run import read_record
from latentkit.formats.tensors import read_tensors
from latentkit.training.checkpoint import restore

SMALL = shlex.split(
    "--backend numpy --size 8 --latent 3 --width 4 --batch 16 --validation 0.2 --validate-every 2 --no-pictures"
)
LONG = shlex.split("--epochs 100000 --patience 100000")


def listening():
    """Restore the handler of Ctrl-C: a shell makes background processes ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def begin(environment, blobs, tmp_path):
    """Start a very long training; return after its first validations."""
    started = []

    def begin(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "latentkit", "train", str(blobs), "-o", "run", *SMALL, *LONG, *options],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=listening,
        )
        started.append(process)
        wait(process, lambda: validations(tmp_path / "run") > 2)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def validations(run: Path) -> int:
    return sum("validation" in line for line in history.read_history(run / "history.jsonl").lines)


def wait(process, until) -> None:
    deadline = time.monotonic() + WALL
    while not until():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_goes_on(latentkit, blobs, run: Path) -> None:
    """Resume for two more epochs; the run then equals an uninterrupted one."""
    epochs = restore(run)[1].step // 3 + 2
    done = latentkit("train", blobs, "-o", "run", "--resume", "--epochs", epochs)
    assert (done.returncode, done.stdout) == (0, "run\n"), done.stderr
    unbroken = latentkit("train", blobs, "-o", "unbroken", *SMALL, "--patience", 100_000, "--epochs", epochs)
    assert unbroken.returncode == 0, unbroken.stderr
    (state, _), (expected, _) = (
        read_tensors(path / "last.safetensors") for path in (run, run.parent / "unbroken")
    )
    for name, value in expected.items():
        np.testing.assert_array_equal(state[name], value, err_msg=name)
    losses, whole = (
        [
            line["validation"]["loss"]
            for line in history.read_history(path / "history.jsonl").lines
            if "validation" in line
        ]
        for path in (run, run.parent / "unbroken")
    )
    assert losses == whole


def test_ctrl_c_saves_the_run_exits_130_and_the_run_resumes(begin, latentkit, blobs, tmp_path):
    process = begin()
    process.send_signal(signal.SIGINT)
    out, words = process.communicate(timeout=WALL)
    assert (process.returncode, out) == (130, "")
    step = restore(tmp_path / "run")[1].step
    assert f"interrupted after step {step}; continue with --resume" in words.splitlines()
    assert words.splitlines()[-1] == "latentkit: interrupted"
    assert read_record(tmp_path / "run")["state"] == "interrupted"
    assert step >= 6
    assert_goes_on(latentkit, blobs, tmp_path / "run")


def test_sigterm_saves_the_run_and_exits_143(begin, tmp_path):
    process = begin("--quiet")
    process.send_signal(signal.SIGTERM)
    out, words = process.communicate(timeout=WALL)
    assert (process.returncode, out, words) == (143, "", "latentkit: terminated\n")
    assert read_record(tmp_path / "run")["state"] == "interrupted"
    assert restore(tmp_path / "run")[1].step >= 6


def test_a_second_ctrl_c_does_not_wait_for_the_step(environment, blobs, tmp_path):
    # A step that would take a minute: a backend of one line that sleeps in it.
    (tmp_path / "slow.py").write_text(
        "import sys, time\nfrom latentkit_numpy import *\nfrom latentkit_numpy.model import NumpyModel\n"
        "def step(*_, **__):\n    print('stepping', file=sys.stderr, flush=True)\n"
        "    for _ in range(600):\n        time.sleep(0.1)\n"
        "NumpyModel.step = step\nAPI = 1\n"
    )
    info = tmp_path / "slow-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[latentkit.backends]\nslow = slow\n")
    path = os.pathsep.join([environment["PYTHONPATH"], str(tmp_path)])
    process = subprocess.Popen(
        [sys.executable, "-m", "latentkit", "train", str(blobs), "-o", "run", *SMALL, "--backend", "slow"],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listening,
    )
    with process:
        for line in process.stderr:
            if line == "stepping\n":
                break
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=WALL) == 130
        assert process.stderr.read() == "latentkit: interrupted\n"
    assert restore(tmp_path / "run")[1].step == 0


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(6))
def test_a_killed_run_resumes(begin, latentkit, blobs, tmp_path, moment):
    process = begin()
    time.sleep(0.13 * moment)
    process.kill()
    process.wait()
    assert read_record(tmp_path / "run")["state"] == "running"
    assert_goes_on(latentkit, blobs, tmp_path / "run")
