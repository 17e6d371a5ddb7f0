from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentkit.errors import ImagesError
from latentkit.images import split

ROWS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(0, 60).map(str)), min_size=2, max_size=120
).filter(lambda rows: len({digest for _, digest in rows}) >= 2)
FRACTIONS = st.floats(0.01, 0.99)
SEEDS = st.integers(0, 2**32)


def of(rows: list[tuple[str, str]], fraction: float, seed: int) -> np.ndarray:
    labels, digests = zip(*rows, strict=True)
    return split(labels, digests, fraction, seed)


def distinct(rows: list[tuple[str, str]], where: np.ndarray) -> dict[str, str]:
    """The label, the least of several, of every digest at `where`."""
    return {
        digest: label for (label, digest), here in sorted(zip(rows, where, strict=True), reverse=True) if here
    }


@given(ROWS, FRACTIONS, SEEDS)
def test_images_of_the_same_digest_are_on_the_same_side(rows, fraction, seed):
    held_out = of(rows, fraction, seed)
    digests = np.array([digest for _, digest in rows])
    assert not set(digests[held_out]) & set(digests[~held_out])


@given(ROWS, FRACTIONS, SEEDS)
def test_each_side_has_an_image(rows, fraction, seed):
    held_out = of(rows, fraction, seed)
    assert held_out.any() and not held_out.all()


@given(ROWS, FRACTIONS, SEEDS)
def test_the_fraction_of_distinct_images_is_as_requested(rows, fraction, seed):
    everything = len({digest for _, digest in rows})
    expected = min(max(round(fraction * everything), 1), everything - 1)
    assert len(distinct(rows, of(rows, fraction, seed))) == expected


@given(ROWS, FRACTIONS, SEEDS)
def test_every_label_is_within_one_of_its_share(rows, fraction, seed):
    held_out = distinct(rows, of(rows, fraction, seed))
    sizes = Counter(distinct(rows, np.ones(len(rows), bool)).values())
    taken = Counter(held_out.values())
    share = len(held_out) / sum(sizes.values())
    assert all(abs(taken[label] - size * share) < 1 for label, size in sizes.items())


@given(ROWS, FRACTIONS, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, fraction, seed, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = of([rows[i] for i in order], fraction, seed)
    assert np.array_equal(shuffled, of(rows, fraction, seed)[order])


def test_another_seed_gives_another_split():
    rows = [("", str(i)) for i in range(200)]
    assert not np.array_equal(of(rows, 0.5, 0), of(rows, 0.5, 1))


def test_every_image_is_held_out_equally_often():
    rows = [("ab"[i % 2], str(i)) for i in range(20)]
    often = sum(of(rows, 0.25, seed).astype(int) for seed in range(2000)) / 2000
    assert np.abs(often - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / 2000)


def test_the_split_of_a_sorted_set_is_not_its_end():
    held_out = of([("abc"[i // 100], str(i)) for i in range(300)], 0.1, 0)
    assert [held_out[k : k + 100].sum() for k in (0, 100, 200)] == [10, 10, 10]


def test_the_split_is_pinned_across_versions():
    assert np.flatnonzero(of([("", f"{i:032x}") for i in range(10)], 0.3, 0)).tolist() == [0, 3, 5]


def test_two_images_give_one_each():
    assert sorted(of([("a", "1"), ("b", "2")], 0.1, 0)) == [False, True]


@pytest.mark.parametrize("rows", [[("a", "1")], [("a", "1"), ("b", "1")]])
def test_one_distinct_image_cannot_be_split(rows):
    with pytest.raises(
        ImagesError, match=rf"{len(rows)} images, 1 of them distinct, .*at least two different images"
    ):
        of(rows, 0.5, 0)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_that_leaves_one_side_empty_is_refused(fraction):
    with pytest.raises(ImagesError, match=r"must be between 0 and 1, such as 0\.1"):
        of([("a", "1"), ("b", "2")], fraction, 0)
