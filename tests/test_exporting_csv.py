"""CSV, read back by Python's reader."""

import csv
import io

import numpy as np
import pytest
from awkward_latents import IDS, awkward, plain

from latentkit.errors import ProjectionError
from latentkit.exporting import ExportOptions, arrays, write
from latentkit.formats.latents import Latents


def exported(latents: Latents, notes: list[str] | None = None, **options) -> bytes:
    stream = io.BytesIO()
    write("csv", latents, stream, ExportOptions(**options), (notes if notes is not None else []).append)
    return stream.getvalue()


def read(latents: Latents, **options) -> dict[str, list[str]]:
    """Return the columns by name, as another program reads them."""
    text = exported(latents, **options).decode("utf-8", "surrogateescape")
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def test_every_name_comes_back_as_it_was():
    assert read(awkward())["id"] == IDS


def test_a_name_that_is_not_unicode_is_written_as_its_bytes():
    assert b"\nbad\xff.png," in exported(awkward())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_kind_of_line_end_stays_in_its_cell(end):
    assert read(plain(1, ids=np.array([f"a{end}b"])))["id"] == [f"a{end}b"]


def test_byte_strings_are_written_unchanged():
    assert b"\xff\xc3\xa9," in exported(plain(1, tag=np.array([b"\xff\xc3\xa9"])))


def test_a_lone_surrogate_that_is_not_a_byte_is_escaped():
    assert read(plain(1, ids=np.array(["a\ud800"])))["id"] == ["a\\ud800"]


def test_numbers_come_back_bit_for_bit():
    latents = awkward()
    columns = read(latents)
    mu = np.array([columns[f"mu_{index}"] for index in range(4)]).T.astype(np.float32)
    np.testing.assert_array_equal(mu, latents.mu)
    np.testing.assert_array_equal(np.float32(columns["mse"]), latents.mse)


def test_numbers_have_no_more_digits_than_they_need():
    assert read(plain(1, mse=np.array([0.1], np.float32)))["mse"] == ["0.1"]


def test_the_columns_have_a_fixed_order():
    assert list(read(awkward())) == [
        *("id", "label", "split", "mse", "cluster", "confidence", "digest"),
        *("umap_x", "umap_y", "umap_z", "pca_x", "pca_y", "age", "tag", "flag", "X"),
        *("mu_0", "mu_1", "mu_2", "mu_3"),
    ]


def test_a_missing_label_and_nan_are_empty_and_infinity_is_not():
    columns = read(awkward())
    assert columns["label"][2] == ""
    assert columns["age"] == ["1.0", "2.5", "", "4.0", "5.0", "6.0", "inf"]


def test_empty_text_is_distinguished_from_missing_text():
    lines = exported(plain(2, ids=np.array(["", "b"]), labels=np.array(["", "b"])), vector=False).split(b"\n")
    assert lines == [b"id,label", b'"",', b"b,b", b""]


def test_every_projection_has_columns_named_after_its_method_the_chosen_one_first():
    latents = awkward()
    latest, pca = read(latents), read(latents, method="pca")
    np.testing.assert_array_equal(np.float32(latest["umap_x"]), latents.arrays["projection_umap"][:, 0])
    np.testing.assert_array_equal(np.float32(latest["pca_y"]), latents.arrays["projection_pca"][:, 1])
    assert {name: pca[name] for name in latest} == latest
    axes = [name for name in pca if name[-2:] in ("_x", "_y", "_z")]
    assert axes == ["pca_x", "pca_y", "umap_x", "umap_y", "umap_z"]


def test_a_missing_projection_is_an_error():
    with pytest.raises(ProjectionError, match="tsne"):
        exported(awkward(), method="tsne")


def test_mu_can_be_left_out():
    assert list(read(plain(), vector=False)) == ["id"]


def test_arrays_without_a_place_are_named_and_the_cluster_model_is_not_a_column():
    notes = []
    exported(awkward(), notes)
    assert notes == [
        "CSV has no place for logvar (7, 4), baseline (7, 3), thumbnails (7, 6, 4, 3), odd (3, 3), deep (7, 2, 2): left out"
    ]


def test_there_is_no_note_if_nothing_is_left_out():
    notes = []
    exported(plain(), notes)
    assert notes == []


def test_names_of_columns_are_quoted_and_unique():
    more = {key: np.arange(3) for key in ("ID", "id_", 'a,"b', "mu_1", "Mu_1")}
    assert list(read(plain(3, **more))) == ["id", "ID_", "id__", 'a,"b', "mu_1_", "Mu_1__", "mu_0", "mu_1"]


def test_blocks_of_rows_give_the_same_bytes(monkeypatch):
    whole = exported(awkward())
    monkeypatch.setattr(arrays.row_blocks, "__defaults__", (2,))
    assert exported(awkward()) == whole


def test_floats_of_unusual_sizes_are_converted():
    more = {"half": np.array([0.1], np.float16), "long": np.array([0.1], np.longdouble)}
    columns = read(plain(1, **more))
    assert np.float16(columns["half"][0]) == np.float16(0.1)
    assert float(columns["long"][0]) == 0.1
