"""What `latentkit scan` does, apart from the shell: headers, then pixels as `train` reads them, then what they tell."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.diagnosis.quantities import Data, Quantities
from latentkit.diagnosis.rule import SEVERITIES, Finding, Needs
from latentkit.diagnosis.rules.data import faults
from latentkit.diagnosis.scan.confounds import Confound, confounds, features
from latentkit.diagnosis.scan.duplicates import exact, grids, near
from latentkit.diagnosis.scan.headers import Header, headers
from latentkit.diagnosis.scan.suggest import choose_size
from latentkit.images import Cache, ImageSet, Skipped, Source, Transform, load, resolve_color
from latentkit.images.find import shown

__all__ = ["Channel", "Fault", "Request", "Survey", "scan"]

Progress = Callable[[int, int], None]
CHUNK = 256


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    images: Sequence[Source]
    size: int | None = None
    """Pixels on a side, as for train; None: by the images' own sizes."""
    color: str = "auto"
    fit: str = "crop"
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


@dataclass(frozen=True)
class Fault:
    """A file with something wrong, in a word and in a sentence."""

    path: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Channel:
    """One channel over all images, 0..255."""

    low: int
    high: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Survey:
    """What was found; counts are of images that can be read."""

    images: int
    """Named, readable or not."""
    readable: int
    classes: dict[str, int]
    formats: dict[str, int]
    modes: dict[str, int]
    sizes: dict[str, int]
    channels: tuple[Channel, ...]
    transform: Transform
    faults: tuple[Fault, ...]
    duplicates: list[list[str]]
    near_duplicates: list[list[str]]
    confounds: list[Confound]
    findings: tuple[Finding, ...]
    note: str | None = None
    """What the cache has to say."""

    @property
    def clean(self) -> bool:
        """Whether there is no fault, no identical file, and nothing to warn of."""
        return (
            not self.faults and not self.duplicates and all(one.severity == "note" for one in self.findings)
        )


def scan(request: Request, progress: Progress | None = None) -> Survey:
    """Look at every image; ImagesError where none can be read. Pixels are decoded once, as `train` decodes
    them, and kept for it. `progress` is told (done, total), an image twice: its header and its pixels."""
    count = len(request.images)

    def tell(before: int) -> Progress | None:
        return None if progress is None else lambda done, total: progress(before + done, 2 * count)

    found = headers(request.images, tell(0))
    size = request.size or choose_size([min(one.width, one.height) for one in found if not one.fault])
    color = request.color
    if color == "auto":
        color = resolve_color(request.images, workers=request.workers)
    transform = Transform(size, color, request.fit)  # type: ignore[arg-type]  # checked by Transform
    with Cache() if request.cache else nullcontext() as cache:
        images = load(request.images, transform, workers=request.workers, cache=cache, progress=tell(count))
        note = None if cache is None else cache.note
    return _survey(request.images, found, images, transform, note)


def _survey(
    sources: Sequence[Source],
    found: Sequence[Header],
    images: ImageSet,
    transform: Transform,
    note: str | None,
) -> Survey:
    of = {source.id: (source, header) for source, header in zip(sources, found, strict=True)}
    kept = [of[id_] for id_ in images.ids.tolist()]
    names = [_name(source) for source, _ in kept]
    digests, labels = images.digests.tolist(), images.labels.tolist()
    mean = _means(images.pixels)
    wrong = [Fault(one.path, _kind(one), one.reason) for one in images.skipped]
    wrong += [
        Fault(names[at], "constant", "every pixel is the same")
        for at in np.flatnonzero(_constant(images.pixels))
    ]
    usable = [header for _, header in kept]
    judged = confounds(features(usable, mean), labels, digests)
    same, alike = exact(digests, names), near(grids(images.pixels), digests, names)
    modes, sizes = (
        _counted(each)
        for each in ([one.mode for one in usable], [f"{one.width}x{one.height}" for one in usable])
    )
    classes = dict(sorted(Counter(label for label in labels if label).items()))
    by_kind: dict[str, list[str]] = defaultdict(list)
    for fault in wrong:
        by_kind[fault.kind].append(fault.path)
    data = Data(
        len(sources),
        by_kind,
        same,
        alike,
        modes,
        sizes,
        classes,
        [(one.feature, one.balanced_accuracy, one.low, one.majority) for one in judged if one.matters],
    )
    return Survey(
        images=len(sources),
        readable=len(images),
        classes=classes,
        formats=_counted([one.format for one in usable]),
        modes=modes,
        sizes=sizes,
        channels=_channels(images.pixels),
        transform=transform,
        faults=tuple(wrong),
        duplicates=same,
        near_duplicates=alike,
        confounds=judged,
        findings=_findings(data),
        note=note,
    )


def _findings(data: Data) -> tuple[Finding, ...]:
    answer = faults.findings(Quantities("the images", data=data))
    found = [] if isinstance(answer, Needs) else answer
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _name(source: Source) -> str:
    return shown(source.path) if source.row is None else source.id


def _counted(names: Sequence[str]) -> dict[str, int]:
    """The commonest first."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _kind(skipped: Skipped) -> str:
    """A word for the reason why a file was skipped."""
    start = skipped.reason.split(" ")[0].rstrip(":")
    return {"empty": "empty", "truncated": "truncated", "too": "too large"}.get(start, "unreadable")


def _means(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(N,) mean of all numbers of each image."""
    parts = [
        pixels[at : at + CHUNK].mean(axis=(1, 2, 3), dtype=np.float64) for at in range(0, len(pixels), CHUNK)
    ]
    return np.concatenate(parts)


def _constant(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(N,) whether each channel of an image has one value."""
    parts = [
        (np.ptp(pixels[at : at + CHUNK], axis=(1, 2)) == 0).all(axis=1) for at in range(0, len(pixels), CHUNK)
    ]
    return np.concatenate(parts)


def _channels(pixels: NDArray[np.uint8]) -> tuple[Channel, ...]:
    """The statistics of each channel, in one pass over the images."""
    counts = np.zeros((pixels.shape[3], 256), np.int64)
    for at in range(0, len(pixels), CHUNK):
        for channel in range(pixels.shape[3]):
            counts[channel] += np.bincount(pixels[at : at + CHUNK, ..., channel].ravel(), minlength=256)
    return tuple(_channel(histogram) for histogram in counts)


def _channel(histogram: NDArray[Any]) -> Channel:
    values, total = np.arange(256.0), histogram.sum()
    mean = float((values * histogram).sum() / total)
    there = np.flatnonzero(histogram)
    return Channel(
        int(there[0]), int(there[-1]), mean, float(np.sqrt(((values - mean) ** 2 * histogram).sum() / total))
    )
