"""Images and their reconstructions: evenly spaced ones, and those with the largest error."""

import base64

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.latents import Latents
from latentkit.images import ImageSet
from latentkit.images.pillow import encode_png
from latentkit.page.markup import Markup, tag
from latentkit.pictures.sheet import to_uint8
from latentkit.run import Run
from latentkit.stats import evenly_spaced

__all__ = ["reconstructions"]

EVEN, WORST = 12, 6
"""Numbers of images of each kind."""


def reconstructions(run: Run, latents: Latents, images: ImageSet) -> Markup:
    """Return images, as loaded with the run's transform, above their reconstructions from mu.

    The images with the largest error are those by the mse of the latents, if they have it.
    """
    even = evenly_spaced(len(images), EVEN)
    worst = _worst(latents, images)
    rows = np.unique(np.concatenate([even, worst]))
    decoded = run.model.decode(run.model.encode(np.ascontiguousarray(images.pixels[rows])).mu)
    reconstruction_of = dict(zip(rows.tolist(), decoded, strict=True))
    groups = [
        _group(title, [_pair(images, row, reconstruction_of[row]) for row in group.tolist()])
        for title, group in (("Evenly spaced", even), ("Largest error", worst))
        if len(group)
    ]
    about = "Each image with its reconstruction below it, decoded from the mean of its latents."
    return tag("section", tag("h2", "Reconstructions"), tag("p", about, class_="note"), *groups)


def _worst(latents: Latents, images: ImageSet) -> NDArray[np.intp]:
    """Return the rows of the images with the largest error, descending; none if all images are among the evenly spaced ones."""
    if latents.mse is None or len(images) <= EVEN:
        return np.empty(0, np.intp)
    error_of = dict(zip(latents.ids.tolist(), latents.mse.tolist(), strict=True))
    errors = np.array([error_of[id] for id in images.ids.tolist()])
    return np.lexsort((images.ids, -errors))[:WORST]


def _group(title: str, pairs: list[Markup]) -> Markup:
    return Markup(tag("h3", title) + tag("div", *pairs, class_="pairs"))


def _pair(images: ImageSet, row: int, decoded: NDArray[np.float32]) -> Markup:
    image, id = images.pixels[row], str(images.ids[row])
    error = float(np.square(image / 255.0 - decoded).mean())
    png = encode_png(np.concatenate([image, to_uint8(decoded)]))
    url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    picture = tag("img", src=url, alt=f"{id} and its reconstruction")
    return tag("figure", picture, tag("figcaption", id, tag("br"), f"error {error:.4f}"))
