"""The page of a picture alone: what `plot -o F.html` writes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from latentkit.formats.latents import Latents
from latentkit.images import Source
from latentkit.page.document import document
from latentkit.page.explorer import explorer
from latentkit.page.markup import tag
from latentkit.page.matched import matched

__all__ = ["Page", "interactive"]


class Page(NamedTuple):
    """A file, and what is to be said of it."""

    html: bytes
    words: tuple[str, ...]


def interactive(
    latents: Latents,
    *,
    method: str | None = None,
    color: str | None = None,
    images: Sequence[Source] | None = None,
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Page:
    """The projections of the latents to hover over. Thumbnails are those of `images`, else those that the latents carry.

    Raises what `explorer` and `matched` raise.
    """
    pictures = None if images is None else matched(latents, images, cache=cache, progress=progress)
    seen = explorer(latents, method=method, color=color, thumbnails=pictures)
    n = len(latents)
    title = f"Latent space of {n:,} image{'' if n == 1 else 's'}"
    return Page(document(title, [tag("h1", title), seen.body], seen.data, seen.blocks), seen.words)
