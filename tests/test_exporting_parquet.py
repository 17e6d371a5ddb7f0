"""Parquet, read back by pyarrow and pandas."""

import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from awkward_latents import IDS, awkward, plain
from PIL import Image

from latentkit import __version__
from latentkit.exporting import ExportOptions, parquet, write
from latentkit.formats.latents import Latents


def exported(latents: Latents, notes: list[str] | None = None, **options) -> bytes:
    stream = io.BytesIO()
    write("parquet", latents, stream, ExportOptions(**options), (notes if notes is not None else []).append)
    return stream.getvalue()


def read(latents: Latents, **options):
    return pq.read_table(io.BytesIO(exported(latents, **options)))


def test_names_come_back_with_escapes_for_what_is_not_unicode():
    assert read(awkward())["id"].to_pylist() == [*IDS[:5], "bad\\udcff.png", IDS[6]]


def test_an_escape_in_a_name_is_reported():
    notes = []
    exported(awkward(), notes)
    assert notes[0] == "id has text that is not Unicode, such as names of files: written with escapes"


def test_mu_comes_back_as_vectors_of_32_bits():
    latents = awkward()
    vectors = read(latents)["vector"]
    assert str(vectors.type) == "fixed_size_list<element: float>[4]"
    np.testing.assert_array_equal(np.array(vectors.to_pylist(), np.float32), latents.mu)


def test_thumbnails_come_back_pixel_for_pixel():
    latents = awkward()
    pictures = [np.asarray(Image.open(io.BytesIO(data))) for data in read(latents)["thumbnail"].to_pylist()]
    np.testing.assert_array_equal(np.stack(pictures), latents.thumbnails)


def test_gray_thumbnails_come_back_gray():
    gray = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1)
    pictures = [
        np.asarray(Image.open(io.BytesIO(data)))
        for data in read(plain(3, thumbnails=gray))["thumbnail"].to_pylist()
    ]
    np.testing.assert_array_equal(np.stack(pictures), gray[..., 0])


def test_matrices_are_columns_and_arrays_with_more_axes_are_named():
    latents, notes = awkward(), []
    exported(latents, notes)
    table = read(latents)
    np.testing.assert_array_equal(np.array(table["logvar"].to_pylist(), np.float32), latents.logvar)
    np.testing.assert_array_equal(np.array(table["baseline"].to_pylist(), np.float32), latents.baseline)
    assert notes[-1] == "Parquet has no place for odd (3, 3), deep (7, 2, 2): left out"


def test_a_matrix_may_hold_truth_values_and_an_empty_one_is_named():
    latents, notes = plain(3, yes=np.eye(3, 2, dtype=bool), nothing=np.zeros((3, 0))), []
    exported(latents, notes)
    assert read(latents)["yes"].to_pylist() == latents.arrays["yes"].tolist()
    assert notes == ["Parquet has no place for nothing (3, 0): left out"]


def test_a_missing_label_is_null_and_numbers_keep_their_types():
    table = read(awkward())
    assert table["label"].to_pylist() == ["a", "b", None, "a", "b", "a", "a"]
    types = {name: str(table[name].type) for name in ("mse", "cluster", "flag", "age", "X_", "tag")}
    assert types == {
        **{"mse": "float", "cluster": "int32", "flag": "bool", "age": "double"},
        **{"X_": "int64", "tag": "string"},
    }


def test_pandas_reads_x_and_y_of_the_latest_projection():
    latents = awkward()
    frame = read(latents).to_pandas()
    np.testing.assert_array_equal(frame[["x", "y", "z"]].to_numpy(), latents.arrays["projection_umap"])


def test_the_file_has_its_provenance():
    about = json.loads(read(awkward()).schema.metadata[b"latentkit"])
    assert about["version"] == __version__
    assert json.loads(about["projection_info"])["methods"]["umap"] == {"seed": 3}
    assert json.loads(about["latents"])["schema"] == "latentkit.latents/1"


def test_the_same_latents_give_the_same_bytes():
    assert exported(awkward()) == exported(awkward())


def test_a_half_written_file_does_not_look_complete(monkeypatch):
    def fail(image):
        raise KeyboardInterrupt

    monkeypatch.setattr(parquet, "encode_png", fail)
    stream = io.BytesIO()
    with pytest.raises(KeyboardInterrupt):
        write("parquet", awkward(), stream, ExportOptions(), [].append)
    assert not stream.getvalue()[4:].endswith(b"PAR1")


def test_row_groups_give_the_same_table(monkeypatch):
    whole = read(awkward())
    monkeypatch.setattr(parquet, "ROW_GROUP", 3)
    data = exported(awkward())
    assert pq.ParquetFile(io.BytesIO(data)).num_row_groups == 3
    parted = pq.read_table(io.BytesIO(data))
    assert parted.drop_columns("age").equals(whole.drop_columns("age"))  # NaN equals nothing, itself among it


def test_mu_can_be_left_out():
    assert read(plain(), vector=False).column_names == ["id"]


def test_a_key_that_equals_one_of_our_columns_is_renamed():
    more = {
        "vector": np.arange(3),
        "label": np.arange(6.0).reshape(3, 2),
        "labels": np.array(["a", "b", "c"]),
    }
    assert read(plain(3, **more)).column_names == ["id", "label", "vector_", "vector", "label_"]
