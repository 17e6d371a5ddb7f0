"""The suite of benchmarks measures what it says: its rows can be run, and its figures have known answers."""

import json
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks import material, measure, table
from benchmarks.row import Bar, Scale, against, alone
from benchmarks.rows import ROWS
from PIL import Image

from latentkit.formats.latents import read_latents

ROOT = Path(__file__).parents[1]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_a_function_that_says_what_it_measures(row):
    module, function = row.place.split(":")
    assert getattr(import_module(f"benchmarks.rows.{module}"), function).__doc__


def test_the_whole_suite_says_it_takes_no_more_than_half_an_hour():
    assert sum(row.seconds for row in ROWS) <= 1800
    assert all(row.quick < row.seconds for row in ROWS)


def test_the_rows_are_listed_and_an_unknown_one_is_refused():
    listed = bench("--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [row.name for row in ROWS]
    done = bench("nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no row is called nothing: help, ")


def test_a_row_alone_gives_its_lines_as_json():
    done = bench("denoise", "--quick", "--json")
    (line,) = (json.loads(text) for text in done.stdout.splitlines())
    assert line["row"] == "denoise" and line["unit"] == "ms an image" and line["bar"] == "<= 0.1"
    assert 0 < line["lowest"] <= line["ours"] <= line["highest"]
    assert line["passed"] == (line["ours"] <= 0.1)
    assert done.returncode == (0 if line["passed"] else 3)


# Lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign, figure, holds", [(">=", 2.0, True), (">=", 1.99, False), ("<=", 2.0, True), ("<=", 2.01, False)]
)
def test_a_bar_holds_on_its_own_side(sign, figure, holds):
    assert Bar(sign, 2.0).holds(figure) is holds
    assert alone("x", "s", [figure], Bar(sign, 2.0)).passed is holds


def test_a_ratio_is_the_median_of_those_of_the_rounds():
    line = against("x", "s", [(1, 2), (3, 2), (8, 10)], Bar("<=", 0.8))
    assert (line.ours, line.theirs, line.ratio) == (3, 2, 0.8)
    assert (line.lowest, line.highest, line.passed) == (0.5, 1.5, True)


def test_a_line_without_a_bar_neither_passes_nor_misses():
    assert against("x", "s", [(1, 2)], None).passed is None


def test_the_table_shows_every_figure_and_why_a_row_missed():
    lines = [
        against("one / other", "images/s", [(10, 20)], Bar(">=", 0.97), why="sleep 99%"),
        alone("alone", "s", [3.0], Bar("<=", 4)),
    ]
    head, miss, why, passed = table.text(lines).splitlines()
    assert head.split() == ["what", "ours", "theirs", "unit", "ratio", "spread", "bar"]
    assert miss.split() == ["one", "/", "other", "10", "20", "images/s", "0.5x", ">=", "0.97x", "MISS"]
    assert why == "    sleep 99%"
    assert passed.split() == ["alone", "3", "s", "<=", "4", "pass"]


def test_growth_is_drawn(tmp_path):
    lines = [
        alone("growth of embed, time: 3 s", "exponent", [1.0], None, points=[(1000, 1.0), (10000, 3.0)]),
        alone("growth of embed, peak memory: 9 MiB", "exponent", [0.2], None, points=[(1000, 5), (10000, 9)]),
    ]
    table.picture(lines, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


# Measuring -------------------------------------------------------------------------------------


def test_works_take_turns_and_seconds_are_their_own():
    order = []

    def work(name, seconds):
        def run():
            order.append(name)
            time.sleep(seconds)

        return run

    pairs = measure.in_turn(work("ours", 0.02), work("theirs", 0.04), 3)
    assert "".join(name[0] for name in order) == "ot" + "to" + "ot" + "to"
    assert all(0.02 <= ours < 0.04 <= theirs for ours, theirs in pairs)


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_exponent_of_a_power_is_that_power(power):
    assert measure.exponent([(n, 7.0 * n**power) for n in (10, 1000, 30000)]) == pytest.approx(power)


def test_peak_memory_is_that_of_the_command_and_not_of_what_started_it():
    held = np.ones(200 * 2**20, np.uint8)  # of this process
    small = measure.process([sys.executable, "-S", "-c", "pass"]).peak
    large = measure.process([sys.executable, "-S", "-c", "bytearray(100 * 2**20)"]).peak
    assert small < 50 * 2**20 < 100 * 2**20 < large < 160 * 2**20 < held.nbytes


def test_a_command_that_fails_is_an_error_with_its_words():
    with pytest.raises(RuntimeError, match=r"failed \(3\): because"):
        measure.process([sys.executable, "-c", "import sys; sys.stderr.write('because'); sys.exit(3)"])


def test_a_miss_is_explained_by_what_took_the_time_and_a_pass_is_not():
    missed, passed = (alone("x", "s", [2.0], Bar("<=", most)) for most in (1.0, 3.0))
    assert measure.explained(missed, lambda: time.sleep(0.05)).why.startswith("built-in method time.sleep ")
    assert measure.explained(passed, lambda: pytest.fail("profiled")) == passed


# Material --------------------------------------------------------------------------------------


def test_photos_are_large_jpegs_no_two_of_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(material, "LIKENESSES", 2)
    folder = material.photos(Scale(True, tmp_path))
    paths = sorted(folder.rglob("*.jpg"))
    assert len({path.read_bytes() for path in paths}) == len(paths) == 120
    with Image.open(paths[0]) as image:
        image.load()
        assert image.format == "JPEG" and all(400 <= side <= 888 for side in image.size)


def test_photos_that_are_named_are_taken(tmp_path):
    assert material.photos(Scale(True, tmp_path, tmp_path / "mine")) == tmp_path / "mine"


def test_latents_are_classes_that_overlap(tmp_path):
    found = read_latents(material.latents(tmp_path / "z.npz", 500, 8), name="z")
    assert found.mu.shape == (500, 8) and len(set(found.labels.tolist())) == 3


def test_without_a_gpu_that_row_has_no_line_and_says_so():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = bench("gpu", "--quick", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "gpu: not measured, there is no CUDA device here" in done.stderr.splitlines()


def test_only_kernels_count_and_each_once():
    from torch.autograd import DeviceType

    def event(key, device, seconds, *, annotation=False):
        return SimpleNamespace(
            key=key, device_type=device, self_device_time_total=seconds * 1e6, is_user_annotation=annotation
        )

    events = [
        event("aten::mm", DeviceType.CPU, 3),  # what started the next
        event("sgemm", DeviceType.CUDA, 3),
        event("silu", DeviceType.CUDA, 0.5),
        event("Optimizer.step#Adam.step", DeviceType.CUDA, 4, annotation=True),
        event("Memcpy HtoD", DeviceType.CUDA, 1),
    ]
    assert measure.kernels(events) == pytest.approx(3.5)
