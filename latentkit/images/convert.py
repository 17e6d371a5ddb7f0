"""Any picture Pillow can decode becomes one that can be shown: 8 bits a channel, L, RGB or RGBA.

Deep pictures are scaled linearly, never by what one picture happens to hold more than is needed:
- whole numbers from 0: the smallest of 8, 12 and 16 bits that holds the brightest pixel becomes
  0..255, so brightness stays comparable between the pictures of one camera;
- floats in 0..1 become 0..255, and floats in 0..255 stay as they are;
- anything else (negative, or above 16 bits) is stretched from its least to its greatest value.
Embedded colour profiles are not applied; Lab becomes sRGB.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["displayable", "scaled"]


def displayable(image: "Image.Image") -> "Image.Image":
    """A decoded image of any mode as L, RGB or RGBA; ValueError in plain words where there is no way."""
    if image.mode.startswith(("I", "F")):
        return _deep(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _deep(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    values = np.asarray(image)
    shallow = Image.fromarray(scaled(values))
    key = image.info.get("transparency")
    if isinstance(key, int):
        shallow.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
        return shallow.convert("RGBA")
    return shallow


def scaled(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Numbers of any depth as 0..255, by the rule at the head of this module."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("it holds values that are not finite numbers")
    if values.dtype.kind == "f":
        tops = [1.0, 255.0]
    else:
        tops = [255.0, 4095.0, 65535.0]
    fitting = [top for top in tops if high <= top]
    if low < 0 or not fitting:
        base, span = low, (high - low) or 1.0
    else:
        base, span = 0.0, fitting[0]
    return np.rint((values.astype(np.float64) - base) / span * 255.0).astype(np.uint8)
