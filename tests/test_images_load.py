import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import ImagesError
from latentkit.images import Cache, Skipped, Transform, find, load, scratch, stream
from latentkit.images.load import threads

SMALL = Transform(8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 photos of different colors in two classes, of which three cannot be read."""
    rng = np.random.default_rng(0)
    for i in range(40):
        path = tmp_path / "photos" / "ab"[i % 2] / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(path)
    whole = (tmp_path / "photos" / "a" / "00.png").read_bytes()
    (tmp_path / "photos" / "a" / "00.png").write_bytes(b"")
    (tmp_path / "photos" / "b" / "05.png").write_bytes(whole[:-60])
    (tmp_path / "photos" / "b" / "39.png").write_bytes(b"text")
    return tmp_path / "photos"


def test_images_come_in_the_order_of_their_sources(folder):
    sources = find([str(folder)])
    images = load(sources, SMALL)
    bad = {"a/00.png", "b/05.png", "b/39.png"}
    assert images.ids.tolist() == [source.id for source in sources if source.id not in bad]
    assert images.labels.tolist() == [name[0] for name in images.ids]


def test_pixels_belong_to_their_ids(folder):
    images = load(find([str(folder)]), Transform(12, fit="stretch"))
    alone = load(find([str(folder / "b" / "17.png")]), Transform(12, fit="stretch"))
    assert np.array_equal(images.pixels[images.ids.tolist().index("b/17.png")], alone.pixels[0])


def test_unreadable_images_are_returned_with_the_reason(folder):
    assert load(find([str(folder)]), SMALL).skipped == (
        Skipped("a/00.png", f"{folder}/a/00.png", "empty: it has no bytes"),
        Skipped("b/05.png", f"{folder}/b/05.png", "truncated: the end of the file is missing"),
        Skipped("b/39.png", f"{folder}/b/39.png", "not an image of a known format"),
    )


def test_a_file_deleted_before_it_is_read_is_skipped(folder):
    sources = find([str(folder / "a")])
    (folder / "a" / "02.png").unlink()
    assert "gone: no such file" in [one.reason for one in load(sources, SMALL).skipped]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_workers_changes_nothing(folder, workers):
    sources = find([str(folder)])
    one, other = load(sources, SMALL), load(sources, SMALL, workers=workers)
    assert one.pixels.tobytes() == other.pixels.tobytes() and one.ids.tolist() == other.ids.tolist()


def test_equal_files_have_equal_digests(folder):
    (folder / "a" / "copy.png").write_bytes((folder / "b" / "01.png").read_bytes())
    images = load(find([str(folder)]), SMALL)
    digest = dict(zip(images.ids.tolist(), images.digests.tolist(), strict=True))
    assert digest["a/copy.png"] == digest["b/01.png"]
    assert len(set(digest.values())) == len(digest) - 1


def test_the_digest_is_blake2b_of_the_bytes_of_the_file(folder):
    import hashlib

    path = folder / "b" / "01.png"
    assert (
        load(find([str(path)]), SMALL).digests[0]
        == hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    )


def test_progress_counts_every_source_once(folder):
    calls: list[tuple[int, int]] = []
    load(find([str(folder)]), SMALL, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(i, 40) for i in range(1, 41)]


@pytest.mark.parametrize("batch", [1, 6, 37, 100])
def test_a_stream_gives_the_same_images_as_loading(folder, batch):
    sources = find([str(folder)])
    whole, sets = load(sources, SMALL), list(stream(sources, SMALL, batch=batch))
    assert np.array_equal(np.concatenate([one.pixels for one in sets]), whole.pixels)
    for name in ("ids", "labels", "digests"):
        assert np.concatenate([getattr(one, name) for one in sets]).tolist() == getattr(whole, name).tolist()
    assert tuple(skipped for one in sets for skipped in one.skipped) == whole.skipped
    assert [len(one) for one in sets[:-1]] == [batch] * (len(sets) - 1) and 0 < len(sets[-1]) <= batch


def test_a_stream_may_be_closed_early(folder):
    with Cache() as cache:
        sets = stream(find([str(folder)]), SMALL, batch=4, cache=cache)
        assert len(next(sets)) == 4
        sets.close()


def test_a_stream_reads_only_a_little_ahead(folder):
    """What is deleted once the first set is there cannot be read any more, but for the little that was."""
    for i in range(300):
        (folder / f"{i}.png").write_bytes((folder / "b" / "01.png").read_bytes())
    sets = stream(find([str(folder)]), SMALL, batch=4, workers=1)
    first = next(sets)
    time.sleep(0.5)  # for a worker that runs ahead to do so
    for path in folder.rglob("*.png"):
        path.unlink()
    assert len(first) + sum(len(one) for one in sets) <= 16 * 4


@pytest.mark.parametrize("how", [load, lambda *arguments: list(stream(*arguments, batch=4))])
def test_if_no_image_can_be_read_the_error_names_a_few(tmp_path, how):
    for i in range(5):
        (tmp_path / f"{i}.png").write_bytes(b"text" if i else b"")
    with pytest.raises(
        ImagesError,
        match=r"none of 5 images .*0\.png: empty: .*2\.png: not an image of a known format; and 2 more",
    ):
        how(find([str(tmp_path)]), SMALL)


def test_no_workers_are_refused(folder):
    with pytest.raises(ImagesError, match="0 workers cannot load images: give 1 or more, or auto"):
        load(find([str(folder)]), SMALL, workers=0)


def test_auto_is_one_thread_per_processor_and_at_most_16():
    assert 1 <= threads("auto") <= min(16, os.cpu_count() or 1)


def test_large_sets_are_mapped_from_an_unlinked_file(folder, monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "memory_budget", lambda: 1000)
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))
    sources = find([str(folder)])
    with Cache() as cache:
        images = load(sources, SMALL, cache=cache)
    monkeypatch.undo()
    assert isinstance(images.pixels, np.memmap)
    assert np.array_equal(images.pixels, load(sources, SMALL).pixels)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".sqlite"]


def test_a_full_disk_is_an_error_and_not_a_crash(tmp_path):
    with pytest.raises(
        ImagesError, match=r"GiB of pixels do not fit into .*: free some space, or set LATENTKIT_CACHE"
    ):
        scratch.allocate((2**60,), np.dtype(np.uint8), tmp_path)


def test_an_array_and_files_load_together(folder, tmp_path):
    rows = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), np.uint8)
    np.save(tmp_path / "X.npy", rows)
    images = load(find([f"{tmp_path}/X.npy", str(folder / "b")]), SMALL)
    assert np.array_equal(images.pixels[[name.startswith("X/") for name in images.ids]], rows)
