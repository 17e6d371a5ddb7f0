"""Reducers in files: no pickle, exact, and validated when they are read."""

import io
import json

import numpy as np
import pytest

from latentkit.errors import FormatError, ProjectionError
from latentkit.formats.npz import read_npz, write_npz
from latentkit.projection import place, project, read_reducer, write_reducer


def latents(n: int = 40, d: int = 5):
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    with (tmp_path / "r.npz").open("wb") as stream:
        write_reducer(project(latents(), dims=2).reducer, stream)
    return tmp_path / "r.npz"


def test_a_restored_pca_places_the_fitted_rows_at_their_points(path):
    assert np.array_equal(place(read_reducer(path), latents()).points, project(latents()).points)


def test_numpy_reads_a_reducer_without_pickle(path):
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["components"].shape == (2, 5)


def test_the_same_reducer_is_written_as_the_same_bytes(path):
    stream = io.BytesIO()
    write_reducer(read_reducer(path), stream)
    assert stream.getvalue() == path.read_bytes()


def test_dropped_dimensions_of_new_rows_are_ignored():
    mu = latents()
    mu[:, 1] *= 1e-4
    view = project(mu, scale_dead="drop")
    mu[:, 1] = 1e6
    assert np.array_equal(place(view.reducer, mu).points, view.points)


def test_latents_of_another_size_are_refused(path):
    with pytest.raises(ProjectionError, match="have 4 dimensions, but the reducer was fitted to 5"):
        place(read_reducer(path), latents(d=4))


def test_no_rows_are_refused(path):
    with pytest.raises(ProjectionError, match="no latents to place"):
        place(read_reducer(path), latents(0))


def test_one_row_can_be_placed(path):
    assert place(read_reducer(path), latents(1)).points.shape == (1, 2)


def damaged(path, **changes):
    """Change arrays of the file, or entries of its JSON object; None removes an array."""
    arrays = dict(read_npz(path, name="r"))
    meta = json.loads(str(arrays["schema"]))
    meta.update({key: value for key, value in changes.items() if isinstance(value, str | dict)})
    arrays["schema"] = np.array(json.dumps(meta))
    arrays.update({key: value for key, value in changes.items() if isinstance(value, np.ndarray)})
    with path.open("wb") as stream:
        write_npz(stream, {key: array for key, array in arrays.items() if changes.get(key, 0) is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": None}, "is not a reducer: make one with"),
        ({"schema": np.array("{")}, "is not a reducer"),
        ({"schema": np.array("[1]")}, "is not a reducer"),
        ({"schema": "latentkit.latents/1"}, "is not a reducer"),
        ({"schema": "latentkit.reducer/2"}, "is latentkit.reducer/2, written by a newer latentkit: upgrade"),
        ({"method": "isomap"}, "method 'isomap' is not one of pca, tsne, umap"),
        ({"dims": "2"}, "'dims' is '2'"),
        ({"mean": None}, "has no 'mean'"),
        ({"mean": np.zeros(4)}, "do not fit one another"),
        ({"mean": np.zeros((5, 1))}, r"'mean' is float64 of shape \(5, 1\)"),
        ({"mean": np.full(5, np.nan)}, "'mean' has values that are not finite"),
        ({"components": np.zeros((3, 5))}, "do not fit one another"),
        ({"columns": np.arange(1, 6)}, "do not fit one another"),
        ({"columns": np.zeros(0, np.int64)}, "do not fit one another"),
        ({"columns": np.zeros(5)}, "'columns' is float64"),
    ],
)
def test_an_incomplete_reducer_is_refused_with_file_and_key(path, changes, message):
    with pytest.raises(FormatError, match=message) as refused:
        read_reducer(damaged(path, **changes))
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("method", "parameters", "key"),
    [
        ("tsne", {}, "perplexity"),
        ("tsne", {"perplexity": "30"}, "perplexity"),
        ("tsne", {"perplexity": 41}, "perplexity"),
        ("umap", {"neighbours": 15}, "least_distance"),
        ("umap", {"neighbours": 1, "least_distance": 0.1}, "neighbours"),
        ("umap", {"neighbours": 15, "least_distance": -1}, "least_distance"),
    ],
)
def test_parameters_that_would_fail_later_are_refused_when_read(path, method, parameters, key):
    arrays = {"rows": latents(), "points": latents(d=2)}
    with pytest.raises(FormatError, match=f"r.npz: the reducer's '{key}'"):
        read_reducer(damaged(path, method=method, parameters=parameters, **arrays))
