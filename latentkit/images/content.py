"""Content of one image, as its source read it: the bytes of an image file, or the values of an array.

Every kind of source (files, arrays, and those to come: archives, tables, volumes) reads one of these two, so that
digests, headers, colors and pixels are defined once.
"""

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images.decode import decode, open_image
from latentkit.images.transform import Transform, apply

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Content", "Encoded", "Header", "Values"]

_COLOR_TOLERANCE = 3  # of 255: the error of JPEG in gray stored as color
_RANGE_TOLERANCE = 1e-6  # for floats that left 0..1 by rounding
_COLOR_CHECK = Transform(64, "rgb", "stretch")
_GRAY_MODES = frozenset({"1", "L", "LA", "La", "F", "I"})
_EXIF_MAKE, _EXIF_MODEL = 0x010F, 0x0110


class Header(NamedTuple):
    """Facts about an image before its pixels are decoded; the size in pixels is that before any EXIF rotation.

    `fault` says why the header cannot be read; it is "" if the header was read.
    """

    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    camera: str = ""
    fault: str = ""


class Content(Protocol):
    """Content of one image. Methods that return a string in place of a value say in plain words why there is none."""

    cacheable: bool
    """True if decoding is slow enough to be cached."""

    def digest(self) -> str:
        """Hex digest: equal content, equal digest."""

    def header(self) -> Header:
        """Format, mode, size and camera."""

    def is_gray(self) -> bool | str:
        """True if no pixel has a color."""

    def pixels(self, transform: Transform) -> NDArray[np.uint8] | str:
        """Pixels (H, W, C) under a transform."""


class Encoded:
    """The bytes of an image file."""

    __slots__ = ("data",)
    cacheable = True

    def __init__(self, data: bytes) -> None:
        self.data = data

    def digest(self) -> str:
        """Return the BLAKE2b hex digest of the bytes."""
        return blake2b(self.data, digest_size=16).hexdigest()

    def header(self) -> Header:
        """Read the header; no pixel is decoded."""
        image = open_image(self.data)
        if isinstance(image, str):
            return Header(bytes=len(self.data), fault=image)
        with image:
            return Header(
                image.format or "", image.mode, image.width, image.height, len(self.data), _camera(image)
            )

    def is_gray(self) -> bool | str:
        """Return True if the mode is gray, or else if every pixel is."""
        image = open_image(self.data)
        if isinstance(image, str):
            return image
        with image:
            if image.mode in _GRAY_MODES or image.mode.startswith("I;"):
                return True
        pixels = decode(self.data, _COLOR_CHECK)
        return pixels if isinstance(pixels, str) else _is_gray(pixels)

    def pixels(self, transform: Transform) -> NDArray[np.uint8] | str:
        """Decode the image."""
        return decode(self.data, transform)


class Values:
    """One image of an array, (H, W) or (H, W, C) with C of 1, 3 or 4, uint8 or floats in 0..1 or 0..255.

    `name` is what errors call it, and `white` the float that stands for white. Raises ImagesError if floats leave 0..white.
    """

    __slots__ = ("name", "values", "white")
    cacheable = False

    def __init__(self, values: NDArray[Any], name: str, *, white: float = 1.0) -> None:
        self.values = values
        self.white = white
        self.name = name

    def digest(self) -> str:
        """Return the hex digest of values, shape and dtype."""
        content = blake2b(f"{self.values.dtype.str} {self.values.shape} ".encode(), digest_size=16)
        content.update(np.ascontiguousarray(self.values).data)
        return content.hexdigest()

    def header(self) -> Header:
        """Describe the array; its values are not read."""
        height, width = self.values.shape[:2]
        channels = self.values.shape[2] if self.values.ndim == 3 else 1
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return Header("array", mode, width, height, int(self.values.nbytes))

    def is_gray(self) -> bool:
        """Return True if all channels but alpha agree."""
        return _is_gray(self._uint8())

    def pixels(self, transform: Transform) -> NDArray[np.uint8]:
        """Return the values unchanged if they have the right shape, else transformed."""
        values = self._uint8()
        if values.shape == transform.shape or (
            values.shape == transform.shape[:2] and transform.channels == 1
        ):
            return values.reshape(transform.shape)
        from PIL import Image

        return apply(Image.fromarray(values), transform)

    def _uint8(self) -> NDArray[np.uint8]:
        """Return (H, W) or (H, W, 3|4)."""
        values = self.values
        if values.dtype.kind == "f":
            low, high = float(values.min()), float(values.max())
            if not (
                low >= -_RANGE_TOLERANCE and high <= self.white + _RANGE_TOLERANCE
            ):  # true for NaN as well
                fix = "divide by 255" if low >= 0 and 1 < high <= 255 else "scale them to 0..1, or save uint8"
                raise ImagesError(f"{self.name} has floats from {low:g} to {high:g}, not within 0..1: {fix}")
            values = np.rint(np.clip(values.astype(np.float64) / self.white, 0, 1) * 255)
        values = np.ascontiguousarray(values, dtype=np.uint8)
        return values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values


def _is_gray(pixels: NDArray[np.uint8]) -> bool:
    if pixels.ndim == 2:
        return True
    colors = pixels[:, :, :3].astype(np.int16)
    return bool((colors.max(axis=2) - colors.min(axis=2)).max() <= _COLOR_TOLERANCE)


def _camera(image: "Image.Image") -> str:
    """Return maker and model; "" if they cannot be read without the pixels."""
    if image.format == "PNG" and "exif" not in image.info:
        return ""  # Pillow would decode everything, because metadata may stand behind the pixels
    try:
        exif = image.getexif()
    except Exception:  # noqa: BLE001 - broken metadata of an intact image: Pillow raises anything
        return ""
    return " ".join(str(exif[tag]).strip("\0 ") for tag in (_EXIF_MAKE, _EXIF_MODEL) if tag in exif)[:80]
