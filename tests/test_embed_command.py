"""`latentkit embed`: latents of images by a run."""

import io
import json
import shlex
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from latentkit import embedding
from latentkit.architecture import Architecture
from latentkit.errors import FormatError, ImagesError
from latentkit.formats.latents import read_latents
from latentkit.formats.run import read_images, read_record
from latentkit.formats.tensors import read_tensors
from latentkit.images import Transform, find, load
from latentkit.objective import Objective

LATENT = 4


def latents(path) -> dict[str, np.ndarray]:
    return dict(read_latents(path, name=str(path)).arrays)


@pytest.fixture
def embed(command, trained):
    """Embed to a file, and read it."""

    def embed(*arguments, run=trained, output="z.npz", backend="numpy"):
        command("embed", run, *arguments, "-o", output, "--backend", backend)
        return latents(output)

    return embed


# Arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        (("embed", "photos", "RUN"), "embed RUN photos"),
        (("reconstruct", "photos", "RUN"), "reconstruct RUN photos"),
        (("sample", "a.png", "-o", "RUN"), "sample RUN -o a.png"),
        (("decode", "z.npz", "RUN"), "decode RUN z.npz"),
        (("average", "z.npz", "RUN"), "average RUN z.npz"),
        (("interpolate", "a.png", "RUN", "b.png"), "interpolate RUN a.png b.png"),
    ],
)
def test_arguments_in_the_wrong_order_are_shown_in_the_right_one(command, trained, arguments, order):
    with pytest.raises(typer.BadParameter) as error:
        command(*(trained if each == "RUN" else each for each in arguments))
    assert error.value.message == f"the run comes first: latentkit {order.replace('RUN', str(trained))}"


def test_latents_in_place_of_a_run_are_no_run(command, embed, blobs):
    embed(blobs)
    with pytest.raises(FormatError, match=r"z\.npz is a file, not a run: a run is the folder that"):
        command("sample", "z.npz", "-o", "a.png")


def test_images_of_another_color_than_the_run_are_told(embed, tmp_path, capsys):
    for i in range(3):
        Image.new("L", (16, 16), 60 * i).save(tmp_path / f"{i}.png")
    embed(tmp_path)
    assert (
        "warning: the images are gray, but the run was trained on images in color" in capsys.readouterr().err
    )


# What the latents are ------------------------------------------------------------------------


def test_latents_are_the_posteriors_by_the_best_weights(embed, blobs, trained):
    import latentkit_numpy

    found = embed(blobs)
    record = read_record(trained)
    weights, _ = read_tensors(trained / "weights.safetensors")
    model = latentkit_numpy.build(
        Architecture.from_json(record["architecture"]),
        Objective(**record["objective"]),
        {f"weights/{name}": value for name, value in weights.items()},
    )
    images = load(find([str(blobs)]), Transform.from_json(record["images"]["transform"]))
    posterior = model.encode(images.pixels)
    assert found["ids"].tolist() == images.ids.tolist()
    np.testing.assert_allclose(found["mu"], posterior.mu, atol=1e-5)
    np.testing.assert_allclose(found["logvar"], posterior.logvar, atol=1e-5)
    errors = np.square(model.decode(posterior.mu) - images.pixels / 255).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found["mse"], errors, rtol=1e-4)
    mean = read_tensors(trained / "baseline.safetensors")[0]["mean"].reshape(images.pixels.shape[1:])
    spread = np.square(images.pixels / 255 - mean).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found["pixel_variance"], spread, rtol=1e-4)


def test_the_keys_and_their_order_are_fixed(embed, blobs):
    found = embed(blobs)
    assert list(found) == [
        "ids",
        "mu",
        "logvar",
        "mse",
        "pixel_variance",
        "baseline",
        "split",
        "labels",
        "digest",
    ]
    assert found["mu"].shape == found["logvar"].shape == found["baseline"].shape == (60, LATENT)
    assert sorted(set(found["labels"].tolist())) == ["blue", "green", "red"]
    assert [id_.split("/")[0] for id_ in found["ids"].tolist()] == found["labels"].tolist()


