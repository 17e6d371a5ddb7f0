"""Scan images: read their headers, decode their pixels as `train` does, and collect the statistics and findings."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np

from latentkit.diagnosis.facts import Facts, ImageFiles
from latentkit.diagnosis.rule import SEVERITIES, Finding, Needs
from latentkit.diagnosis.rules.files import faults
from latentkit.diagnosis.scan import pixels
from latentkit.diagnosis.scan.confounds import Confound, confounds, features
from latentkit.diagnosis.scan.duplicates import exact, grids, near
from latentkit.diagnosis.scan.pixels import Channel
from latentkit.diagnosis.scan.suggest import training_size
from latentkit.images import Cache, ImageSet, Skipped, Source, Transform, choose_color, load
from latentkit.images.content import Header
from latentkit.images.files import path_text
from latentkit.images.load import threads
from latentkit.images.sources import open_all

__all__ = ["Fault", "ScanRequest", "Survey", "scan"]

Progress = Callable[[int, int], None]
CHUNK = 64


@dataclass(frozen=True)
class ScanRequest:
    """Images to scan, and the options with which train would read them."""

    images: Sequence[Source]
    size: int | None = None
    """Pixels on a side; None chooses a size by the images."""
    color: str = "auto"
    fit: str = "crop"
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


@dataclass(frozen=True)
class Fault:
    """A file with a problem."""

    path: str
    kind: str
    """One or two words: "empty", "too large"."""
    reason: str


@dataclass(frozen=True)
class Survey:
    """Results of a scan. Counts are of readable images."""

    images: int
    """Number of images, readable or not."""
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
    """Messages about the color and the cache, one per line."""

    @property
    def different(self) -> int:
        """Number of different readable images."""
        return self.readable - sum(len(group) - 1 for group in self.duplicates)

    @property
    def clean(self) -> bool:
        """True if there are no faults, no identical files, and no errors or warnings."""
        return (
            not self.faults and not self.duplicates and all(one.severity == "note" for one in self.findings)
        )


def scan(request: ScanRequest, progress: Progress | None = None) -> Survey:
    """Examine every image. Raises ImagesError if none is readable.

    Pixels are decoded once, as `train` decodes them, and cached for it. `progress` is called with (done, total) and
    counts every image twice: for its header and for its pixels.
    """
    count = len(request.images)

    def report(offset: int) -> Progress | None:
        return None if progress is None else lambda done, _: progress(offset + done, 2 * count)

    headers = _read_headers(request.images, report(0))
    sides = [min(one.width, one.height) for one in headers if not one.fault]
    color, note = request.color, None
    if color == "auto":
        color, note = choose_color(request.images, workers=request.workers)
    transform = Transform(request.size or training_size(sides), color, request.fit)  # type: ignore[arg-type]  # checked by Transform
    with Cache() if request.cache else nullcontext() as cache:
        images = load(request.images, transform, workers=request.workers, cache=cache, progress=report(count))
        notes = [each for each in (note, None if cache is None else cache.note) if each]
    return _survey(request.images, headers, images, transform, "\n".join(notes) or None)


def _read_headers(sources: Sequence[Source], progress: Progress | None) -> list[Header]:
    """Return the header of each image, in order, without decoding pixels."""
    result: list[Header] = []
    with open_all(sources), ThreadPoolExecutor(threads("auto")) as pool:
        for start in range(0, len(sources), CHUNK):
            result += pool.map(_header, sources[start : start + CHUNK])
            if progress is not None:
                progress(len(result), len(sources))
    return result


def _header(source: Source) -> Header:
    content = source.read()
    return Header(fault=content) if isinstance(content, str) else content.header()


def _survey(
    sources: Sequence[Source],
    headers: Sequence[Header],
    images: ImageSet,
    transform: Transform,
    note: str | None,
) -> Survey:
    by_id = {source.id: (source, header) for source, header in zip(sources, headers, strict=True)}
    readable = [by_id[id_] for id_ in images.ids.tolist()]
    readable_headers = [header for _, header in readable]
    names = [_name(source) for source, _ in readable]
    digests, labels = images.digests.tolist(), images.labels.tolist()
    all_faults = [Fault(one.path, _kind(one), one.reason) for one in images.skipped]
    all_faults += [
        Fault(names[at], "constant", "every pixel is the same")
        for at in np.flatnonzero(pixels.constant(images.pixels))
    ]
    paths: dict[str, list[str]] = defaultdict(list)
    for fault in all_faults:
        paths[fault.kind].append(fault.path)
    scores = confounds(features(readable_headers, pixels.brightness(images.pixels)), labels, digests)
    files = ImageFiles(
        images=len(sources),
        faults=paths,
        duplicates=exact(digests, names),
        near_duplicates=near(grids(images.pixels), digests, names),
        modes=_count(one.mode for one in readable_headers),
        sizes=_count(f"{one.width}x{one.height}" for one in readable_headers),
        classes=dict(sorted(Counter(label for label in labels if label).items())),
        confounds=[
            (one.feature, one.balanced_accuracy, one.low, one.majority) for one in scores if one.matters
        ],
    )
    return Survey(
        images=len(sources),
        readable=len(images),
        classes=dict(files.classes),
        formats=_count(one.format for one in readable_headers),
        modes=dict(files.modes),
        sizes=dict(files.sizes),
        channels=pixels.channels(images.pixels),
        transform=transform,
        faults=tuple(all_faults),
        duplicates=[list(group) for group in files.duplicates],
        near_duplicates=[list(group) for group in files.near_duplicates],
        confounds=scores,
        findings=_findings(files),
        note=note,
    )


def _findings(files: ImageFiles) -> tuple[Finding, ...]:
    answer = faults.findings(Facts("the images", files=files))
    findings = [] if isinstance(answer, Needs) else answer
    return tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))


def _name(source: Source) -> str:
    return source.id if source.path is None else path_text(source.path)


def _count(names: Iterable[str]) -> dict[str, int]:
    """Count names, the most common first."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _kind(skipped: Skipped) -> str:
    """Return the kind of fault for a skipped file."""
    start = skipped.reason.split(" ")[0].rstrip(":")
    return {"empty": "empty", "truncated": "truncated", "too": "too large"}.get(start, "unreadable")
