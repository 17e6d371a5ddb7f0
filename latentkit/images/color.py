"""Decide between color and gray: the meaning of `--color auto` for a set of images."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

from latentkit.images.files import path_text
from latentkit.images.load import Skipped, none_readable, threads
from latentkit.images.sources import Source, open_all
from latentkit.stats import evenly_spaced

__all__ = ["ColorChoice", "choose_color", "describe_mismatch", "resolve_color"]

SAMPLE = 64
"""Images that are looked at to say whether color is rare, or other than a run expects."""
FEW = 0.1
"""Images in color are few up to this share."""
STEP = 8
"""Images that are read before it is decided whether to read more."""


class ColorChoice(NamedTuple):
    """Color or gray, and a message if few of the images made the set a set in color."""

    color: Literal["rgb", "gray"]
    note: str | None


def choose_color(sources: Sequence[Source], *, workers: int | Literal["auto"] = "auto") -> ColorChoice:
    """Return `gray` if every readable image is gray, by its header or by its pixels, and otherwise `rgb`.

    Raises ImagesError if no image can be read.
    """
    skipped: list[Skipped] = []
    with open_all(sources), ThreadPoolExecutor(threads(workers)) as pool:
        start, step = 0, STEP
        while start < len(sources):
            some = sources[start : start + step]
            for source, gray in zip(some, pool.map(_is_gray, some), strict=True):
                if isinstance(gray, str):
                    skipped.append(Skipped(source.id, path_text(source.location), gray))
                elif not gray:
                    return ColorChoice("rgb", _describe_few(source, sources, pool))
            start, step = start + step, min(2 * step, 256)
    if len(skipped) == len(sources):
        raise none_readable(skipped)
    return ColorChoice("gray", None)


def resolve_color(
    sources: Sequence[Source], *, workers: int | Literal["auto"] = "auto"
) -> Literal["rgb", "gray"]:
    """Return the color of `choose_color`."""
    return choose_color(sources, workers=workers).color


def describe_mismatch(
    sources: Sequence[Source], color: Literal["rgb", "gray"], *, workers: int | Literal["auto"] = "auto"
) -> str | None:
    """Return a warning if none of a sample of the images is of the color of a run; None if some are."""
    with open_all(sources), ThreadPoolExecutor(threads(workers)) as pool:
        gray, colored = _count(_sample(sources), pool, {"rgb": (SAMPLE, 0), "gray": (0, SAMPLE)}[color])
    if color == "rgb" and gray and not colored:
        return "the images are gray, but the run was trained on images in color: its latents may mean little for them"
    if color == "gray" and colored and not gray:
        return "the images are in color, but the run was trained on gray images: their color is ignored"
    return None


def _describe_few(first: Source, sources: Sequence[Source], pool: ThreadPoolExecutor) -> str | None:
    """Return a message that names the first image in color, if a sample of the others has few."""
    others = [source for source in _sample(sources) if source.id != first.id]
    most = int(FEW * len(others))
    gray, colored = _count(others, pool, (SAMPLE, most))
    if not gray or colored > most:
        return None
    return (
        f"{path_text(first.location)} is in color, but {gray} of {gray + colored} other images looked at are gray; "
        "all are read in color: remove it, or use --color gray"
    )


def _sample(sources: Sequence[Source]) -> list[Source]:
    return [sources[int(at)] for at in evenly_spaced(len(sources), SAMPLE)]


def _count(sources: Sequence[Source], pool: ThreadPoolExecutor, most: tuple[int, int]) -> tuple[int, int]:
    """Count gray images and images in color, until there are more of either than `most`."""
    counts = [0, 0]
    for start in range(0, len(sources), STEP):
        for gray in pool.map(_is_gray, sources[start : start + STEP]):
            if not isinstance(gray, str):
                counts[not gray] += 1
        if counts[0] > most[0] or counts[1] > most[1]:
            break
    return counts[0], counts[1]


def _is_gray(source: Source) -> bool | str:
    content = source.read()
    return content if isinstance(content, str) else content.is_gray()
