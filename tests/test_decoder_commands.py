"""The commands that decode latents and draw the images."""

import io
import shutil

import numpy as np
import pytest
import typer
from PIL import Image

from latentkit.errors import BackendError, DecodingError, FormatError, ImagesError

PNG = b"\x89PNG"
MAGIC = {"png": PNG, "svg": b"<?xml", "pdf": b"%PDF", "gif": b"GIF8", "webp": b"RIFF"}


@pytest.fixture
def lines(trained, blobs, command):
    """The six commands with their arguments, except -o; z.npz exists."""
    command("embed", trained, blobs, "-o", "z.npz", "--thumbnails", 8)
    first, second = blobs / "red" / "00.png", blobs / "blue" / "00.png"
    return {
        "reconstruct": ["reconstruct", trained, blobs, "-n", 3],
        "sample": ["sample", trained, "-n", 3],
        "decode": ["decode", trained, "z.npz", "-n", 3],
        "traverse": ["traverse", trained, "--dims", "top2", "--steps", 3, "--image", first],
        "interpolate": ["interpolate", trained, first, second, "--steps", 3],
        "average": ["average", trained, "z.npz", "--nearest", 2],
    }


def open_image(path) -> Image.Image:
    """The picture in a file, which is closed again."""
    return Image.open(io.BytesIO(path.read_bytes()))


NAMES = ("reconstruct", "sample", "decode", "traverse", "interpolate", "average")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_draws_the_same_bytes_twice(command, lines, tmp_path, name):
    for file in ("one.png", "two.png"):
        command(*lines[name], "-o", file)
    picture = open_image(tmp_path / "one.png").convert("RGB")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 50


@pytest.mark.parametrize("name", NAMES)
def test_every_command_streams_png(command, lines, capsysbinary, name):
    command(*lines[name])
    data = capsysbinary.readouterr().out
    assert Image.open(io.BytesIO(data)).format == "PNG"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_animates(command, lines, tmp_path, name):
    command(*lines[name], "-o", "moving.gif")
    frames = {"reconstruct": 2, "sample": 24, "decode": 3, "traverse": 4, "interpolate": 4, "average": 3}
    assert open_image(tmp_path / "moving.gif").n_frames == frames[name]


@pytest.mark.parametrize("format", MAGIC)
def test_the_name_of_the_file_decides_the_format(command, trained, tmp_path, format):
    command("sample", trained, "-n", 1, "-o", f"f.{format.upper()}")
    assert (tmp_path / f"f.{format.upper()}").read_bytes().startswith(MAGIC[format])


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_format_is_refused_before_any_work(command, name, tmp_path):
    arguments = {"interpolate": ["a", "b"], "reconstruct": ["a"], "traverse": []}.get(name, [])
    with pytest.raises(
        typer.BadParameter, match=r"f.jpg: the file name must end in .png, .svg, .pdf, .gif, .webp"
    ):
        command(name, "no-run", *arguments, "-o", "f.jpg")


