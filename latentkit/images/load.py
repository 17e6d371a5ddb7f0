"""Load images: every source becomes pixels or is skipped with a reason, in order, from the cache where it can.

The same sources and transform give the same bytes, whatever the number of workers and whatever the
cache holds. Workers are threads: Pillow lets go of the interpreter while it decodes and resizes.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images import arrays
from latentkit.images.cache import Cache, pixel_key, stamp
from latentkit.images.decode import decode, read
from latentkit.images.find import shown
from latentkit.images.scratch import room
from latentkit.images.sources import Source
from latentkit.images.transform import Transform

__all__ = ["ImageSet", "NoneReadableError", "Skipped", "load", "none_readable", "stream", "threads"]

_TASK = 16, 2**21  # images and bytes of pixels a worker takes at once
_KEEP = 512, 2**24  # the same for what the cache is given at once
_MOST_THREADS = 16
Progress = Callable[[int, int], None]


class Skipped(NamedTuple):
    """An image that could not be read, and in plain words why."""

    id: str
    path: str
    reason: str


@dataclass(frozen=True)
class ImageSet:
    """N images in the order of their sources: ids, labels ("" for none) and content digests (N,) str,
    pixels (N, H, W, C) uint8, and the sources that could not be read."""

    ids: NDArray[np.str_]
    labels: NDArray[np.str_]
    digests: NDArray[np.str_]
    pixels: NDArray[np.uint8]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.ids)


class _Image(NamedTuple):
    source: Source
    digest: str
    pixels: NDArray[np.uint8]
    stamp: bytes | None  # where the digest is new to the cache
    fresh: bool  # whether the pixels are


_Outcome = _Image | Skipped


def load(
    sources: Sequence[Source],
    transform: Transform,
    *,
    workers: int | Literal["auto"] = "auto",
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Every image that can be read. Beyond half of the available memory the pixels are a map of an unlinked file
    in the cache folder or $TMPDIR. `progress` is told (done, total). ImagesError where none can be read."""
    pixels = room((len(sources), *transform.shape), np.dtype(np.uint8), cache.folder if cache else None)
    images: list[tuple[str, str, str]] = []
    skipped: list[Skipped] = []
    for outcome in _outcomes(sources, transform, workers, cache, progress):
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
        else:
            pixels[len(images)] = outcome.pixels
            images.append((outcome.source.id, outcome.source.label, outcome.digest))
    if not images:
        raise none_readable(skipped)
    return _image_set(images, pixels[: len(images)], skipped)


