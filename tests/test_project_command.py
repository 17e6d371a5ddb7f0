"""`latentkit project` at the command line."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import invoke

from latentkit.errors import FormatError, ProjectionError
from latentkit.formats.latents import Latents, read_latents, write_latents

run = partial(invoke, "project")


def latents(n: int = 60, d: int = 6, *, dead: int = 0) -> Latents:
    rng = np.random.default_rng(0)
    mu = rng.normal(size=(n, d)).astype(np.float32)
    mu[:, d - dead :] *= 1e-3
    ids = np.array([f"{i:04d}.png" for i in range(n)])
    return Latents({"ids": ids, "mu": mu, "logvar": np.zeros_like(mu), "mine": np.arange(3)})


@pytest.fixture
def z(tmp_path) -> Path:
    return written(latents(), tmp_path / "z.npz")


def written(value: Latents, path: Path) -> Path:
    with path.open("wb") as stream:
        write_latents(value, stream)
    return path


def projected(path: Path) -> Latents:
    return read_latents(path, name=str(path))


def test_a_pipe_gains_a_projection_and_keeps_everything_else(z):
    done = run(stdin=z.read_bytes())
    assert done.exit_code == 0, done.stderr
    Path(z.parent / "p.npz").write_bytes(done.stdout_bytes)
    output = projected(z.parent / "p.npz")
    assert list(output.arrays) == ["ids", "mu", "logvar", "mine", "projection_pca", "projection_info"]
    assert output.arrays["projection_pca"].shape == (60, 2)
    info = json.loads(str(output.arrays["projection_info"]))
    assert info["latest"] == "pca"
    assert info["methods"]["pca"]["fidelity"]["queries"] == 60


def test_the_description_has_scree_fidelity_and_dead_dimensions(tmp_path):
    z = written(latents(dead=2), tmp_path / "z.npz")
    words = run(z, "-o", tmp_path / "p.npz").stderr
    assert "The projection explains" in words
    assert "Fidelity:" in words
    assert "2 of 6 dimensions are dead (4, 5): kept" in words


def test_a_collapsed_vae_is_all_dead_and_latents_of_a_small_scale_are_not(tmp_path):
    mu = latents().mu * np.float32(0.01)
    bare = Latents({"ids": latents().ids, "mu": mu})
    vae = bare.with_arrays(logvar=np.zeros_like(mu))
    outputs = [run(written(z, tmp_path / "z.npz"), "-o", tmp_path / "p.npz").stderr for z in (bare, vae)]
    assert "dead" not in outputs[0]
    assert "6 of 6 dimensions are dead" in outputs[1]


def test_dead_dimensions_are_dropped_when_asked(tmp_path):
    z = written(latents(dead=2), tmp_path / "z.npz")
    assert "dropped" in run(z, "--scale-dead", "drop", "-o", tmp_path / "p.npz").stderr
    z = written(latents(dead=5), tmp_path / "z.npz")
    refused = run(z, "--scale-dead", "drop", "-o", tmp_path / "q.npz")
    assert isinstance(refused.exception, ProjectionError)
    assert "5 of 6 dimensions are dead" in str(refused.exception)
    assert not (tmp_path / "q.npz").exists()


def test_three_dimensions_are_available(z):
    run(z, "--dims", "3", "-o", z)
    assert projected(z).arrays["projection_pca"].shape == (60, 3)


def test_the_same_command_twice_gives_the_same_bytes(z):
    assert run(z).stdout_bytes == run(z).stdout_bytes != b""


def test_new_images_are_placed_in_the_old_picture(z, tmp_path):
    assert run(z, "--save", tmp_path / "r.npz", "-o", tmp_path / "p.npz").exit_code == 0
    some = latents()
    some = Latents({"ids": some.ids[:7], "mu": some.mu[:7]})
    done = run(written(some, tmp_path / "y.npz"), "--using", tmp_path / "r.npz", "-o", tmp_path / "q.npz")
    assert done.exit_code == 0, done.stderr
    old, new = (projected(tmp_path / name).arrays["projection_pca"] for name in ("p.npz", "q.npz"))
    np.testing.assert_array_equal(old[:7], new)
    assert "placed 7 images in a projection of 60" in done.stderr


@pytest.mark.parametrize(
    "options",
    [["--method", "umap"], ["--dims", "3"], ["--seed", "1"], ["--scale-dead", "drop"], ["--save", "s.npz"]],
)
def test_an_option_that_the_reducer_determines_is_a_usage_error(z, tmp_path, options):
    run(z, "--save", tmp_path / "r.npz", "-o", tmp_path / "p.npz")
    refused = run(z, "--using", tmp_path / "r.npz", *options, "-o", tmp_path / "q.npz")
    assert refused.exit_code == 2
    assert options[0] in refused.stderr


def test_reducer_and_latents_cannot_go_to_the_same_file(z):
    assert run(z, "--save", "-", "-o", "-").exit_code == 2


def test_a_file_that_is_not_a_reducer_is_refused_by_name(z):
    refused = run(z, "--using", z)
    assert isinstance(refused.exception, FormatError)
    assert f"{z} is not a reducer" in str(refused.exception)


def test_a_missing_folder_fails_before_the_work(z, tmp_path):
    refused = run(z, "-o", tmp_path / "no" / "p.npz")
    assert isinstance(refused.exception, OSError)
    assert "no/p.npz" in str(refused.exception)
    assert "Fidelity" not in refused.stderr


def test_one_image_is_too_few_and_the_message_says_so(tmp_path):
    refused = run(written(latents(1), tmp_path / "z.npz"))
    assert isinstance(refused.exception, ProjectionError)
    assert str(refused.exception) == "pca needs at least 2 images, but there is 1: embed more images"


def test_latents_made_elsewhere_are_projected(tmp_path):
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).normal(size=(40, 5)))
    assert run(tmp_path / "mine.npy", "-o", tmp_path / "p.npz").exit_code == 0
    assert "projection_pca" in projected(tmp_path / "p.npz").arrays


def of_weights(path, digest):
    """Set the digest of the weights of the latents in a file."""
    held = read_latents(path, name=str(path))
    with path.open("wb") as stream:
        write_latents(Latents(held.arrays, held.meta | {"weights": digest}), stream)
    return path


def test_latents_of_other_weights_are_not_placed_in_an_old_picture(z, tmp_path):
    of_weights(z, "ab" * 16)
    assert run(z, "--save", tmp_path / "r.npz", "-o", tmp_path / "p.npz").exit_code == 0
    assert run(z, "--using", tmp_path / "r.npz", "-o", tmp_path / "q.npz").exit_code == 0
    refused = run(of_weights(z, "cd" * 16), "--using", tmp_path / "r.npz", "-o", tmp_path / "s.npz")
    assert isinstance(refused.exception, FormatError)
    assert "r.npz was made from latents of other weights (abababab) than these (cdcdcdcd)" in str(
        refused.exception
    )
    assert not (tmp_path / "s.npz").exists()
