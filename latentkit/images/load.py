"""Load images: every source becomes pixels or is skipped with a reason, in order, from the cache if possible.

The same sources and transform give the same bytes for any number of workers and any content of the
cache. Workers are threads, because Pillow releases the interpreter while it decodes and resizes.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images.cache import Cache, pixel_key
from latentkit.images.files import path_text
from latentkit.images.scratch import allocate
from latentkit.images.sources import Source, open_all
from latentkit.images.transform import Transform

__all__ = ["ImageSet", "NoneReadableError", "Skipped", "load", "none_readable", "stream", "threads"]

_TASK = 16, 2**21  # most images, and most bytes of pixels, that a worker takes at once
_STORE = 512, 2**24  # the same, for storing in the cache at once
_MAX_THREADS = 16
Progress = Callable[[int, int], None]


class Skipped(NamedTuple):
    """An image that could not be read, and in plain words why."""

    id: str
    path: str
    reason: str


@dataclass(frozen=True)
class ImageSet:
    """N images in the order of their sources: ids, labels ("" if unlabeled) and content digests (N,) str,
    pixels (N, H, W, C) uint8, and the sources that could not be read."""

    ids: NDArray[np.str_]
    labels: NDArray[np.str_]
    digests: NDArray[np.str_]
    pixels: NDArray[np.uint8]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.intp]) -> "ImageSet":
        """Return the images of these rows."""
        return ImageSet(
            self.ids[rows], self.labels[rows], self.digests[rows], self.pixels[rows], self.skipped
        )


class _Image(NamedTuple):
    source: Source
    digest: str
    pixels: NDArray[np.uint8]
    stamp: bytes | None  # set if the digest is new to the cache
    decoded: bool  # True if the pixels are new to the cache


_Outcome = _Image | Skipped


def load(
    sources: Sequence[Source],
    transform: Transform,
    *,
    workers: int | Literal["auto"] = "auto",
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> ImageSet:
    """Load every image that can be read; raise ImagesError if none can.

    Beyond half of the available memory the pixels are a map of an unlinked file in the cache folder or $TMPDIR.
    `progress` is called with (done, total).
    """
    pixels = allocate((len(sources), *transform.shape), np.dtype(np.uint8), cache.folder if cache else None)
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
    """Yield the images in sets of `batch`, the last one smaller, in memory that does not grow with their number.

    No set is empty; `skipped` has the images skipped since the previous set. Raises ImagesError if no image can be read.
    """
    pending: list[_Image] = []
    skipped: list[Skipped] = []
    any_read = False
    for outcome in _outcomes(sources, transform, workers, cache, progress):
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
            continue
        if len(pending) == batch:  # only now, so that images skipped at the end have a set to go with
            yield _batch(pending, skipped)
            pending, skipped = [], []
        pending.append(outcome)
        any_read = True
    if not any_read:
        raise none_readable(skipped)
    yield _batch(pending, skipped)


def threads(workers: int | Literal["auto"]) -> int:
    """Return the number of threads: as asked, or one per processor this process may use, at most 16."""
    if workers == "auto":
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(usable, _MAX_THREADS)
    if workers < 1:
        raise ImagesError(f"{workers} workers cannot load images: give 1 or more, or auto")
    return workers


class NoneReadableError(ImagesError):
    """There are images, but none of them can be read."""

    skipped: tuple[Skipped, ...] = ()


def none_readable(skipped: Sequence[Skipped]) -> NoneReadableError:
    """Return the error for images none of which can be read; it names the first three."""
    first = "; ".join(f"{one.path}: {one.reason}" for one in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    error = NoneReadableError(
        f"none of {len(skipped)} images can be read ({first}{more}): name a folder of intact images"
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
    """Yield one outcome per source, in order; a few tasks run ahead of the one that is waited for."""
    count = threads(workers)
    step, store = (max(1, min(most, size // math.prod(transform.shape))) for most, size in (_TASK, _STORE))
    tasks = (sources[i : i + step] for i in range(0, len(sources), step))
    waiting: deque[Future[list[_Outcome]]] = deque()
    new: list[_Image] = []
    done = 0
    with open_all(sources):
        pool = ThreadPoolExecutor(count, thread_name_prefix="latentkit-images")
        try:
            while True:
                for task in islice(tasks, 2 * count + 1 - len(waiting)):
                    waiting.append(pool.submit(_load_task, task, transform, cache))
                if not waiting:
                    break
                for outcome in waiting.popleft().result():
                    if cache and isinstance(outcome, _Image) and (outcome.decoded or outcome.stamp):
                        new.append(outcome)
                    done += 1
                    if progress is not None:
                        progress(done, len(sources))
                    yield outcome
                if len(new) >= store:
                    _store(new, transform, cache)
                    new = []
        finally:
            pool.shutdown(cancel_futures=True)
            _store(new, transform, cache)


def _load_task(sources: Sequence[Source], transform: Transform, cache: Cache | None) -> list[_Outcome]:
    stamps = [source.stamp() if cache else None for source in sources]
    cached = _from_cache(sources, stamps, transform, cache) if cache else {}
    return [
        cached[at] if at in cached else _read(source, stamp, transform, cache)
        for at, (source, stamp) in enumerate(zip(sources, stamps, strict=True))
    ]


def _from_cache(
    sources: Sequence[Source], stamps: Sequence[bytes | None], transform: Transform, cache: Cache
) -> dict[int, _Image]:
    """Return, by index, the images that have not changed since they were decoded; they are not read."""
    stamped = [(at, stamp) for at, stamp in enumerate(stamps) if stamp]
    digests = cache.digests([(sources[at].location, stamp) for at, stamp in stamped])
    digest_of = {at: digest for (at, _), digest in zip(stamped, digests, strict=True) if digest}
    values = cache.pixels([pixel_key(digest, transform) for digest in digest_of.values()])
    return {
        at: _Image(sources[at], digest, pixels, None, decoded=False)
        for (at, digest), value in zip(digest_of.items(), values, strict=True)
        if (pixels := _shaped(value, transform)) is not None
    }


def _read(source: Source, stamp: bytes | None, transform: Transform, cache: Cache | None) -> _Outcome:
    content = source.read()
    if isinstance(content, str):
        return Skipped(source.id, path_text(source.location), content)
    digest = content.digest()
    if stamp and stamp != source.stamp():
        stamp = None  # changed while it was read, so the stamp is not that of the content
    cached = None
    if cache and content.cacheable:
        cached = _shaped(cache.pixels([pixel_key(digest, transform)])[0], transform)
    if cached is not None:
        return _Image(source, digest, cached, stamp, decoded=False)
    pixels = content.pixels(transform)
    if isinstance(pixels, str):
        return Skipped(source.id, path_text(source.location), pixels)
    return _Image(source, digest, pixels, stamp, decoded=content.cacheable)


def _shaped(value: bytes | None, transform: Transform) -> NDArray[np.uint8] | None:
    if value is None or len(value) != math.prod(transform.shape):
        return None
    return np.frombuffer(value, np.uint8).reshape(transform.shape)


def _store(images: Sequence[_Image], transform: Transform, cache: Cache | None) -> None:
    if cache and images:
        cache.store(
            [(one.source.location, one.stamp, one.digest) for one in images if one.stamp],
            [(pixel_key(one.digest, transform), one.pixels.tobytes()) for one in images if one.decoded],
        )


def _batch(images: Sequence[_Image], skipped: Sequence[Skipped]) -> ImageSet:
    described = [(one.source.id, one.source.label, one.digest) for one in images]
    return _image_set(described, np.stack([one.pixels for one in images]), skipped)


def _image_set(
    images: Sequence[tuple[str, str, str]], pixels: NDArray[np.uint8], skipped: Sequence[Skipped]
) -> ImageSet:
    ids, labels, digests = (np.array(column, dtype=np.str_) for column in zip(*images, strict=True))
    return ImageSet(ids, labels, digests, pixels, tuple(skipped))
