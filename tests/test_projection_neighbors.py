"""t-SNE and UMAP: inputs, reproducibility, and reducers that are restored."""

import sys

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from latentkit.errors import ProjectionError
from latentkit.projection import ProjectionResult, place, project, read_reducer, write_reducer
from latentkit.projection import tsne as tsne_module

METHODS = ["tsne", "umap"]
# numba compiles parts of umap in every process, so the first test here is slow and the others are fast.


def islands(n: int = 90, seed: int = 0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 6)) + 8 * np.eye(6)[np.arange(n) % 3]).astype(np.float32)


@pytest.fixture(scope="module")
def views() -> dict[str, ProjectionResult]:
    return {method: project(islands(), method, seed=3, jobs=1) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_classes_far_apart_are_islands(views, method):
    assert silhouette_score(views[method].points, np.arange(90) % 3) > 0.5


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bytes(views, method):
    again = project(islands(), method, seed=3, jobs=1)
    assert again.points.tobytes() == views[method].points.tobytes()
    assert again.info == views[method].info


@pytest.mark.parametrize("method", METHODS)
def test_a_restored_reducer_places_rows_as_the_original_does(views, method, tmp_path):
    with (tmp_path / "r.npz").open("wb") as stream:
        write_reducer(views[method].reducer, stream)
    new = islands(12, seed=9)
    original, restored = (
        place(r, new, jobs=1) for r in (views[method].reducer, read_reducer(tmp_path / "r.npz"))
    )
    assert original.points.tobytes() == restored.points.tobytes()


def test_a_restored_umap_places_rows_as_the_fitted_model_does():
    from latentkit.projection.umap import _class

    view = project(islands(), "umap", seed=3)
    start = np.asarray(view.reducer.arrays["points"])
    assert start.tobytes() == view.points.tobytes()
    model = _class()(
        n_components=2,
        n_neighbors=15,
        min_dist=0.1,
        init=project(islands()).points,
        random_state=3,
        transform_seed=3,
        n_jobs=1,
    )
    model.fit(islands())
    model.embedding_ = start.copy()  # its own differs by the rounding of distances
    new = islands(12, seed=9)
    assert np.array_equal(model.transform(new), place(view.reducer, new).points)


def test_umap_receives_the_exact_nearest_neighbors():
    from latentkit.projection.umap import _nearest

    rows = np.repeat(islands(40), [2] + [1] * 39, axis=0)  # one of them twice
    neighbors, distances = _nearest(rows, 9)
    between = np.linalg.norm(rows[:, None].astype(np.float64) - rows, axis=2)
    assert neighbors[:, 0].tolist() == list(range(41)) and not distances[:, 0].any()
    np.testing.assert_allclose(distances, np.sort(between, axis=1)[:, :9], atol=1e-4)
    np.testing.assert_allclose(np.take_along_axis(between, neighbors, axis=1), distances, atol=1e-4)
    assert all(len(set(row)) == 9 for row in neighbors.tolist())


def test_umap_with_these_neighbors_preserves_as_much_as_umap_alone():
    from latentkit.projection.umap import _class

    rows = np.random.default_rng(2).normal(size=(300, 5)).astype(np.float32)
    alone = _class()(init=project(rows).points, random_state=3, n_jobs=1).fit_transform(rows)
    ours = project(rows, "umap", seed=3).points
    ours_kept, expected = (trustworthiness(rows, points, n_neighbors=15) for points in (ours, alone))
    assert ours_kept == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_new_rows_are_placed_in_the_island_of_their_class(views, method):
    new = place(views[method].reducer, islands(30, seed=5), jobs=1).points
    centers = np.stack([views[method].points[i::3].mean(axis=0) for i in range(3)])
    nearest = np.linalg.norm(new[:, None] - centers, axis=2).argmin(axis=1)
    assert (nearest == np.arange(30) % 3).all()


def test_rows_that_umap_was_fitted_to_keep_their_points(views):
    assert np.array_equal(place(views["umap"].reducer, islands()).points, views["umap"].points)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n", "dims"), [(4, 2), (4, 3), (9, 2)])
def test_a_few_rows_do_not_collapse_to_a_point(method, n, dims):
    noise = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    points = project(noise, method, dims=dims, jobs=1).points
    assert np.isfinite(points).all()
    assert points.std() > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_a_few_rows_can_be_placed_among_a_few(method):
    view = project(islands(5), method, jobs=1)
    assert np.isfinite(place(view.reducer, islands(2, seed=1), jobs=1).points).all()


@pytest.mark.parametrize("method", METHODS)
def test_duplicates_can_be_projected(method):
    assert np.isfinite(project(np.repeat(islands(12), 4, axis=0), method, jobs=1).points).all()


@pytest.mark.parametrize("method", METHODS)
def test_three_rows_are_too_few_and_the_message_says_so(method):
    with pytest.raises(ProjectionError, match=f"{method} needs at least 4 images, but there are 3"):
        project(islands(3), method)


def test_tensorflow_is_restored_after_umap_was_imported(views):
    assert sys.modules.get("tensorflow", "absent") is not None
    assert "umap.parametric_umap" not in sys.modules


def test_parameters_and_versions_are_recorded(views):
    for method, package in (("tsne", "openTSNE"), ("umap", "umap-learn")):
        info = views[method].info
        assert (info["n"], info["features"], info["dims"], info["seed"], info["jobs"]) == (90, 6, 2, 3, 1)
        assert package in info["versions"]
        assert info["fidelity"]["trustworthiness"]["value"] > 0.9
    assert views["tsne"].info["parameters"]["perplexity"] == pytest.approx(89 / 3)
    assert views["umap"].info["parameters"]["neighbours"] == 15


def test_umap_says_that_it_compiles():
    messages: list[str] = []
    project(islands(20), "umap", tell=messages.append)
    assert any("compiling" in words for words in messages)


def test_tsne_lays_out_a_sample_of_many_rows_and_places_the_rest(monkeypatch):
    monkeypatch.setattr(tsne_module, "LARGEST", 200)
    monkeypatch.setattr(tsne_module, "SAMPLE", 150)
    messages: list[str] = []
    view = project(islands(300), "tsne", jobs=1, tell=messages.append)
    assert "sample of 150 of 300" in messages[0]
    assert view.reducer.arrays["rows"].shape == (150, 6)
    assert view.points.shape == (300, 2)
    assert silhouette_score(view.points, np.arange(300) % 3) > 0.5


@pytest.mark.slow
def test_tsne_repeats_at_two_jobs_and_records_them():
    first, again = (project(islands(60), "tsne", jobs=2) for _ in range(2))
    assert first.points.tobytes() == again.points.tobytes()
    assert first.info["jobs"] == 2
