"""The projector's folder, read back by TensorBoard's own proto and rules."""

import re
from pathlib import Path

import numpy as np
import pytest
from awkward_latents import awkward, plain
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from latentkit.exporting import ExportOptions, projector
from latentkit.formats.latents import Latents


def exported(
    latents: Latents, folder: Path, notes: list[str] | None = None, *, seed: int = 0, **limits
) -> ProjectorConfig:
    options = ExportOptions(seed=seed)
    projector.write(latents, folder, options, (notes if notes is not None else []).append, **limits)
    return text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())


def metadata(folder: Path) -> dict[str, list[str]]:
    """Return the columns by name, split as the projector splits them: at newlines and tabs only."""
    text = (folder / "metadata.tsv").read_bytes().decode()
    header, *rows = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def tensor(folder: Path, name: str) -> np.ndarray:
    return np.loadtxt(folder / name, np.float32, delimiter="\t", ndmin=2)


def sheet(folder: Path) -> np.ndarray:
    with Image.open(folder / "sprite.png") as image:
        return np.asarray(image)


def test_mu_and_every_projection_are_tensors(tmp_path):
    latents, folder = awkward(), tmp_path / "p"
    config = exported(latents, folder)
    tensors = {
        embedding.tensor_name: tensor(folder, embedding.tensor_path) for embedding in config.embeddings
    }
    assert list(tensors) == ["mu", "projection_pca", "projection_umap"]
    for name, values in tensors.items():
        np.testing.assert_array_equal(values, latents.arrays[name])
    assert [list(embedding.tensor_shape) for embedding in config.embeddings] == [[7, 4], [7, 2], [7, 3]]


def test_a_name_stays_in_its_cell_and_can_be_read_back(tmp_path):
    exported(awkward(), tmp_path / "p")
    ids = metadata(tmp_path / "p")["id"]
    assert ids[3:] == ["new\\nline\\r\\t.png", "naïve 猫.png", "bad\\udcff.png", "nul\\x00\\x1b[31m\\\\.png"]
    back = [re.sub(r"\\(x..|u....|.)", lambda m: m[0].encode().decode("unicode_escape"), id) for id in ids]
    assert back == awkward().ids.tolist()


def test_the_metadata_are_the_columns_and_the_row_in_the_latents(tmp_path):
    exported(awkward(), tmp_path / "p")
    columns = metadata(tmp_path / "p")
    assert list(columns) == [
        *("id", "row", "label", "split", "mse", "cluster", "confidence", "digest"),
        *("age", "tag", "flag", "X"),
    ]
    assert columns["row"] == list("0123456")
    assert columns["label"] == ["a", "b", "", "a", "b", "a", "a"]


def test_no_line_is_blank_and_the_header_has_several_columns(tmp_path):
    exported(plain(1, ids=np.array([""])), tmp_path / "p")
    assert (tmp_path / "p" / "metadata.tsv").read_text() == "id\trow\n\t0\n"


def test_each_thumbnail_is_where_the_projector_expects_it(tmp_path):
    latents, folder = awkward(), tmp_path / "p"
    config = exported(latents, folder)
    sprite = config.embeddings[0].sprite
    assert sprite.image_path == "sprite.png"
    pixels = sheet(folder)
    width, height = sprite.single_image_dim
    assert pixels.shape == (3 * height, 3 * width, 3)
    for index, picture in enumerate(latents.thumbnails):
        down, across = divmod(index, pixels.shape[1] // width)
        cell = pixels[down * height : (down + 1) * height, across * width : (across + 1) * width]
        np.testing.assert_array_equal(cell[:, 1:5], picture)
        assert not cell[:, [0, 5]].any()


def test_without_thumbnails_there_is_no_sprite(tmp_path):
    config = exported(plain(), tmp_path / "p")
    assert not config.embeddings[0].HasField("sprite")
    assert not (tmp_path / "p" / "sprite.png").exists()


def test_too_many_images_are_sampled_and_reported(tmp_path):
    n, notes = 50, []
    gray = np.arange(n, dtype=np.uint8).reshape(n, 1, 1, 1)
    exported(plain(n, thumbnails=gray), tmp_path / "p", notes, max_images=9)
    rows = np.array(metadata(tmp_path / "p")["row"], int)
    assert len(set(rows)) == 9
    assert rows.tolist() == sorted(rows)
    np.testing.assert_array_equal(tensor(tmp_path / "p", "tensors.tsv"), plain(n).mu[rows])
    np.testing.assert_array_equal(sheet(tmp_path / "p").reshape(-1), rows)
    assert notes[0] == "a sample of 9 of 50 images (seed 0): the projector shows no more"


def test_the_seed_decides_the_sample(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        exported(plain(50), tmp_path / name, seed=seed, max_images=9)
    a, b, c = ((tmp_path / name / "metadata.tsv").read_bytes() for name in "abc")
    assert a == b != c


def test_thumbnails_are_reduced_to_fit_the_sheet_and_reported(tmp_path):
    notes = []
    pixels = np.full((10, 12, 9, 3), 200, np.uint8)
    config = exported(plain(10, thumbnails=pixels), tmp_path / "p", notes, max_sheet=39)
    assert list(config.embeddings[0].sprite.single_image_dim) == [9, 9]
    assert sheet(tmp_path / "p").shape == (36, 36, 3)
    assert notes[0] == "10 thumbnails are reduced to 9 pixels: the projector shows a sheet of 39"


def test_a_second_dimension_is_added_to_a_single_one(tmp_path):
    notes = []
    config = exported(plain(3, mu=np.ones((3, 1), np.float32)), tmp_path / "p", notes)
    assert list(config.embeddings[0].tensor_shape) == [3, 2]
    np.testing.assert_array_equal(tensor(tmp_path / "p", "tensors.tsv"), [[1, 0]] * 3)
    assert "a second one, always 0" in notes[0]


def test_a_malicious_method_name_does_not_become_a_file_name(tmp_path):
    key = 'projection_"\n} ../\\é'
    config = exported(plain(3, **{key: np.ones((3, 2), np.float32)}), tmp_path / "p")
    assert config.embeddings[1].tensor_name == key
    assert config.embeddings[1].tensor_path == "tensors-2.tsv"


def test_the_same_latents_give_the_same_bytes(tmp_path):
    for name in "ab":
        exported(awkward(), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 6
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_files_that_are_no_longer_written_are_removed(tmp_path):
    exported(awkward(), tmp_path / "p")
    exported(plain(), tmp_path / "p")
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
        *("metadata.tsv", "projector_config.pbtxt", "tensors.tsv"),
    ]


def test_notes_name_what_is_left_out_and_how_to_open_the_folder(tmp_path):
    notes = []
    exported(awkward(), tmp_path / "my p", notes)
    assert notes == [
        "TensorBoard's projector has no place for logvar (7, 4), baseline (7, 3), odd (3, 3), deep (7, 2, 2): left out",
        f"open it with: tensorboard --logdir '{tmp_path}/my p'",
    ]


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 10])
def test_the_sheet_is_a_square_of_thumbnails(tmp_path, count):
    config = exported(plain(count, thumbnails=np.zeros((count, 2, 2, 1), np.uint8)), tmp_path / "p")
    size = sheet(tmp_path / "p").shape
    assert size == (2 * int(np.ceil(np.sqrt(count))),) * 2
    assert list(config.embeddings[0].sprite.single_image_dim) == [2, 2]
