"""Embedding in a group makes the same parts as in one process."""

from pathlib import Path

import numpy as np
import pytest
from gathering import together
from PIL import Image

from latentkit.embedding.share import Part, embed_in_group
from latentkit.errors import ImagesError
from latentkit.images import Transform, find, stream

BATCH = 4


@pytest.fixture
def folder(tmp_path):
    """`folder(10, broken={3})`: ten images in the order of their names, one of them unreadable."""

    def make(count: int, broken: set[int] = frozenset()) -> Path:
        for index in range(count):
            path = tmp_path / f"{index:03}.png"
            Image.fromarray(np.full((4, 4, 3), index, np.uint8)).save(path)
            if index in broken:
                path.write_bytes(b"no image")
        return tmp_path

    return make


def parts(sources):
    """Return rows that depend on the whole batch of an image, and on its position there."""
    for images in stream(sources, Transform(4, "rgb", "crop"), batch=BATCH, workers=1):
        pixels = images.pixels[:, 0, 0].astype(np.float32)
        place = np.arange(len(pixels), dtype=np.float32)[:, None]
        mu = np.concatenate([pixels, place, np.full_like(place, pixels.sum())], axis=1)
        yield Part({"ids": images.ids, "mu": mu}, images.skipped)


def whole(found):
    """Return the columns and the skipped images of parts."""
    found = list(found)
    columns = {key: np.concatenate([part.rows[key] for part in found]) for key in ("ids", "mu")}
    return columns, [image.id for part in found for image in part.skipped]


CASES = {
    "all readable": (21, set()),
    "one that is not": (21, {6}),
    "the first and the last": (21, {0, 20}),
    "a whole share": (24, set(range(8, 16))),
    "all but one": (24, set(range(24)) - {17}),
    "fewer than a batch": (3, set()),
}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("case", CASES)
def test_a_group_makes_the_parts_of_one_process(folder, case, size):
    count, broken = CASES[case]
    sources = find([str(folder(count, broken))])
    expected, left_out = whole(parts(sources))
    first, *others = together(size, lambda group: list(embed_in_group(group, sources, BATCH, parts)))
    assert others == [[]] * (size - 1)
    columns, found = whole(first)
    for key, column in expected.items():
        np.testing.assert_array_equal(columns[key], column)
    assert found == left_out == [f"{index:03}.png" for index in sorted(broken)]


def test_images_are_read_once_if_all_are_readable(folder):
    sources = find([str(folder(24))])

    def job(group):
        given = []

        def counting(mine):
            given.extend(source.id for source in mine)
            return parts(mine)

        list(embed_in_group(group, sources, BATCH, counting))
        return given

    given = together(3, job)
    assert [len(each) for each in given] == [8, 8, 8]
    assert [id_ for each in given for id_ in each] == [source.id for source in sources]


def test_no_readable_image_is_an_error_in_every_process(folder):
    sources = find([str(folder(5, set(range(5))))])

    def job(group):
        with pytest.raises(ImagesError, match=r"none of 5 images can be read \(.*000.png: "):
            list(embed_in_group(group, sources, BATCH, parts))
        return "refused"

    assert together(2, job) == ["refused"] * 2
