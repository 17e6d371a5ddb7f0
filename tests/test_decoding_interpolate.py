"""Lines and arcs between latents, compared with closed forms."""

import numpy as np
import pytest

from latentkit.decoding import grid_between, path_between
from latentkit.errors import DecodingError

T = np.linspace(0, 1, 7)[:, None]


def axis(at: int, length: float = 1.0) -> np.ndarray:
    return np.where(np.arange(5) == at, length, 0).astype(np.float32)


def test_a_line_goes_in_equal_steps_from_one_end_to_the_other():
    path = path_between(axis(0, 2), axis(3, 4), 7)
    np.testing.assert_allclose(path, (1 - T) * axis(0, 2) + T * axis(3, 4), atol=1e-6)
    assert (path.dtype, path.shape) == (np.float32, (7, 5))


@pytest.mark.parametrize(("start", "end"), [(1.0, 1.0), (2.0, 5.0)])
def test_an_arc_over_a_right_angle_is_a_quarter_of_an_ellipse(start, end):
    path = path_between(axis(0, start), axis(3, end), 7, slerp=True)
    expected = np.cos(T * np.pi / 2) * axis(0, start) + np.sin(T * np.pi / 2) * axis(3, end)
    np.testing.assert_allclose(path, expected, atol=1e-6)


def test_an_arc_turns_by_equal_angles_and_keeps_the_distance_from_the_origin():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 16))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    path = path_between(a, b, 9, slerp=True).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(a), rtol=1e-6)
    steps = (path[:-1] * path[1:]).sum(axis=1) / (a @ a)
    whole = np.arccos(a @ b / (a @ a))
    np.testing.assert_allclose(np.arccos(steps), whole / 8, rtol=1e-4)


@pytest.mark.parametrize("slerp", [False, True])
def test_the_ends_are_exact(slerp):
    a, b = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
    path = path_between(a, b, 5, slerp=slerp)
    np.testing.assert_array_equal(path[[0, -1]], [a, b])


@pytest.mark.parametrize("end", [axis(0, 3), axis(0, 0)])
def test_an_arc_without_an_angle_is_a_line(end):
    np.testing.assert_array_equal(path_between(axis(0), end, 5, slerp=True), path_between(axis(0), end, 5))


def test_there_is_no_arc_between_opposite_latents():
    with pytest.raises(DecodingError, match=r"opposite sides of the origin.* leave out --slerp"):
        path_between(axis(0, 2), axis(0, -1), 5, slerp=True)


@pytest.mark.parametrize("slerp", [False, True])
def test_the_corners_of_a_grid_are_its_four_ends(slerp):
    ends = np.random.default_rng(2).normal(size=(4, 8)).astype(np.float32)
    path = grid_between(ends, 5, slerp=slerp)
    np.testing.assert_array_equal(path[[0, 0, -1, -1], [0, -1, 0, -1]], ends)


def test_the_middle_of_a_grid_of_lines_is_the_mean_of_its_ends():
    ends = np.random.default_rng(3).normal(size=(4, 8))
    np.testing.assert_allclose(grid_between(ends, 5)[2, 2], ends.mean(axis=0), atol=1e-6)


def test_the_edges_of_a_grid_of_arcs_are_arcs():
    a, b, c, d = np.random.default_rng(4).normal(size=(4, 8)).astype(np.float32)
    path = grid_between((a, b, c, d), 5, slerp=True)
    for edge, start, end in ((path[0], a, b), (path[-1], c, d), (path[:, 0], a, c), (path[:, -1], b, d)):
        np.testing.assert_allclose(edge, path_between(start, end, 5, slerp=True), atol=1e-6)
