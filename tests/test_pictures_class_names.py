"""Class names are placed near their classes, none over another."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from latentkit.pictures.class_names import Box
from latentkit.pictures.class_names import place as place_boxes

FRAME = Box(0, 0, 400, 400)
NO_POINTS = np.empty((0, 2))


def place(anchors, sizes, members=None) -> list[Box | None]:
    return place_boxes(anchors, sizes, FRAME, members or [NO_POINTS] * len(anchors))


def test_a_name_is_centered_on_its_anchor_if_possible():
    assert place([(100, 200)], [(40, 10)]) == [Box(80, 195, 120, 205)]


def test_the_second_of_two_names_at_one_anchor_is_just_above_the_first():
    first, second = place([(100, 200)] * 2, [(40, 10)] * 2)
    assert first == Box(80, 195, 120, 205)
    np.testing.assert_allclose(second, (80, 205, 120, 215))


def test_a_name_at_the_edge_is_moved_inside():
    (box,) = place([(399, 399)], [(40, 10)])
    assert box.within(FRAME)


def test_a_name_that_does_not_fit_gets_no_box():
    assert place([(10, 10)], [(500, 10)]) == [None]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), max_size=25))
def test_no_two_names_overlap_and_none_leaves_the_frame(anchors):
    boxes = [box for box in place(anchors, [(60, 14)] * len(anchors)) if box is not None]
    assert all(box.within(FRAME) for box in boxes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_boxes_that_share_an_edge_do_not_overlap():
    assert not Box(0, 0, 1, 1).overlaps(Box(1, 0, 2, 1))
    assert Box(0, 0, 1, 1).overlaps(Box(0.9, 0, 2, 1))


def test_a_name_covers_at_most_a_fifth_of_its_class():
    point = np.array([[100.0, 200.0]])
    (moved,) = place([(100, 200)], [(40, 10)], [point])
    assert moved.padded(7).share_inside(point) == 0
    assert moved.padded(17).share_inside(point) == 1
    (centered,) = place([(100, 200)], [(40, 10)], [np.concatenate([point, np.full((5, 2), 300.0)])])
    assert centered == Box(80, 195, 120, 205)
