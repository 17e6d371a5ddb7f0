"""`latentkit plot` on the command line."""

import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import invoke
from PIL import Image

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents, write_latents

run = partial(invoke, "plot")


@pytest.fixture
def z(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    arrays = {
        "ids": np.array([f"{i}.png" for i in range(9)]),
        "mu": rng.normal(size=(9, 4)).astype(np.float32),
        "projection_pca": rng.normal(size=(9, 2)).astype(np.float32),
        "projection_umap": rng.normal(size=(9, 3)).astype(np.float32),
        "projection_info": np.array(
            json.dumps({"latest": "pca", "methods": {"pca": {}, "umap": {"seed": 3}}})
        ),
    }
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(Latents(arrays), stream)
    return tmp_path / "z.npz"


def test_a_pipe_gets_png(z):
    done = run(stdin=z.read_bytes())
    assert done.exit_code == 0, done.exception
    assert done.stdout_bytes.startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "magic"), [("f.PNG", b"\x89PNG"), ("f.svg", b"<?xml"), ("f.pdf", b"%PDF")])
def test_the_file_name_determines_the_format(z, tmp_path, name, magic):
    assert run(z, "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_an_unknown_format_is_a_usage_error(z, tmp_path):
    refused = run(z, "-o", tmp_path / "f.jpg")
    assert refused.exit_code == 2
    assert ".png, .svg, .pdf, .txt" in " ".join(refused.stderr.split())


def test_the_method_selects_the_projection(z):
    assert (
        len({run(z, *option).stdout_bytes for option in ([], ["--method", "pca"], ["--method", "umap"])}) == 2
    )


def test_a_missing_projection_is_refused_with_the_available_ones(z):
    refused = run(z, "--method", "tsne")
    assert isinstance(refused.exception, ProjectionError)
    assert "no projection by 'tsne', only by pca, umap" in str(refused.exception)


def test_labels_from_a_csv_color_the_points(z, tmp_path):
    (tmp_path / "l.csv").write_text("id,label\n" + "".join(f"{i}.png,{'ab'[i % 2]}\n" for i in range(9)))
    assert run(z, "--labels", tmp_path / "l.csv").stdout_bytes != run(z).stdout_bytes != b""


def test_all_draws_every_projection(z, tmp_path):
    assert run(z, "--method", "all", "-o", tmp_path / "all.txt").exit_code == 0
    text = (tmp_path / "all.txt").read_text()
    assert text.index("PCA of 9 images") < text.index("UMAP of 9 images")
    assert text.count("┌") == 2


def test_theme_width_and_resolution_are_as_requested(z):
    done = run(z, "--theme", "dark", "--width", "4", "--dpi", "50")
    picture = Image.open(io.BytesIO(done.stdout_bytes)).convert("RGB")
    assert picture.width == 200
    assert picture.getpixel((0, 0)) == (0x15, 0x18, 0x1D)


@pytest.mark.parametrize(("width", "pixels"), [("76.2mm", 150), ("7.62 cm", 150), ("3.5in", 175), ("3", 150)])
def test_a_width_has_a_unit(z, width, pixels):
    done = run(z, "--color", "none", "--width", width, "--dpi", "50")
    assert Image.open(io.BytesIO(done.stdout_bytes)).width == pixels


@pytest.mark.parametrize(
    ("width", "message"), [("85px", "'85px' is not a length"), ("9mm", "9mm must be from 1 to 100 inches")]
)
def test_a_width_that_is_none_is_a_usage_error(z, width, message):
    done = run(z, "--width", width)
    assert done.exit_code == 2
    assert message in done.stderr


def test_without_a_caption_it_is_printed_instead(z):
    done = run(z, "--method", "umap", "--title", "", "--no-caption", "--palette", "tol")
    assert done.exit_code == 0, done.exception
    assert done.stderr.startswith("UMAP of 9 images: ")
    assert "not meaningful" in done.stderr
    assert done.stdout_bytes != run(z, "--method", "umap").stdout_bytes


def test_thumbnails_come_from_a_folder_or_are_refused(z, tmp_path):
    (tmp_path / "photos").mkdir()
    for i in range(9):
        Image.new("RGB", (12, 12), (10, 20, 250)).save(tmp_path / "photos" / f"{i}.png")
    plain, shown = run(z), run(z, "--images", tmp_path / "photos", "--thumbnails", "4")
    assert shown.exit_code == 0, shown.exception
    assert shown.stdout_bytes != plain.stdout_bytes
    refused = run(z, "--thumbnails", "4")
    assert "have no thumbnails" in str(refused.exception)