def test_the_baseline_is_the_pca_of_the_training_pixels(embed, blobs, trained):
    found = embed(blobs)
    fitted, _ = read_tensors(trained / "baseline.safetensors")
    pixels = load(find([str(blobs)]), Transform.from_json(read_record(trained)["images"]["transform"])).pixels
    flat = pixels.reshape(60, -1) / 255
    np.testing.assert_allclose(found["baseline"], (flat - fitted["mean"]) @ fitted["components"].T, atol=1e-5)
    np.testing.assert_allclose(fitted["mean"], flat[found["split"] == "train"].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_same_command_gives_the_same_bytes(embed, blobs, tmp_path, load_backend, backend):
    if backend != "numpy":
        load_backend(backend)
    for name in ("one.npz", "two.npz"):
        embed(blobs, output=name, backend=backend)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_another_backend_gives_the_same_latents(embed, blobs, load_backend):
    load_backend("torch")
    found, expected = (embed(blobs, output=f"{name}.npz", backend=name) for name in ("torch", "numpy"))
    for key in ("mu", "logvar", "mse"):
        np.testing.assert_allclose(found[key], expected[key], atol=1e-4)
    for key in ("ids", "split", "labels", "digest", "baseline"):
        np.testing.assert_array_equal(found[key], expected[key])


@pytest.mark.parametrize("batch", [1, 7, 59, 1000])
def test_the_batch_does_not_change_the_latents(embed, blobs, batch):
    expected = embed(blobs)
    found = embed(blobs, "--batch", batch)
    for key, value in expected.items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(found[key], value, atol=1e-6, err_msg=key)
        else:
            np.testing.assert_array_equal(found[key], value)


def test_the_default_backend_is_the_one_that_trained_the_run(command, blobs, trained, monkeypatch):
    command("embed", trained, blobs, "-o", "named.npz", "--backend", "numpy")
    command("embed", trained, blobs, "-o", "z.npz")
    assert Path("z.npz").read_bytes() == Path("named.npz").read_bytes()


# Split ---------------------------------------------------------------------------------------


def test_split_says_how_the_run_used_each_image(embed, blobs, trained):
    found = embed(blobs)
    images = read_images(trained)
    expected = dict(zip(images.ids.tolist(), images.split.tolist(), strict=True))
    assert [expected[id_] for id_ in found["ids"].tolist()] == found["split"].tolist()
    assert sorted(set(found["split"].tolist())) == ["train", "validation"]


def test_split_is_looked_up_by_content(embed, make_blobs, blobs, trained):
    new = make_blobs("new", each=2, seed=99)
    held_out = read_images(trained)
    validated = held_out.ids[held_out.split == "validation"][0]
    shutil.copy(blobs / validated, new / "red" / "copied-and-renamed.png")
    found = embed(new)
    sides = dict(zip(found["ids"].tolist(), found["split"].tolist(), strict=True))
    assert sides.pop("red/copied-and-renamed.png") == "validation"
    assert set(sides.values()) == {"unseen"}


def test_duplicates_have_the_same_digest_and_split(embed, make_blobs, trained, blobs):
    copies = make_blobs("copies")
    for name in ("a", "b"):
        shutil.copy(copies / "red" / "03.png", copies / "blue" / f"again-{name}.png")
    found = embed(copies)
    same = np.isin(found["ids"], ["red/03.png", "blue/again-a.png", "blue/again-b.png"])
    assert same.sum() == 3
    assert len(set(found["digest"][same].tolist())) == len(set(found["split"][same].tolist())) == 1
    assert np.ptp(found["mu"][same], axis=0).max() < 1e-5
    assert found["split"][same][0] != "unseen"


# Labels, thumbnails, images ------------------------------------------------------------------


def test_labels_of_a_table_replace_those_of_the_folders(embed, blobs, tmp_path):
    ids = embed(blobs)["ids"].tolist()
    lines = [f"{id_},class {index % 2}" for index, id_ in enumerate(ids)]
    (tmp_path / "labels.csv").write_text("\n".join(reversed(lines)))
    found = embed(blobs, "--labels", "labels.csv", "--batch", 7)
    assert found["labels"].tolist() == [f"class {index % 2}" for index in range(60)]


def test_images_that_a_table_lacks_are_unlabeled_and_counted(embed, blobs, tmp_path, capfd):
    (tmp_path / "labels.csv").write_text("blue/00.png,x\nblue/01.png,y\n")
    found = embed(blobs, "--labels", "labels.csv")
    assert found["labels"].tolist() == ["x", "y"] + [""] * 58
    assert (
        "labels.csv has labels for 2 of 60 images; the others are unlabeled, the first 'blue/02.png'"
        in capfd.readouterr().err
    )


def test_a_table_of_other_images_is_an_error_and_leaves_the_file(embed, blobs, tmp_path):
    (tmp_path / "labels.csv").write_text("mauve/00.png,x\nmauve/77.png,y\n")
    (tmp_path / "z.npz").write_bytes(b"old")
    with pytest.raises(
        FormatError, match=r"labels.csv has a label for none of 60 images, the first 'blue/00.png'"
    ):
        embed(blobs, "--labels", "labels.csv")
    assert (tmp_path / "z.npz").read_bytes() == b"old"


def test_a_table_may_name_an_unreadable_image(embed, make_blobs, tmp_path):
    images = make_blobs("images", each=2)
    (images / "red" / "01b.png").write_bytes(b"no")
    labels = ["b1", "b2", "g1", "g2", "r1", "r2", "unreadable"]
    (tmp_path / "labels.csv").write_text("\n".join(labels))
    assert embed(images, "--labels", "labels.csv")["labels"].tolist() == labels[:-1]


def test_thumbnails_can_be_included(embed, blobs):
    found = embed(blobs, "--thumbnails", 5)
    assert (found["thumbnails"].shape, found["thumbnails"].dtype) == ((60, 5, 5, 3), np.uint8)
    color = found["thumbnails"].reshape(60, 25, 3).max(axis=1).argmax(axis=1)
    assert [["red", "green", "blue"][channel] for channel in color] == found["labels"].tolist()
    assert embed(blobs, "--thumbnails", 48)["thumbnails"].shape == (60, 8, 8, 3)


def test_unreadable_images_are_counted_named_and_skipped(embed, make_blobs, capsys):
    images = make_blobs("images", each=3)
    (images / "red" / "evil \x1b]0;x\x07.png").write_bytes(b"no")
    assert len(embed(images)["ids"]) == 9
    words = capsys.readouterr().err.splitlines()
    assert words[0] == "1 of 10 images could not be read and are skipped:"
    assert words[1].startswith(f"  {images}/red/evil \\x1b]0;x\\x07.png: ")


def test_quiet_prints_nothing(embed, make_blobs, capsys):
    images = make_blobs("images", each=3)
    (images / "red" / "broken.png").write_bytes(b"no")
    embed(images, "--quiet")
    assert tuple(capsys.readouterr()) == ("", "")


def test_no_readable_image_is_an_error_and_leaves_the_file(embed, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no")
    (tmp_path / "z.npz").write_bytes(b"old")
    with pytest.raises(ImagesError, match="none of 1 images can be read"):
        embed("broken.png")
    assert (tmp_path / "z.npz").read_bytes() == b"old"


def test_images_of_any_size_shape_and_color_can_be_embedded(embed, tmp_path):
    Image.new("L", (30, 7), 128).save(tmp_path / "gray.png")
    Image.new("RGBA", (5, 50), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    np.save(tmp_path / "X.npy", np.zeros((2, 9, 9), np.uint8))
    found = embed("gray.png", "clear.png", "X.npy")
    assert found["ids"].tolist() == ["X/000000", "X/000001", "clear.png", "gray.png"]
    assert found["labels"].tolist() == [""] * 4


@pytest.mark.parametrize("count", [2, 3])
def test_a_run_on_one_training_image_has_no_baseline(command, blobs, count):
    images = [blobs / "red" / f"0{index}.png" for index in range(count)]
    small = shlex.split("--backend numpy --size 8 --latent 2 --width 4 --epochs 1 --no-pictures")
    command("train", *images, "-o", "run", *small)
    command("embed", "run", *images, "-o", "z.npz")
    found = latents("z.npz")
    assert len(found["mu"]) == count
    assert found["baseline"].shape == (3, 1) if count == 3 else "baseline" not in found


# Pipes ---------------------------------------------------------------------------------------


def test_every_stage_of_a_pipe_adds_to_the_latents(sh, blobs, trained, tmp_path):
    done = sh(
        f"latentkit embed {trained} {blobs} --backend numpy | tee z.npz | latentkit project | "
        "tee p.npz | latentkit report --json > report.json"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    before, after = latents(tmp_path / "z.npz"), latents(tmp_path / "p.npz")
    assert list(after)[: len(before)] == list(before)
    for key, value in before.items():
        np.testing.assert_array_equal(after[key], value)
    assert after["projection_pca"].shape == (60, 2)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["n"], report["dims"]) == (60, LATENT)
    assert report["classes"] == {"blue": 20, "green": 20, "red": 20}


def test_a_pipe_and_a_file_get_the_same_bytes(latentkit, embed, blobs, trained):
    embed(blobs)
    done = latentkit("embed", trained, blobs, "--backend", "numpy", text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == Path("z.npz").read_bytes()
    assert len(read_latents(io.BytesIO(done.stdout), name="pipe")) == 60


@pytest.mark.parametrize(("option", "separator"), [("--files-from", "\n"), ("--files0-from", "\0")])
def test_a_list_can_name_the_images(embed, blobs, tmp_path, option, separator):
    names = sorted(map(str, blobs.rglob("*.png")), reverse=True)
    (tmp_path / "names").write_text(separator.join(names))
    found, expected = embed(option, "names"), embed(blobs)
    assert found["ids"].tolist() == expected["ids"].tolist()
    np.testing.assert_array_equal(found["mu"], expected["mu"])


def test_a_list_can_be_piped_in(sh, blobs, trained, tmp_path):
    done = sh(f"find {blobs}/red -name '*.png' -print0 | latentkit embed {trained} --files0-from - > z.npz")
    assert done.returncode == 0, done.stderr
    assert len(latents(tmp_path / "z.npz")["ids"]) == 20


def test_an_empty_list_is_an_error(embed, tmp_path):
    (tmp_path / "names").write_text("\n\n")
    with pytest.raises(
        ImagesError, match="the list of files names is empty; write the names of images to it"
    ):
        embed("--files-from", "names")


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("run.json", "is not a run: it has no run.json"),
        ("weights.safetensors", "is missing: "),
        ("baseline.safetensors", "is missing: "),
        ("images.npz", "is missing; train the run again"),
    ],
)
def test_an_incomplete_run_is_named(embed, blobs, trained, tmp_path, damage, message):
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / damage).unlink()
    with pytest.raises(FormatError) as error:
        embed(blobs, run=tmp_path / "run")
    assert message in str(error.value)
    assert not (tmp_path / "z.npz").exists()


def test_weights_of_another_network_are_named(embed, command, blobs, trained, tmp_path):
    small = shlex.split("--backend numpy --size 8 --latent 2 --width 8 --epochs 1 --no-pictures")
    command("train", blobs, "-o", "other", *small)
    shutil.copytree(trained, tmp_path / "run")
    shutil.copy("other/weights.safetensors", "run/weights.safetensors")
    with pytest.raises(FormatError) as error:
        embed(blobs, run="run")
    assert str(error.value).startswith(
        "run/weights.safetensors: 'encoder.down1.weight' is missing or not of shape 4x3x4x4; "
    )


def test_a_baseline_without_its_arrays_is_named(embed, blobs, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    shutil.copy("run/weights.safetensors", "run/baseline.safetensors")
    with pytest.raises(FormatError, match=r"run/baseline.safetensors: 'mean' is missing"):
        embed(blobs, run="run")


@pytest.mark.parametrize("options", ["--batch 0", "--thumbnails 0", "--workers many"])
def test_invalid_options_are_usage_errors(embed, blobs, options):
    with pytest.raises(typer.BadParameter):
        embed(blobs, *options.split())


# Memory --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(command, numpy_backend, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "X.npy", rng.integers(0, 256, (4_000, 32, 32, 3), dtype=np.uint8))
    np.save(tmp_path / "few.npy", np.load(tmp_path / "X.npy", mmap_mode="r")[:500])
    small = "--backend numpy --arch mlp --width 8 --size 32 --latent 64 --epochs 1 --no-pictures"
    command("train", "few.npy", "-o", "run", *shlex.split(small))

    def peak(file: str) -> int:
        """Bytes."""
        images = find([file])
        tracemalloc.start()
        with Path("z.npz").open("wb") as stream:
            embedding.embed(
                embedding.EmbedRequest(Path("run"), images, batch=64, thumbnails=32, cache=False), stream
            )
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak("few.npy")
    few, many = peak("few.npy"), peak("X.npy")
    row = sum(value[:1].nbytes for value in latents("z.npz").values())
    assert row > 3_800
    # A row may leave its name behind, with what Python spends on it, and none of its numbers.
    assert many - few < 3_500 * 300


def test_the_request_and_the_command_have_the_same_default_batch():
    assert embedding.EmbedRequest(Path("run"), []).batch == 256


def test_latents_say_which_weights_made_them(embed, blobs, trained, tmp_path):
    from safetensors.numpy import save_file

    embed(blobs, output="one.npz")
    other = tmp_path / "other"
    shutil.copytree(trained, other)
    weights, _ = read_tensors(other / "weights.safetensors")
    embed(blobs, run=other, output="same.npz")
    first = next(iter(weights))
    save_file(weights | {first: weights[first] + 1e-3}, other / "weights.safetensors")
    embed(blobs, run=other, output="changed.npz")
    one, same, changed = (
        read_latents(f"{name}.npz", name=name).weights for name in ("one", "same", "changed")
    )
    assert one is not None and one == same != changed
