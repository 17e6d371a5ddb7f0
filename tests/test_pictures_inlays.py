"""Which images are put on a scatter."""

import numpy as np

from latentkit.pictures.inlays import choose
from latentkit.pictures.naming import Box

FRAME = Box(0, 0, 100, 100)
ALL = np.ones(500, np.bool_)


def seen(n: int = 500) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 100, (n, 2))


def test_squares_around_the_chosen_points_do_not_meet_and_stay_inside():
    rows = choose(seen(), ALL, 10, FRAME, 1000, [])
    at = seen()[rows]
    apart = np.abs(at[:, None] - at).max(axis=-1) + 1e9 * np.eye(len(at))
    assert apart.min() > 10
    assert at.min() >= 5
    assert at.max() <= 95
    assert len(rows) > 30


def test_no_more_are_chosen_than_asked_for():
    assert len(choose(seen(), ALL, 10, FRAME, 7, [])) == 7


def test_they_keep_off_what_is_taken():
    taken = Box(40, 40, 60, 60)
    at = seen()[choose(seen(), ALL, 10, FRAME, 1000, [taken])]
    assert not any(Box(x - 5, y - 5, x + 5, y + 5).meets(taken) for x, y in at)


def test_only_those_that_there_are_and_the_same_every_time():
    there = np.arange(500) % 3 == 0
    first, second = (choose(seen(), there, 10, FRAME, 1000, []) for _ in range(2))
    assert there[first].all()
    assert first.tolist() == second.tolist()


def test_none_is_chosen_where_none_fits():
    assert choose(seen(), ALL, 200, FRAME, 10, []).tolist() == []
