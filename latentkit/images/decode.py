"""Decode one image: bytes to (H, W, C) uint8, or to a reason, in plain words, why that is impossible.

Never raises because of the content of a file, never prints, never decodes half a file: a truncated one is
refused. The first frame of an animation and the first page of a document are decoded. Nothing above MAX_PIXELS,
by its header, is decoded. Only FORMATS are tried, whatever a file is called: Pillow also opens PostScript, by
starting a program.
"""

import ctypes
import functools
import logging
import re
import threading
import warnings
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentkit.images.convert import to_8_bits
from latentkit.images.transform import Transform, apply

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMATS", "MAX_PIXELS", "VERSION", "decode", "open_image", "sniff"]

VERSION = 1  # of the decoder: a change makes every cached image stale
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 2**27  # 134 million; an image of 10000 x 10000 is below it
_LARGE_PIXELS = 2**24
_ONE_LARGE_AT_A_TIME = threading.Lock()  # so that memory does not grow with the number of threads

_QUIET = ("ignore", None, Warning, re.compile(r"PIL\."), 0)

_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    **{b"P%d%c" % (kind, space): "PPM" for kind in range(1, 7) for space in b" \t\r\n"},
}


def sniff(head: bytes) -> str | None:
    """Return the format that the first 16 bytes of a file indicate, if it is one of FORMATS."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if (
        head[:2] == b"BM" and head[6:10] != b"\0\0\0\0"
    ):  # reserved: without this, any text that begins with BM would match
        return None
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def decode(data: bytes, transform: Transform) -> NDArray[np.uint8] | str:
    """Return the image in the bytes of a file as (H, W, C) uint8, or a reason why it cannot be decoded."""
    opened = open_image(data)
    if isinstance(opened, str):
        return opened
    with opened as image:
        image.draft("L" if transform.color == "gray" else "RGB", transform.draft(*image.size))
        large = image.width * image.height > _LARGE_PIXELS
        with _ONE_LARGE_AT_A_TIME if large else nullcontext():
            try:
                image.load()
            except Exception as error:  # noqa: BLE001 - Pillow's decoders raise anything; see _reason
                return _reason(error, data)
            try:
                return apply(to_8_bits(image), transform, _orientation(image))
            except (ValueError, OSError, MemoryError) as error:
                return _reason(error, data)


def open_image(data: bytes) -> "Image.Image | str":
    """Return the image with only its header read, or a reason why it cannot be opened."""
    if not data:
        return "empty: it has no bytes"
    if data.startswith(b"version https://git-lfs.github.com/"):
        return "a Git LFS pointer in place of the image: run `git lfs pull`"
    _prepare()
    try:
        from io import BytesIO

        from PIL import Image

        image = Image.open(BytesIO(data), formats=FORMATS)
    except Exception as error:  # noqa: BLE001 - Pillow's plug-ins raise anything (TypeError, KeyError ...)
        return _reason(error, data)
    if image.width < 1 or image.height < 1:
        return "corrupt: it has no pixels"
    if image.width * image.height > MAX_PIXELS:
        return f"too large: {image.width} x {image.height} pixels, and the limit is {MAX_PIXELS} in all"
    return image


def _orientation(image: "Image.Image") -> int:
    """Return the EXIF orientation, 1 if there is none that can be read. To be called after loading, because a
    PNG may hold it behind the pixels, and a TIFF has been rotated by then."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - broken metadata of an intact image
        return 1
    return value if isinstance(value, int) else 1


def _reason(error: Exception, data: bytes) -> str:
    """Explain in plain words why an image cannot be decoded."""
    from PIL import Image, UnidentifiedImageError

    words = " ".join(str(error).split())
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: its header asks for more than {MAX_PIXELS} pixels, which is the limit"
    if isinstance(error, MemoryError):
        return "too large for the memory of this machine"
    if isinstance(error, UnidentifiedImageError):
        kind = sniff(data[:16])
        return (
            f"corrupt or truncated: its {kind} header cannot be read"
            if kind
            else "not an image of a known format"
        )
    if "truncated" in words.lower() or isinstance(error, EOFError):
        return "truncated: the end of the file is missing"
    if data[:4] == b"RIFF" and len(data) < 8 + int.from_bytes(data[4:8], "little"):
        return "truncated: the end of the file is missing"
    return f"corrupt ({words or type(error).__name__})"


def _prepare() -> None:
    """Register the formats, and keep the warnings that a corrupt file provokes off stderr."""
    _register()
    # Every warning ends in an image or in a refusal. Checked each time, because a caller may have
    # added filters in front of it; catch_warnings is not safe in threads.
    if warnings.filters[:1] != [_QUIET]:
        warnings.filterwarnings("ignore", module=_QUIET[3].pattern)


@functools.cache
def _register() -> None:
    from PIL import (  # noqa: F401 - each registers itself
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        PpmImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
        _imaging,
    )

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    # libtiff writes to stderr itself; the symbols exist if Pillow's library is a shared one.
    library = ctypes.CDLL(_imaging.__file__)
    for handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, handler):
            getattr(library, handler)(None)
