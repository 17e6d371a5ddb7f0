"""Names find places near what they name, none over another."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from latentkit.pictures.naming import Box
from latentkit.pictures.naming import place as places

FRAME = Box(0, 0, 400, 400)
NOTHING = np.empty((0, 2))


def place(anchors, sizes, own=None) -> list[Box | None]:
    return places(anchors, sizes, FRAME, own or [NOTHING] * len(anchors))


def test_a_name_stands_on_its_anchor_where_it_can():
    assert place([(100, 200)], [(40, 10)]) == [Box(80, 195, 120, 205)]


def test_the_second_of_two_names_at_one_place_stands_just_above():
    first, second = place([(100, 200)] * 2, [(40, 10)] * 2)
    assert first == Box(80, 195, 120, 205)
    np.testing.assert_allclose(second, (80, 205, 120, 215))


def test_a_name_at_the_edge_is_moved_inside():
    (box,) = place([(399, 399)], [(40, 10)])
    assert box.lies_in(FRAME)


def test_a_name_without_room_gets_no_place():
    assert place([(10, 10)], [(500, 10)]) == [None]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), max_size=25))
def test_no_two_names_meet_and_none_leaves_the_frame(anchors):
    boxes = [box for box in place(anchors, [(60, 14)] * len(anchors)) if box is not None]
    assert all(box.lies_in(FRAME) for box in boxes)
    assert not any(one.meets(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_boxes_that_share_an_edge_do_not_meet():
    assert not Box(0, 0, 1, 1).meets(Box(1, 0, 2, 1))
    assert Box(0, 0, 1, 1).meets(Box(0.9, 0, 2, 1))


def test_a_name_hides_no_more_than_a_fifth_of_its_class():
    point = np.array([[100.0, 200.0]])
    (beside,) = place([(100, 200)], [(40, 10)], [point])
    assert beside.grown(7).holds(point) == 0
    assert beside.grown(17).holds(point) == 1
    (upon,) = place([(100, 200)], [(40, 10)], [np.concatenate([point, np.full((5, 2), 300.0)])])
    assert upon == Box(80, 195, 120, 205)