def test_latents_are_piped_in(sh, trained, blobs, tmp_path):
    done = sh(
        f"latentkit embed {trained} {blobs} --thumbnails 8 | tee z.npz | latentkit average {trained} -o a.png && "
        f"latentkit decode {trained} < z.npz > d.png"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert all((tmp_path / name).read_bytes().startswith(PNG) for name in ("a.png", "d.png"))


def test_decoded_arrays_can_be_embedded(command, lines, trained, tmp_path):
    command("decode", trained, "z.npz", "-o", "decoded.npz")
    command("embed", trained, "decoded.npz:images", "-o", "again.npz")
    command("decode", trained, "z.npz", "-o", "decoded.npy")
    assert np.load(tmp_path / "again.npz")["mu"].shape == np.load(tmp_path / "z.npz")["mu"].shape
    np.testing.assert_array_equal(np.load("decoded.npy"), np.load("decoded.npz")["images"])


def test_another_backend_draws_the_same_reconstructions(command, lines, load_backend, trained, tmp_path):
    load_backend("torch")
    command("decode", trained, "z.npz", "-o", "numpy.npy")
    command("decode", trained, "z.npz", "-o", "torch.npy", "--backend", "torch", "--device", "cpu")
    np.testing.assert_allclose(np.load("numpy.npy"), np.load("torch.npy"), atol=1e-4)
    with pytest.raises(BackendError, match="has no device 'moon'"):
        command("sample", trained, "-o", "s.png", "--device", "moon")


def test_a_seed_a_temperature_and_a_theme_change_the_samples(command, trained, tmp_path):
    options = [[], ["--seed", 1], ["--temperature", 0.5], ["--theme", "dark"], ["--width", 4], ["-n", 5]]
    for at, more in enumerate(options):
        command("sample", trained, "-n", 4, "-o", f"{at}.png", *more)
    assert len({(tmp_path / f"{at}.png").read_bytes() for at in range(len(options))}) == len(options)


def test_traversals_start_from_the_typical_image_unless_told_otherwise(command, trained, blobs, tmp_path):
    options = [[], ["--zero"], ["--image", blobs / "red" / "00.png"]]
    for at, more in enumerate(options):
        command("traverse", trained, "--dims", "0", "--steps", 3, "-o", f"{at}.png", *more)
    assert len({(tmp_path / f"{at}.png").read_bytes() for at in range(3)}) == 3
    shutil.copytree(trained, tmp_path / "old")
    (tmp_path / "old" / "held_out.safetensors").unlink()
    command("traverse", "old", "--dims", "0", "--steps", 3, "-o", "old.png")
    assert (tmp_path / "old.png").read_bytes() == (tmp_path / "1.png").read_bytes()


def test_samples_near_the_images_may_follow_other_latents(command, lines, trained, tmp_path):
    options = [["--from", "images"], ["--from", "images", "--latents", "z.npz"], ["--from", "prior"]]
    for at, more in enumerate(options):
        command("sample", trained, "-n", 2, "-o", f"{at}.png", *more)
    assert len({(tmp_path / f"{at}.png").read_bytes() for at in range(3)}) == 3


def test_the_worst_reconstructions_give_another_picture(command, lines, tmp_path):
    command(*lines["reconstruct"], "-o", "some.png")
    command(*lines["reconstruct"], "--worst", "-o", "worst.png")
    assert (tmp_path / "some.png").read_bytes() != (tmp_path / "worst.png").read_bytes()


def test_means_without_images_are_drawn_with_a_note(command, trained, blobs, capsys, tmp_path):
    command("embed", trained, blobs, "-o", "bare.npz")
    command("average", trained, "bare.npz", "-o", "means.png")
    assert (
        "have no thumbnails, so only the means are drawn: name the images with --images ROOT"
        in capsys.readouterr().err
    )
    command("average", trained, "bare.npz", "--images", blobs, "-o", "near.png")
    assert capsys.readouterr().err == ""
    assert open_image(tmp_path / "near.png").width > open_image(tmp_path / "means.png").width


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("traverse RUN --dims 4", DecodingError, "there is no dimension 4: the run has 4, numbered 0 to 3"),
        ("traverse RUN --image no.png", ImagesError, "there is no file or folder no.png: check the name"),
        ("interpolate RUN no.png no.png", ImagesError, "there is no file or folder no.png: check the name"),
        ("decode RUN own.npy", DecodingError, "own.npy has latents of 3 dimensions, but this run decodes 4: "),
        ("average RUN own.npy", DecodingError, "own.npy has latents of 3 dimensions, but this run decodes 4: "),
        ("decode RUN no.npz", FileNotFoundError, "no.npz"),
        ("sample no-run", FormatError, "no-run is not a run: it has no run.json"),
        ("traverse RUN --zero --image a.png", typer.BadParameter, "--zero cannot be used with --image"),
        ("sample RUN --from prior --latents own.npy", typer.BadParameter, "--latents cannot be used with --from prior"),
        ("sample RUN --latents own.npy", DecodingError, "own.npy has latents of 3 dimensions, but this run decodes 4: "),
        ("interpolate RUN a b c", typer.BadParameter, "2 or 4 images are required, not 3"),
    ],
)  # fmt: skip
def test_an_error_names_its_cause_and_leaves_the_file(command, trained, tmp_path, line, error, message):
    np.save(tmp_path / "own.npy", np.zeros((2, 3)))
    (tmp_path / "f.png").write_bytes(b"old")
    with pytest.raises(error) as raised:
        command(*[str(trained) if word == "RUN" else word for word in line.split()], "-o", "f.png")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (tmp_path / "f.png").read_bytes() == b"old"


def test_a_run_without_validation_needs_named_dimensions(command, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    text = (tmp_path / "run" / "run.json").read_text()
    (tmp_path / "run" / "run.json").write_text(text.replace('"kl_per_dim"', '"renamed"'))
    with pytest.raises(DecodingError, match="name them, --dims 0,1,2"):
        command("traverse", "run", "-o", "t.png")
    command("traverse", "run", "-o", "t.png", "--dims", "0,1")
    assert (tmp_path / "t.png").read_bytes().startswith(PNG)
