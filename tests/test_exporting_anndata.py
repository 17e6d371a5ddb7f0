"""AnnData, read back by anndata."""

import io
import json
import time
from pathlib import Path

import anndata
import numpy as np
import pytest
from awkward_latents import IDS, awkward, plain

from latentkit import __version__
from latentkit.exporting import ExportOptions, write
from latentkit.formats.latents import Latents


def exported(latents: Latents, notes: list[str] | None = None) -> bytes:
    stream = io.BytesIO()
    write("anndata", latents, stream, ExportOptions(), (notes if notes is not None else []).append)
    return stream.getvalue()


def read(latents: Latents, folder: Path) -> anndata.AnnData:
    (folder / "z.h5ad").write_bytes(exported(latents))
    return anndata.read_h5ad(folder / "z.h5ad")


@pytest.fixture(scope="module")
def adata(tmp_path_factory) -> anndata.AnnData:
    return read(awkward(), tmp_path_factory.mktemp("h5ad"))


def test_x_is_mu(adata):
    np.testing.assert_array_equal(adata.X, awkward().mu)
    assert list(adata.var_names) == ["mu_0", "mu_1", "mu_2", "mu_3"]


def test_names_come_back_with_escapes_for_what_hdf5_cannot_hold(adata):
    assert list(adata.obs_names) == [*IDS[:5], "bad\\udcff.png", "nul\\x00\x1b[31m\\.png"]


def test_an_escape_in_a_name_is_reported():
    notes = []
    exported(awkward(), notes)
    assert notes[0].startswith("ids has text that HDF5 cannot hold")


def test_arrays_without_a_place_are_named():
    notes = []
    exported(awkward(), notes)
    assert notes[1:] == ["AnnData has no place for odd (3, 3): left out"]


def test_classes_are_sorted_categories_and_unlabeled_images_are_missing(adata):
    assert adata.obs["labels"].tolist()[:2] == ["a", "b"]
    assert adata.obs["labels"].isna().tolist() == [False, False, True, False, False, False, False]
    assert adata.obs["clusters"].cat.categories.tolist() == ["0", "1", "10"]
    assert adata.obs["clusters"].isna().tolist() == [False, False, True, False, False, False, False]
    assert adata.obs["split"].cat.categories.tolist() == ["train", "unseen", "validation"]


def test_columns_keep_their_values(adata):
    latents = awkward()
    np.testing.assert_array_equal(adata.obs["mse"], latents.mse)
    np.testing.assert_array_equal(adata.obs["age"], latents.arrays["age"])
    assert adata.obs["flag"].tolist() == latents.arrays["flag"].tolist()
    assert adata.obs["tag"].tolist() == ["x", "y", "z", "", "e", "f", "g"]
    assert adata.obs["digest"].tolist() == latents.digest.tolist()


def test_projections_and_matrices_are_found_where_scanpy_looks(adata):
    latents = awkward()
    assert set(adata.obsm) == {"X_pca", "X_umap", "baseline", "thumbnails", "deep"}
    np.testing.assert_array_equal(adata.obsm["X_umap"], latents.arrays["projection_umap"])
    np.testing.assert_array_equal(adata.obsm["thumbnails"], latents.thumbnails)
    np.testing.assert_array_equal(adata.layers["logvar"], latents.logvar)


def test_a_matrix_of_the_shape_of_mu_is_not_a_layer(tmp_path):
    adata = read(plain(3, baseline=np.ones((3, 2), np.float32)), tmp_path)
    assert (list(adata.obsm), list(adata.layers)) == (["baseline"], [])


def test_the_provenance_is_included(adata):
    about = adata.uns["latentkit"]
    assert about["version"] == __version__
    assert json.loads(about["projection_info"])["latest"] == "umap"
    assert json.loads(about["cluster_model"])["schema"] == "latentkit.clusters/1"


def test_the_same_latents_give_the_same_bytes_at_another_time():
    first = exported(awkward())
    time.sleep(1.1)  # HDF5's clock counts seconds
    assert exported(awkward()) == first


def test_keys_that_hdf5_or_anndata_would_misread_are_renamed(tmp_path):
    more = {"a/b": np.arange(3), "a_b": np.arange(3), "_index": np.arange(3), ".": np.zeros((3, 3))}
    adata = read(plain(3, **more), tmp_path)
    assert list(adata.obs) == ["a_b", "a_b_", "_index_"]
    assert list(adata.obsm) == ["_"]


def test_ids_alone_are_enough(tmp_path):
    adata = read(plain(), tmp_path)
    assert (adata.shape, list(adata.obs)) == ((3, 2), [])
