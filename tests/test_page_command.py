"""Pages on the command line: `plot -o F.html` and `report --html F.html`."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from page_latents import page_latents

from latentkit.decoding import reconstruct
from latentkit.errors import FormatError, ImagesError, PictureError
from latentkit.formats.latents import Latents, read_latents, write_latents
from latentkit.images import find
from latentkit.run import open_run


@pytest.fixture(scope="module")
def embedded(trained, blobs, environment, tmp_path_factory):
    """The latents of the blobs, by the run that was trained on them."""
    file = tmp_path_factory.mktemp("embedded") / "z.npz"
    words = ["embed", trained, blobs, "-o", file, "--quiet"]
    subprocess.run([sys.executable, "-m", "latentkit", *map(str, words)], env=environment, check=True)
    return file


@pytest.fixture
def z(tmp_path):
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(page_latents(), stream)
    return tmp_path / "z.npz"


def test_a_name_that_ends_in_html_makes_a_page(command, z, tmp_path, capfd):
    command("plot", z, "-o", "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert capfd.readouterr() == ("", "")


def test_a_page_without_thumbnails_says_so_on_stderr_too(command, tmp_path, capfd):
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(page_latents(thumbnails=False), stream)
    command("plot", "z.npz", "-o", "page.html")
    assert capfd.readouterr().err.startswith("No thumbnails: the latents have none.")


def test_images_for_a_page_are_matched_by_id(command, embedded, blobs, tmp_path, capfd):
    command("project", embedded, "-o", "p.npz")
    capfd.readouterr()
    command("plot", "p.npz", "--images", blobs, "-o", "page.html")
    assert b'"sheets":{' in (tmp_path / "page.html").read_bytes()
    assert capfd.readouterr().err == ""


def test_images_of_other_latents_are_refused(command, z, blobs, tmp_path):
    with pytest.raises(ImagesError, match="none of the 60 images is in the latents"):
        command("plot", z, "--images", blobs, "-o", "page.html")
    assert not (tmp_path / "page.html").exists()


def test_the_report_goes_to_stdout_and_the_page_to_its_file(
    command, embedded, trained, blobs, tmp_path, capfd
):
    command("report", embedded, "--html", "page.html", "--run", trained, "--images", blobs)
    assert capfd.readouterr().out.startswith("VERDICT")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for heading in (
        "Do the classes separate?",
        "Pairs of classes",
        "Scores",
        "Training",
        "Reconstructions",
        "Findings",
    ):
        assert f">{heading}</h" in page
    assert page.count('<img src="data:image/png;base64,') == 18
    assert "PCA of 60 images" in page


def test_a_page_reads_the_weights_builds_the_model_and_decodes_the_images_once(
    command, embedded, trained, blobs, tmp_path, monkeypatch
):
    import latentkit_numpy
    import PIL.Image
    import safetensors

    calls: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(first, *arguments, **options):
            calls.append(f"{name} {first.name}" if isinstance(first, Path) else name)
            return function(first, *arguments, **options)

        return call

    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(safetensors, "safe_open", counted("read", safetensors.safe_open))
    monkeypatch.setattr(latentkit_numpy, "NumpyModel", counted("build", latentkit_numpy.NumpyModel))
    monkeypatch.setattr(PIL.Image, "open", counted("decode", PIL.Image.open))
    command("report", embedded, "--html", "page.html", "--run", trained, "--images", blobs)
    assert Counter(calls) == {"read weights.safetensors": 1, "build": 1, "decode": 60}


def test_the_evenly_spaced_images_are_those_of_reconstruct(command, embedded, trained, blobs, tmp_path):
    command("report", embedded, "--html", "page.html", "--run", trained, "--images", blobs)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    ids = re.findall('alt="([^"]+) and its reconstruction"', page)[:12]
    assert tuple(ids) == reconstruct(open_run(trained), find([str(blobs)]), 12).ids


def test_the_page_of_latents_alone_has_a_verdict_and_findings(command, z, tmp_path):
    command("report", z, "--html", "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ">Findings</h" in page
    assert ">Training</h" not in page


def test_latents_of_one_dimension_have_a_page_without_a_plot(command, tmp_path):
    (tmp_path / "z.csv").write_text("".join(f"{value / 50}\n" for value in range(50)))
    command("report", "z.csv", "--html", "page.html")
    assert "No plot: the latents have 1 dimension" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_run_of_other_latents_is_refused(command, trained, blobs, tmp_path):
    ids = np.array([f"red/{index:02}.png" for index in range(20)])
    mu = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(Latents({"ids": ids, "mu": mu}), stream)
    with pytest.raises(PictureError, match="has 4 latent dimensions and the latents have 3"):
        command("report", "z.npz", "--html", "page.html", "--run", trained, "--images", blobs)
    assert not (tmp_path / "page.html").exists()


def test_the_run_of_other_weights_is_refused_before_anything_is_judged(
    command, embedded, trained, tmp_path, capfd
):
    held = read_latents(embedded, name="z.npz")
    with (tmp_path / "z.npz").open("wb") as stream:
        write_latents(Latents(held.arrays, {**held.meta, "weights": "ab" * 16}), stream)
    with pytest.raises(FormatError, match=r"^z.npz holds latents of other weights \(abababab\) than"):
        command("report", "z.npz", "--html", "page.html", "--run", trained)
    assert capfd.readouterr() == ("", "") and not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("more", [["--run", "run"], ["--images", "photos"]])
def test_options_for_a_page_require_a_page(command, z, more):
    with pytest.raises(typer.BadParameter, match=r"--html F\.html"):
        command("report", z, *more)


def test_a_page_cannot_go_to_stdout(command, z):
    with pytest.raises(typer.BadParameter, match="standard output has the report"):
        command("report", z, "--html", "-")


def test_options_for_figures_are_refused_for_a_page(command, z, tmp_path):
    with pytest.raises(typer.BadParameter, match="--density, --theme cannot be used with a page"):
        command("plot", z, "--density", "--theme", "dark", "-o", "page.html")
    assert not (tmp_path / "page.html").exists()
