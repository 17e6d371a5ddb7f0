"""Images beside what a run makes of them: a fair sample, and the worst."""

import base64
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.images import Cache, Source, load
from latentkit.images.pillow import encode_png
from latentkit.page.markup import Markup, tag
from latentkit.page.matched import of_these
from latentkit.run import open_run

__all__ = ["reconstructions"]

FAIR, WORST = 12, 6
Progress = Callable[[int, int], None]


def reconstructions(
    run: Path,
    latents: Latents,
    sources: Sequence[Source],
    *,
    cache: bool = True,
    progress: Progress | None = None,
) -> Markup:
    """Pairs, the image above and its reconstruction from mu beneath: some spread evenly over the images, and those of
    the largest error where the latents hold it. PictureError where the latents are not of this run."""
    model = open_run(run)
    if model.architecture.latent != latents.mu.shape[1]:
        raise PictureError(
            f"{run} makes {model.architecture.latent} latents of an image and these are {latents.mu.shape[1]}: "
            "name the run that embedded them"
        )
    found = of_these(latents, sources)
    fair = [found[at] for at in np.unique(np.linspace(0, len(found) - 1, min(FAIR, len(found))).astype(int))]
    worst = _worst(latents, found)
    with Cache() if cache else nullcontext() as kept:
        images = load(list(dict.fromkeys([*fair, *worst])), model.transform, cache=kept, progress=progress)
    drawn = model.model.decode(model.model.encode(images.pixels).mu)
    pair_of = dict(zip(images.ids.tolist(), zip(images.pixels, drawn, strict=True), strict=True))
    groups = [
        _group("Spread evenly over the images", fair, pair_of),
        _group("Of the largest error", worst, pair_of),
    ]
    about = "Each image, and beneath it what the run makes of it: decoded from the mean of its latents."
    return tag("section", tag("h2", "Reconstructions"), tag("p", about, class_="note"), *groups)


def _worst(latents: Latents, found: Sequence[Source]) -> list[Source]:
    if latents.mse is None or len(found) <= FAIR:
        return []
    error = dict(zip(latents.ids.tolist(), latents.mse.tolist(), strict=True))
    return sorted(found, key=lambda source: (-error[source.id], source.id))[:WORST]


Pair = tuple[NDArray[np.uint8], NDArray[np.float32]]


def _group(title: str, sources: Sequence[Source], pair_of: dict[str, Pair]) -> Markup | None:
    readable = [source for source in sources if source.id in pair_of]
    if not readable:
        return None
    pairs = [_pair(source, *pair_of[source.id]) for source in readable]
    return Markup(tag("h3", title) + tag("div", *pairs, class_="pairs"))


def _pair(source: Source, image: NDArray[np.uint8], drawn: NDArray[np.float32]) -> Markup:
    again = np.clip(np.rint(drawn * 255), 0, 255).astype(np.uint8)
    error = float(np.square(image / 255.0 - drawn).mean())
    both = np.concatenate([image, again])
    url = f"data:image/png;base64,{base64.b64encode(encode_png(both)).decode()}"
    picture = tag("img", src=url, alt=f"{source.id} and its reconstruction")
    return tag("figure", picture, tag("figcaption", source.id, tag("br"), f"error {error:.4f}"))
