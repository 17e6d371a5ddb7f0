"""Convert any image that Pillow can decode to 8 bits per channel: L, RGB or RGBA.

Images of more bits are scaled linearly, by as little of their own content as possible:
- integers from 0: the smallest of 8, 12 and 16 bits that holds the brightest pixel is mapped to
  0..255, so brightness stays comparable between the images of one camera;
- floats in 0..1 are mapped to 0..255, and floats in 0..255 stay as they are;
- anything else (negative, or above 16 bits) is stretched from its minimum to its maximum.
Embedded color profiles are not applied; Lab becomes sRGB.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["scale_to_uint8", "to_8_bits"]


def to_8_bits(image: "Image.Image") -> "Image.Image":
    """Convert a decoded image of any mode to L, RGB or RGBA; raise ValueError, in plain words, if that is impossible."""
    if image.mode.startswith(("I", "F")):
        return _scale(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _scale(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    values = np.asarray(image)
    shallow = Image.fromarray(scale_to_uint8(values))
    key = image.info.get("transparency")
    if isinstance(key, int):
        shallow.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
        return shallow.convert("RGBA")
    return shallow


def scale_to_uint8(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale numbers of any depth to 0..255 by the rules in the docstring of this module."""
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