def stream(
    sources: Sequence[Source],
    transform: Transform,
    *,
    batch: int,
    workers: int | Literal["auto"] = "auto",
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Iterator[ImageSet]:
    """The same images in sets of `batch`, the last one smaller, in memory that does not grow with their number.

    No set is empty; `skipped` holds what was skipped since the set before.
    """
    pending: list[_Image] = []
    skipped: list[Skipped] = []
    any_read = False
    for outcome in _outcomes(sources, transform, workers, cache, progress):
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
            continue
        if len(pending) == batch:  # only now, so that what is skipped at the end has a set to go with
            yield _batched(pending, skipped)
            pending, skipped = [], []
        pending.append(outcome)
        any_read = True
    if not any_read:
        raise none_readable(skipped)
    yield _batched(pending, skipped)


def threads(workers: int | Literal["auto"]) -> int:
    """How many threads: as many as asked for, or one for each processor this process may use, at most 16."""
    if workers == "auto":
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(usable, _MOST_THREADS)
    if workers < 1:
        raise ImagesError(f"{workers} workers cannot load images: give 1 or more, or auto")
    return workers


class NoneReadableError(ImagesError):
    """There are images, and none of them can be read."""

    skipped: tuple[Skipped, ...] = ()


def none_readable(skipped: Sequence[Skipped]) -> NoneReadableError:
    """The error for images none of which can be read; it names a few."""
    few = "; ".join(f"{one.path}: {one.reason}" for one in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    error = NoneReadableError(
        f"none of {len(skipped)} images can be read ({few}{more}): name a folder of whole images"
    )
    error.skipped = tuple(skipped)
    return error


def _outcomes(
    sources: Sequence[Source],
    transform: Transform,
    workers: int | Literal["auto"],
    cache: Cache | None,
    progress: Progress | None,
) -> Iterator[_Outcome]:
    """One outcome a source, in order; a few tasks are ahead of the one that is waited for."""
    count = threads(workers)
    opened = {path: arrays.read(path) for path in {one.path for one in sources if one.row is not None}}
    step, keep = (max(1, min(most, size // math.prod(transform.shape))) for most, size in (_TASK, _KEEP))
    tasks = (sources[i : i + step] for i in range(0, len(sources), step))
    waiting: deque[Future[list[_Outcome]]] = deque()
    fresh: list[_Image] = []
    done = 0
    pool = ThreadPoolExecutor(count, thread_name_prefix="latentkit-images")
    try:
        while True:
            for task in islice(tasks, 2 * count + 1 - len(waiting)):
                waiting.append(pool.submit(_load_task, task, transform, cache, opened))
            if not waiting:
                break
            for outcome in waiting.popleft().result():
                if cache and isinstance(outcome, _Image) and (outcome.fresh or outcome.stamp):
                    fresh.append(outcome)
                done += 1
                if progress is not None:
                    progress(done, len(sources))
                yield outcome
            if len(fresh) >= keep:
                _keep(fresh, transform, cache)
                fresh = []
    finally:
        pool.shutdown(cancel_futures=True)
        _keep(fresh, transform, cache)


def _load_task(
    sources: Sequence[Source], transform: Transform, cache: Cache | None, opened: dict[str, NDArray[Any]]
) -> list[_Outcome]:
    known = _from_cache(sources, transform, cache) if cache else {}
    return [
        known[source]
        if source in known
        else _from_array(source, transform, opened[source.path])
        if source.row is not None
        else _from_file(source, transform, cache)
        for source in sources
    ]


def _from_cache(sources: Sequence[Source], transform: Transform, cache: Cache) -> dict[Source, _Image]:
    """The images whose files have not changed since they were decoded; their files are not read."""
    stamps: dict[Source, bytes] = {}
    for source in sources:
        if source.row is None and (seen := _stamp_now(source.path)):
            stamps[source] = seen
    digests = cache.digests([(source.path, seen) for source, seen in stamps.items()])
    digest_of = {source: digest for source, digest in zip(stamps, digests, strict=True) if digest}
    values = cache.pixels([pixel_key(digest, transform) for digest in digest_of.values()])
    return {
        source: _Image(source, digest, pixels, None, False)
        for (source, digest), value in zip(digest_of.items(), values, strict=True)
        if (pixels := _shaped(value, transform)) is not None
    }


def _from_file(source: Source, transform: Transform, cache: Cache | None) -> _Outcome:
    content = read(source.path)
    if isinstance(content, str):
        return Skipped(source.id, shown(source.path), content)
    data, status = content
    digest = blake2b(data, digest_size=16).hexdigest()
    # A file that was written to while it was read has no stamp: what was read is not what is there.
    seen = stamp(status) if cache else None
    seen = seen if seen == _stamp_now(source.path) else None
    kept = _shaped(cache.pixels([pixel_key(digest, transform)])[0], transform) if cache else None
    if kept is not None:
        return _Image(source, digest, kept, seen, False)
    pixels = decode(data, transform)
    if isinstance(pixels, str):
        return Skipped(source.id, shown(source.path), pixels)
    return _Image(source, digest, pixels, seen, True)


def _from_array(source: Source, transform: Transform, array: NDArray[Any]) -> _Outcome:
    row = array[source.row]
    pixels = arrays.pixels(row, transform, f"{shown(source.path)} row {source.row}")
    return _Image(source, arrays.digest(row), pixels, None, False)


def _stamp_now(path: str) -> bytes | None:
    try:
        return stamp(Path(path).stat())
    except OSError:
        return None  # reading it will say why


def _shaped(value: bytes | None, transform: Transform) -> NDArray[np.uint8] | None:
    height, width, channels = transform.shape
    if value is None or len(value) != height * width * channels:
        return None
    return np.frombuffer(value, np.uint8).reshape(transform.shape)


def _keep(images: Sequence[_Image], transform: Transform, cache: Cache | None) -> None:
    if cache and images:
        cache.keep(
            [(one.source.path, one.stamp, one.digest) for one in images if one.stamp],
            [(pixel_key(one.digest, transform), one.pixels.tobytes()) for one in images if one.fresh],
        )


def _batched(images: Sequence[_Image], skipped: Sequence[Skipped]) -> ImageSet:
    described = [(one.source.id, one.source.label, one.digest) for one in images]
    return _image_set(described, np.stack([one.pixels for one in images]), skipped)


def _image_set(
    images: Sequence[tuple[str, str, str]], pixels: NDArray[np.uint8], skipped: Sequence[Skipped]
) -> ImageSet:
    ids, labels, digests = (np.array(column, dtype=np.str_) for column in zip(*images, strict=True))
    return ImageSet(ids, labels, digests, pixels, tuple(skipped))
