"""Bring images to one square size, gray or color, cropped, padded or stretched.

Resampling is Lanczos with an integer box reduction before it that leaves at least three source
pixels for each of the result: gratings above the Nyquist frequency keep at most 3 % of their
amplitude (measured), where a reduction to two leaves 23 %. JPEG is decoded at a reduced scale
under the same rule.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.choices import Fit
from latentkit.errors import ImagesError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Transform", "apply"]

_REDUCING_GAP = 3  # source pixels per pixel of the result that a quick reduction must leave
_MAX_SIZE = 4096


@dataclass(frozen=True)
class Transform:
    """The size, color and fit to which every image of a run is brought: (size, size, channels) uint8."""

    size: int
    color: Literal["rgb", "gray"] = "rgb"
    fit: Fit = "crop"

    def __post_init__(self) -> None:
        if not (type(self.size) is int and 1 <= self.size <= _MAX_SIZE):
            raise ImagesError(
                f"the image size {self.size!r} is not a whole number of pixels from 1 to {_MAX_SIZE}"
            )
        if self.color not in ("rgb", "gray"):
            raise ImagesError(f"the color {self.color!r} is unknown: choose rgb or gray")
        if self.fit not in ("crop", "pad", "stretch"):
            raise ImagesError(f"the fit {self.fit!r} is unknown: choose crop, pad or stretch")

    @property
    def channels(self) -> int:
        """3 for rgb, 1 for gray."""
        return 3 if self.color == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image."""
        return self.size, self.size, self.channels

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Transform":
        """Return the transform written by `to_json`; raise ImagesError if it is not one."""
        if set(value) != {"size", "color", "fit"}:
            raise ImagesError(
                f"a transform has size, color and fit, but this one has {', '.join(sorted(value))}"
            )
        return cls(**value)

    def scaled(self, width: int, height: int) -> tuple[float, float]:
        """Return the size in pixels of a whole (width, height) image, scaled but not yet cropped or padded."""
        if self.fit == "stretch":
            return self.size, self.size
        factor = self.size / (min(width, height) if self.fit == "crop" else max(width, height))
        return width * factor, height * factor

    def draft(self, width: int, height: int) -> tuple[int, int]:
        """Return the smallest size in pixels at which a (width, height) image may be decoded."""
        across, down = self.scaled(width, height)
        return math.ceil(_REDUCING_GAP * across), math.ceil(_REDUCING_GAP * down)


def apply(image: "Image.Image", transform: Transform, orientation: int = 1) -> NDArray[np.uint8]:
    """Transform an L, RGB or RGBA image to (H, W, C) uint8: alpha on white, black padding, EXIF orientation applied."""
    from PIL import Image

    width, height = image.size
    size, box = (transform.size, transform.size), (0.0, 0.0, float(width), float(height))
    if transform.fit == "crop":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
    elif transform.fit == "pad":
        across, down = transform.scaled(width, height)
        size = max(1, round(across)), max(1, round(down))
    image = image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=_REDUCING_GAP)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if orientation in (turns := _turns()):
        image = image.transpose(turns[orientation])
    image = image.convert("RGB" if transform.color == "rgb" else "L")
    if image.size != transform.shape[:2]:
        padded = Image.new(image.mode, transform.shape[:2])
        padded.paste(image, ((transform.size - image.width) // 2, (transform.size - image.height) // 2))
        image = padded
    return np.asarray(image, dtype=np.uint8).reshape(transform.shape)


def _turns() -> "dict[int, Image.Transpose]":
    """Return the transposition that makes an image upright, by EXIF orientation (Exif 2.3, tag 0x0112)."""
    from PIL.Image import Transpose

    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
