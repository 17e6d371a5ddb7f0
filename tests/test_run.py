"""A run that is open: each part is read when it is first needed, and only once."""

import shutil

import numpy as np
import pytest

from latentkit.errors import FormatError
from latentkit.formats.run import FILES, write_record
from latentkit.run import Run, open_run

PARTS = (
    "record",
    "architecture",
    "transform",
    "images",
    "split",
    "history",
    "weights",
    "weights_digest",
    "baseline",
    "kl_per_dim",
    "improving",
    "backend",
    "model",
)


@pytest.fixture
def run(trained, tmp_path, numpy_backend) -> Run:
    shutil.copytree(trained, tmp_path / "run")
    return open_run(tmp_path / "run", numpy_backend)


def test_nothing_but_the_record_is_needed_to_open_a_run(run):
    for name in FILES:
        if name != "run.json":
            (run.path / name).unlink(missing_ok=True)
    opened = open_run(run.path)
    assert opened.record["backend"]["name"] == "numpy"
    assert opened.architecture.latent == opened.record["options"]["latent"]
    assert opened.weights_digest is None
    assert opened.history.lines == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_read_once(run, part):
    first = getattr(run, part)
    shutil.rmtree(run.path)
    assert getattr(run, part) is first


def test_the_parts_share_one_reading_of_the_weights(run):
    digest = run.weights_digest
    (run.path / "weights.safetensors").unlink()
    state = run.load().model.state()
    for name, value in run.weights.items():
        np.testing.assert_array_equal(state[f"weights/{name}"], value)
    assert run.weights_digest == digest


def test_opening_what_is_not_a_run_names_the_folder(tmp_path):
    with pytest.raises(FormatError, match="is not a run"):
        open_run(tmp_path)


def test_a_run_that_was_never_validated_has_no_kl_per_dimension(run):
    write_record(run.path, run.record | {"validation": None})
    assert open_run(run.path).kl_per_dim is None


def test_the_record_tells_the_kl_of_each_dimension(run):
    assert run.kl_per_dim == tuple(run.record["validation"]["kl_per_dim"])


def test_a_run_is_improving_if_its_last_validation_is_its_best(run):
    last = run.history.validations[-1].step
    for step, expected in ((last, True), (last - 1, False)):
        best = {**run.record["best"], "step": step}
        write_record(run.path, {**run.record, "best": best})
        assert open_run(run.path).improving is expected
