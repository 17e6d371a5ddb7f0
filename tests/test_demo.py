"""`latentkit demo`: real digits through every command."""

import shlex

import numpy as np
import pytest
import typer.main
from PIL import Image
from sklearn.datasets import load_digits

from latentkit import demo
from latentkit.cli import app
from latentkit.errors import LatentkitError
from latentkit.formats.latents import read_latents
from latentkit.formats.run import read_record

WHOLE = typer.main.get_command(app)


def parse(line: str) -> list[tuple[str, dict]]:
    """Each `latentkit COMMAND ...` of a pipe, as the command line itself understands it."""
    stages = []
    for stage in line.split(" | "):
        program, *arguments = shlex.split(stage)
        if program == "latentkit":
            name, *rest = arguments
            stages.append((name, WHOLE.commands[name].make_context(name, rest).params))
    return stages


@pytest.mark.parametrize("folder", ["latentkit-demo", "a b/it's"])
@pytest.mark.parametrize("backend", [None, "keras"])
def test_every_command_of_the_demo_is_one_that_there_is(folder, backend):
    stages = [stage for line in demo.commands(folder, backend) for stage in parse(line)]
    assert [name for name, _ in stages] == ["analyze", "plot", "traverse", "report"]
    named = dict(stages)
    assert named["analyze"]["out"] == f"{folder}/out"
    assert list(named["analyze"]["images"]) == [f"{folder}/digits"]
    assert named["plot"]["latents"] == named["report"]["latents"] == f"{folder}/out/latents.npz"
    assert named["traverse"]["image"] == f"{folder}/digits/0/0000.png"
    assert named["traverse"]["folder"] == f"{folder}/out/run"
    assert named["analyze"]["backend"] == named["traverse"]["backend"] == backend


def test_the_digits_are_scikit_learns(tmp_path):
    images, labels = load_digits(return_X_y=True)
    assert demo.write_digits(tmp_path / "digits") == np.isin(labels, [0, 1, 2]).sum() == 537
    assert (tmp_path / "digits/0/0000.png").exists()
    files = sorted((tmp_path / "digits").rglob("*.png"))
    assert len(files) == 537
    for file in files[::50]:
        with Image.open(file) as image:
            pixels = np.asarray(image)
        expected = images[int(file.stem)].reshape(8, 8) * 255 / 16
        np.testing.assert_allclose(pixels, expected, atol=0.5)
        assert file.parent.name == str(labels[int(file.stem)])


def test_a_command_that_fails_stops_it_and_is_named(tmp_path, capfd):
    (tmp_path / "there" / "out").mkdir(parents=True)
    (tmp_path / "there" / "out" / "mine").write_text("")
    messages = []
    with pytest.raises(LatentkitError) as error:
        demo.demonstrate(str(tmp_path / "there"), None, messages.append)
    command = demo.commands(str(tmp_path / "there"), None)[0]
    assert str(error.value) == f"the demo stopped: `{command}` failed; its error is above"
    assert messages[-1] == f"\n$ {command}"
    assert "is a folder with other files in it, not an analysis" in capfd.readouterr().err


@pytest.mark.slow
def test_the_demo_leaves_an_analysis_and_pictures(latentkit, load_backend, tmp_path):
    load_backend("torch")
    done = latentkit("demo", "folder", "--backend", "torch")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "folder"
    for command in demo.commands("folder", "torch"):
        assert f"\n$ {command}\n" in done.stderr
    assert read_record(folder / "out" / "run")["state"] == "done"
    latents = read_latents(folder / "out" / "latents.npz", name="latents")
    assert len(latents) == 537
    assert set(latents.projections()) == {"pca", "umap"}
    assert (folder / "out" / "page.html").exists()
    for name in ("scatter.png", "traversal.png"):
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 300
    report = done.stdout
    assert all(digit in report for digit in demo.DIGITS)
