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


def exported(latents: Latents, said: list[str] | None = None) -> bytes:
    stream = io.BytesIO()
    write("anndata", latents, stream, ExportOptions(), (said if said is not None else []).append)
    return stream.getvalue()


def read(latents: Latents, folder: Path) -> anndata.AnnData:
    (folder / "z.h5ad").write_bytes(exported(latents))
    return anndata.read_h5ad(folder / "z.h5ad")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> anndata.AnnData:
    return read(awkward(), tmp_path_factory.mktemp("h5ad"))


def test_x_is_mu(found):
    np.testing.assert_array_equal(found.X, awkward().mu)
    assert list(found.var_names) == ["mu_0", "mu_1", "mu_2", "mu_3"]


def test_names_come_back_and_what_hdf5_cannot_hold_as_an_escape(found):
    assert list(found.obs_names) == [*IDS[:5], "bad\\udcff.png", "nul\\x00\x1b[31m\\.png"]


def test_an_escape_in_a_name_is_told_of():
    said = []
    exported(awkward(), said)
    assert said[0].startswith("ids has text that HDF5 cannot hold")


def test_what_has_no_place_is_named():
    said = []
    exported(awkward(), said)
    assert said[1:] == ["AnnData has no place for odd (3, 3): left out"]


def test_classes_are_categories_in_an_order_for_people_and_none_is_missing(found):
    assert found.obs["labels"].tolist()[:2] == ["a", "b"]
    assert found.obs["labels"].isna().tolist() == [False, False, True, False, False, False, False]
    assert found.obs["clusters"].cat.categories.tolist() == ["0", "1", "10"]
    assert found.obs["clusters"].isna().tolist() == [False, False, True, False, False, False, False]
    assert found.obs["split"].cat.categories.tolist() == ["train", "unseen", "validation"]


def test_facts_keep_their_values(found):
    latents = awkward()
    np.testing.assert_array_equal(found.obs["mse"], latents.mse)
    np.testing.assert_array_equal(found.obs["age"], latents.arrays["age"])
    assert found.obs["flag"].tolist() == latents.arrays["flag"].tolist()
    assert found.obs["tag"].tolist() == ["x", "y", "z", "", "e", "f", "g"]
    assert found.obs["digest"].tolist() == latents.digest.tolist()


def test_projections_and_matrices_are_found_where_scanpy_looks(found):
    latents = awkward()
    assert set(found.obsm) == {"X_pca", "X_umap", "baseline", "thumbnails", "deep"}
    np.testing.assert_array_equal(found.obsm["X_umap"], latents.arrays["projection_umap"])
    np.testing.assert_array_equal(found.obsm["thumbnails"], latents.thumbnails)
    np.testing.assert_array_equal(found.layers["logvar"], latents.logvar)


def test_a_matrix_that_happens_to_have_the_shape_of_mu_is_no_layer(tmp_path):
    found = read(plain(3, baseline=np.ones((3, 2), np.float32)), tmp_path)
    assert (list(found.obsm), list(found.layers)) == (["baseline"], [])


def test_it_says_where_it_comes_from(found):
    about = found.uns["latentkit"]
    assert about["version"] == __version__
    assert json.loads(about["projection_info"])["latest"] == "umap"
    assert json.loads(about["cluster_model"])["schema"] == "latentkit.clusters/1"


def test_the_same_latents_give_the_same_bytes_at_another_time():
    first = exported(awkward())
    time.sleep(1.1)  # HDF5's clock counts seconds
    assert exported(awkward()) == first


def test_keys_that_hdf5_takes_for_paths_or_anndata_for_its_own_get_other_names(tmp_path):
    more = {"a/b": np.arange(3), "a_b": np.arange(3), "_index": np.arange(3), ".": np.zeros((3, 3))}
    found = read(plain(3, **more), tmp_path)
    assert list(found.obs) == ["a_b", "a_b_", "_index_"]
    assert list(found.obsm) == ["_"]


def test_ids_alone_are_enough(tmp_path):
    found = read(plain(), tmp_path)
    assert (found.shape, list(found.obs)) == ((3, 2), [])
