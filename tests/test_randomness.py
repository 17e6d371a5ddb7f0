"""Random numbers are a function of (seed, stream, step)."""

import numpy as np

from latentkit.randomness import generator


def draw(*place):
    return generator(*place).standard_normal(8)


def test_the_same_seed_stream_and_step_give_the_same_numbers():
    assert np.array_equal(draw(3, "noise", 7), draw(3, "noise", 7))


def test_earlier_draws_do_not_matter():
    draw(3, "noise", 6)
    assert np.array_equal(draw(3, "noise", 7), draw(3, "noise", 7))


def test_seed_stream_and_step_each_change_it():
    here = draw(3, "noise", 7)
    assert not any(
        np.array_equal(here, other)
        for other in (draw(4, "noise", 7), draw(3, "order", 7), draw(3, "noise", 8))
    )


def test_the_numbers_are_those_of_earlier_versions():
    # A resumed run must draw what the run it goes on from would have drawn.
    np.testing.assert_allclose(generator(0, "noise", 0).random(3), EARLIER, rtol=0, atol=0)


EARLIER = [0.6589073634071492, 0.0792379852227385, 0.23610463594699294]
