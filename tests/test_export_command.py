"""`latentkit export` at the command line."""

import json
import os
import pty
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from awkward_latents import awkward
from harness import WALL, invoke

from latentkit.errors import ExportError
from latentkit.formats.latents import write_latents
from latentkit.installation import how_to_install

run = partial(invoke, "export")


@pytest.fixture
def z(tmp_path) -> Path:
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(awkward(), stream)
    return tmp_path / "z.npz"


@pytest.mark.parametrize(
    ("format", "magic"),
    [("csv", b"id,label,"), ("parquet", b"PAR1"), ("atlas", b"PAR1"), ("anndata", b"\x89HDF")],
)
def test_a_pipe_and_a_file_get_the_same_bytes(z, tmp_path, format, magic):
    piped = run("--to", format, stdin=z.read_bytes())
    assert piped.exit_code == 0, piped.exception
    assert piped.stdout_bytes.startswith(magic)
    out = tmp_path / "out.parquet"
    assert run(z, "--to", format, "-o", out).exit_code == 0
    assert out.read_bytes() == piped.stdout_bytes


def test_the_projector_writes_a_folder(z, tmp_path):
    done = run(z, "--to", "projector", "-o", tmp_path / "p")
    assert done.exit_code == 0, done.exception
    assert done.stdout == ""
    assert (tmp_path / "p" / "projector_config.pbtxt").is_file()


@pytest.mark.parametrize(
    ("format", "module", "extra"),
    [("parquet", "pyarrow", "parquet"), ("atlas", "pyarrow", "parquet"), ("anndata", "anndata", "anndata")],
)
def test_a_missing_extra_is_named_before_anything_is_read(monkeypatch, format, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    refused = run("nowhere.npz", "--to", format)
    assert isinstance(refused.exception, ExportError)
    assert str(refused.exception) == (
        f"--to {format} needs {module}, which is not installed: {how_to_install(extra)}"
    )


@pytest.mark.parametrize("format", ["csv", "projector"])
def test_formats_without_an_extra_import_none(monkeypatch, z, tmp_path, format):
    for module in ("pyarrow", "anndata", "pandas", "tensorboard", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    assert run(z, "--to", format, "-o", tmp_path / "out").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "projector"], "a folder"),
        (["--to", "atlas", "-o", "z.csv"], ".parquet"),
        (["--to", "anndata", "--method", "pca"], "--method is for csv, parquet, atlas"),
        (["--to", "projector", "-o", "p", "--no-mu"], "--no-mu is for csv, parquet, atlas"),
        (["--to", "csv", "--seed", "0"], "--seed is for projector"),
        (["--to", "csv", "--overwrite"], "--overwrite is for projector"),
        (["--to", "xlsx"], "xlsx"),
        ([], "--to"),
    ],
)
def test_contradictory_options_are_usage_errors(arguments, message):
    refused = run("nowhere.npz", *arguments)
    assert refused.exit_code == 2
    assert message in " ".join(refused.stderr.split())


def test_labels_and_no_mu_reach_the_table(z, tmp_path):
    (tmp_path / "l.csv").write_text("label\n" + "".join(f"{label}\n" for label in "abcdefg"))
    out = tmp_path / "z.parquet"
    assert run(z, "--to", "parquet", "--labels", tmp_path / "l.csv", "--no-mu", "-o", out).exit_code == 0
    table = pq.read_table(out)
    assert table["label"].to_pylist() == list("abcdefg")
    assert "vector" not in table.column_names


def test_an_error_leaves_the_old_file_unchanged(z, tmp_path):
    (tmp_path / "old.csv").write_text("mine")
    assert run(z, "--to", "csv", "--method", "tsne", "-o", tmp_path / "old.csv").exit_code == 1
    assert (tmp_path / "old.csv").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"z.npz", "old.csv"}


def test_csv_is_not_written_to_a_terminal(z, environment, tmp_path):
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "latentkit", "export", str(z), "--to", "csv"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
        timeout=WALL,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"not written to a terminal" in done.stderr


def test_the_pipe_from_images_to_parquet_works(sh, trained, blobs, tmp_path):
    done = sh(
        f"latentkit embed {trained} {blobs} --thumbnails 8 -q | latentkit project | "
        "latentkit export --to atlas -o z.parquet"
    )
    assert done.returncode == 0, done.stderr
    assert "embedding-atlas z.parquet --x projection_x" in done.stderr
    table = pq.read_table(tmp_path / "z.parquet")
    assert table.num_rows == 60
    assert len(set(table["label"].to_pylist())) == 3
    about = json.loads(table.schema.metadata[b"latentkit"])
    assert "pca" in json.loads(about["projection_info"])["methods"]


def test_a_closed_pipe_is_silent(sh, z):
    done = sh(f"latentkit export {z} --to csv | head -c 10")
    assert (done.stdout, done.returncode) == ("id,label,s", 0)
    assert "Traceback" not in done.stderr
