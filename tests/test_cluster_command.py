"""`latentkit cluster` at the command line."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import invoke

from latentkit.errors import FormatError
from latentkit.formats.latents import Latents, read_latents, write_latents

run = partial(invoke, "cluster")


def written(path: Path, n: int = 60, seed: int = 0) -> Path:
    mu = (
        np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
        + 9 * np.eye(4, dtype="f4")[np.arange(n) % 3]
    )
    with path.open("wb") as stream:
        write_latents(
            Latents({"ids": np.array([f"{i:03d}" for i in range(n)]), "mu": mu, "mine": np.arange(2)}), stream
        )
    return path


@pytest.fixture
def z(tmp_path) -> Path:
    return written(tmp_path / "z.npz")


def read(path: Path) -> Latents:
    return read_latents(path, name=str(path))


def test_a_pipe_gains_clusters_and_keeps_everything_else(z, tmp_path):
    done = run(stdin=z.read_bytes())
    assert done.exit_code == 0, done.exception
    (tmp_path / "c.npz").write_bytes(done.stdout_bytes)
    output = read(tmp_path / "c.npz")
    assert list(output.arrays)[:5] == ["ids", "mu", "mine", "clusters", "cluster_confidence"]
    assert output.arrays["clusters"].dtype == np.int32
    assert len(np.unique(output.arrays["clusters"])) == 3
    assert "best silhouette" in done.stderr


def test_the_same_command_twice_gives_the_same_bytes(z):
    assert run(z, "--clusters", "3").stdout_bytes == run(z, "--clusters", "3").stdout_bytes != b""


@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_new_images_are_assigned_to_the_same_clusters(z, tmp_path, method):
    assert run(z, "--method", method, "-o", tmp_path / "c.npz").exit_code == 0
    done = run(written(tmp_path / "y.npz", 12, 1), "--using", tmp_path / "c.npz", "-o", tmp_path / "d.npz")
    assert done.exit_code == 0, done.exception
    old, new = (read(tmp_path / name).arrays["clusters"] for name in ("c.npz", "d.npz"))
    clustered = new >= 0
    assert clustered.sum() > 6
    np.testing.assert_array_equal(new[clustered], [old[i % 3 :: 3].max() for i in np.arange(12)[clustered]])


def test_assigned_latents_can_be_used_to_assign_others(z, tmp_path):
    run(z, "--clusters", "3", "-o", tmp_path / "c.npz")
    run(z, "--using", tmp_path / "c.npz", "-o", tmp_path / "d.npz")
    assert (tmp_path / "d.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()


def test_number_and_dimensions_are_options(z, tmp_path):
    done = run(z, "--clusters", "5", "--dims", "2", "-o", tmp_path / "c.npz")
    assert "60 images in 5 clusters (2 of 4 dimensions, seed 0)" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--clusters", "1"],
        ["--clusters", "many"],
        ["--dims", "0"],
        ["--method", "hdbscan", "--clusters", "3"],
        ["--using", "c.npz", "--seed", "1"],
        ["--using", "c.npz", "--clusters", "auto"],
    ],
)
def test_options_that_make_no_sense_are_usage_errors(z, options):
    assert run(z, *options).exit_code == 2


def test_a_file_without_clusters_cannot_be_used(z):
    refused = run(z, "--using", z)
    assert isinstance(refused.exception, FormatError)
    assert str(refused.exception).startswith(f"{z} has no clusters")


def test_latents_of_other_weights_are_not_assigned(z, tmp_path):
    held = read(z)
    for name, digest in (("a.npz", "ab" * 16), ("b.npz", "cd" * 16)):
        with (tmp_path / name).open("wb") as stream:
            write_latents(Latents(held.arrays, held.meta | {"weights": digest}), stream)
    assert run(tmp_path / "a.npz", "-o", tmp_path / "c.npz").exit_code == 0
    assert run(tmp_path / "a.npz", "--using", tmp_path / "c.npz", "-o", tmp_path / "d.npz").exit_code == 0
    refused = run(tmp_path / "b.npz", "--using", tmp_path / "c.npz", "-o", tmp_path / "e.npz")
    assert isinstance(refused.exception, FormatError)
    assert "was made from latents of other weights (abababab) than these (cdcdcdcd)" in str(refused.exception)
    assert not (tmp_path / "e.npz").exists()
