"""Sources: a compact sequence, and everything that a new kind of source needs."""

import io
import sys
import tracemalloc
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from latentkit.images import Cache, Source, Sources, Transform, find, load, resolve_color
from latentkit.images.arrays import ArrayFile
from latentkit.images.content import Content, Encoded, Values

KINDS = [
    Source("cats/1.png", "cats", "photos/cats/1.png"),
    Source("cats/2.png", "cats", "photos/cats/2.png"),
    Source("X/000000", "", 0, ArrayFile("X.npy")),
    Source("X/000001", "", 1, ArrayFile("X.npy")),
    Source("b\\xff.png", "", "photos/b\udcff.png"),  # a byte that is not UTF-8
    Source("2.png", "cats", "/elsewhere/2.png"),
    Source("é/ö🙂.png", "é", "é/ö🙂.png"),
]


def test_sources_are_a_sequence():
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
def test_an_index_out_of_range_is_an_error(at):
    with pytest.raises(IndexError):
        Sources(KINDS)[at]


@pytest.mark.parametrize(
    ("above_id", "above_path"),
    [("", "/a/long/way/to/"), ("here/", ""), ("b\\xff/", "photos/b\udcff/"), ("X/", None)],
)
def test_a_source_takes_little_more_memory_than_its_id(above_id, above_path):
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


class Shelf:
    """A container of another kind: two encoded images and one array, in memory."""

    def __init__(self) -> None:
        self.reads = 0

    def open(self) -> AbstractContextManager[object]:
        return nullcontext()

    def location(self, key: str | int) -> str:
        return f"shelf.box/{key}"

    def stamp(self, key: str | int) -> bytes | None:
        return b"".ljust(40, b"7")

    def read(self, key: str | int) -> Content | str:
        self.reads += 1
        if key == "broken.png":
            return "not an image of a known format"
        pixels = np.full((6, 5, 3), 90, np.uint8)
        if key == "values":
            return Values(pixels, self.location(key))
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        return Encoded(stream.getvalue())


def test_a_new_kind_of_source_is_one_module_and_one_line(monkeypatch, tmp_path):
    shelf = Shelf()
    kind = SimpleNamespace(
        matches=lambda argument: argument.endswith(".box"),
        note=lambda argument: "",
        find_in=lambda argument: (
            Source(f"a/{key}", "a", key, shelf) for key in ("1.png", "broken.png", "values")
        ),
    )
    module = sys.modules["latentkit.images.find"]  # the package has a function of that name
    monkeypatch.setattr(module, "KINDS", (*module.KINDS, kind))
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path))
    sources = find(["shelf.box"])
    assert [source.id for source in sources] == ["a/1.png", "a/broken.png", "a/values"]
    assert resolve_color(sources) == "gray"
    formats = [content.header().format for source in sources if not isinstance(content := source.read(), str)]
    assert formats == ["PNG", "array"]
    for _ in range(2):
        shelf.reads = 0
        with Cache() as cache:
            images = load(sources, Transform(4), cache=cache)
        assert (images.pixels == 90).all() and images.labels.tolist() == ["a", "a"]
        assert [skipped.path for skipped in images.skipped] == ["shelf.box/broken.png"]
    assert shelf.reads == 2  # the encoded image came from the cache
