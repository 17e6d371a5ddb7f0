import tracemalloc

import pytest

from latentkit.images import Source, Sources
from latentkit.images.arrays import ArrayFile

KINDS = [
    Source("cats/1.png", "cats", "photos/cats/1.png"),
    Source("cats/2.png", "cats", "photos/cats/2.png"),
    Source("X/000000", "", 0, ArrayFile("X.npy")),
    Source("X/000001", "", 1, ArrayFile("X.npy")),
    Source("b\\xff.png", "", "photos/b\udcff.png"),  # a byte that is not UTF-8
    Source("2.png", "cats", "/elsewhere/2.png"),
    Source("é/ö🙂.png", "é", "é/ö🙂.png"),
]


def test_what_was_put_in_comes_out():
    sources = Sources(iter(KINDS))
    assert len(sources) == len(KINDS)
    assert list(sources) == KINDS
    assert [sources[at] for at in range(-len(KINDS), len(KINDS))] == KINDS + KINDS
    assert sources[1:6:2] == KINDS[1:6:2]
    assert sources == KINDS == sources
    assert sources != KINDS[1:]
    assert Source(*KINDS[0]) in sources
    assert not Sources([])


@pytest.mark.parametrize("at", [7, -8])
def test_there_is_none_beyond_the_last(at):
    with pytest.raises(IndexError):
        Sources(KINDS)[at]


@pytest.mark.parametrize(
    ("above_id", "above_path"),
    [("", "/a/long/way/to/"), ("here/", ""), ("b\\xff/", "photos/b\udcff/"), ("X/", None)],
)
def test_one_of_many_takes_little_more_than_its_id(above_id, above_path):
    count = 20_000

    def source(at: int) -> Source:
        label = f"{at % 9:03d}"
        if above_path is None:
            return Source(f"{above_id}{at:06d}", "", at, ArrayFile("X.npy"))
        name = f"{label}/{at:06d}.png"
        return Source(f"{above_id}{name}", label, f"{above_path}{name}")

    tracemalloc.start()
    try:
        sources = Sources(map(source, range(count)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(sources) == count
    assert sources[-1] == source(count - 1)
    assert held / count < len("000/000000.png") + 40
