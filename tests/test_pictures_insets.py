"""Choice of the images on a scatter plot."""

import numpy as np

from latentkit.pictures.class_names import Box
from latentkit.pictures.insets import choose_rows

FRAME = Box(0, 0, 100, 100)
ALL = np.ones(500, np.bool_)


def positions(n: int = 500) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 100, (n, 2))


def test_squares_around_the_chosen_points_do_not_overlap_and_stay_inside():
    rows = choose_rows(positions(), ALL, 10, FRAME, 1000, [])
    centers = positions()[rows]
    distance = np.abs(centers[:, None] - centers).max(axis=-1) + 1e9 * np.eye(len(centers))
    assert distance.min() > 10
    assert centers.min() >= 5
    assert centers.max() <= 95
    assert len(rows) > 30


def test_at_most_the_requested_number_is_chosen():
    assert len(choose_rows(positions(), ALL, 10, FRAME, 7, [])) == 7


def test_occupied_boxes_are_avoided():
    occupied = Box(40, 40, 60, 60)
    centers = positions()[choose_rows(positions(), ALL, 10, FRAME, 1000, [occupied])]
    assert not any(Box(x - 5, y - 5, x + 5, y + 5).overlaps(occupied) for x, y in centers)


def test_only_available_rows_are_chosen_and_the_same_every_time():
    available = np.arange(500) % 3 == 0
    first, second = (choose_rows(positions(), available, 10, FRAME, 1000, []) for _ in range(2))
    assert available[first].all()
    assert first.tolist() == second.tolist()


def test_no_row_is_chosen_if_none_fits():
    assert choose_rows(positions(), ALL, 200, FRAME, 10, []).tolist() == []
