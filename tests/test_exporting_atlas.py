"""The columns and the command that the documentation of Embedding Atlas names."""

import io
import shlex

import numpy as np
import pyarrow.parquet as pq
from awkward_latents import awkward, plain
from PIL import Image

from latentkit.exporting import ExportOptions, write
from latentkit.formats.latents import Latents


def exported(latents: Latents, **options):
    """Return the table, and the words of the command that opens it."""
    stream, notes = io.BytesIO(), []
    write("atlas", latents, stream, ExportOptions(path="my atlas.parquet", **options), notes.append)
    assert notes[-1].startswith("open it with: ")
    return pq.read_table(io.BytesIO(stream.getvalue())), shlex.split(notes[-1].removeprefix("open it with: "))


def test_the_command_names_columns_that_are_there():
    table, words = exported(awkward())
    assert words == [
        *("embedding-atlas", "my atlas.parquet", "--x", "projection_x", "--y", "projection_y"),
        *("--image", "image"),
    ]
    assert set(words[3::2]) <= set(table.column_names)


def test_an_image_is_a_png_with_the_path_of_a_png():
    latents = awkward()
    images = exported(latents)[0]["image"].to_pylist()
    assert {image["path"] for image in images} == {"thumbnail.png"}
    pixels = [np.asarray(Image.open(io.BytesIO(image["bytes"]))) for image in images]
    np.testing.assert_array_equal(np.stack(pixels), latents.thumbnails)


def test_the_chosen_projection_is_exported():
    latents = awkward()
    table = exported(latents, method="pca")[0]
    assert "projection_z" not in table.column_names
    assert "projection_z" in exported(latents)[0].column_names
    np.testing.assert_array_equal(
        np.column_stack([table["projection_x"], table["projection_y"]]), latents.arrays["projection_pca"]
    )


def test_latents_of_two_dimensions_are_their_own_picture():
    latents = plain()
    table, words = exported(latents, vector=False)
    assert words[2:] == ["--x", "projection_x", "--y", "projection_y"]
    np.testing.assert_array_equal(np.array(table["projection_y"]), latents.mu[:, 1])


def test_without_a_projection_embedding_atlas_computes_one_from_the_vectors():
    latents = plain(3, mu=np.ones((3, 5), np.float32), x=np.arange(3))
    table, words = exported(latents, vector=False)
    assert words[2:] == ["--vector", "vector"]
    assert table.column_names == ["id", "x", "vector"]


def test_a_pipe_gets_a_command_with_a_placeholder():
    notes = []
    write("atlas", plain(), io.BytesIO(), ExportOptions(), notes.append)
    assert "embedding-atlas FILE.parquet --x" in notes[-1]
