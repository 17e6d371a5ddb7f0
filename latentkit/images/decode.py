"""Decode one image: bytes in, (H, W, C) uint8 out, or in plain words why not.

Never raises for what is in a file, never prints, never decodes half a file: a truncated one is
refused. Of an animation or several pages the first is taken. Nothing above MAX_PIXELS is
decoded, judged by its header. Only the formats below are tried, whatever a file is called:
Pillow also opens PostScript, by starting a program.
"""

import ctypes
import functools
import logging
import os
import re
import stat
import threading
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentkit.images.convert import displayable
from latentkit.images.transform import Transform, apply

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMATS", "MAX_BYTES", "MAX_PIXELS", "VERSION", "decode", "open_image", "read", "sniff"]

VERSION = 1  # of what decoding gives; a change makes every cached image stale
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
MAX_PIXELS = 2**27  # 134 million; a picture of 10000 x 10000 is below it
MAX_BYTES = 2**30
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
    """The format that the first 16 bytes of a file speak of, if it is one that is read here."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and head[6:10] != b"\0\0\0\0":  # reserved: else any text that begins with BM
        return None
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def read(path: str) -> tuple[bytes, os.stat_result] | str:
    """The bytes of a regular file and its status before it was read, or in plain words why not."""
    try:
        # Not blocking: a named pipe in a folder would hold the run up for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return "not a regular file"
            if status.st_size > MAX_BYTES:
                return f"too large: {status.st_size} bytes, and the limit is {MAX_BYTES}"
            return stream.read(), status
    except FileNotFoundError:
        return "a link to nothing" if Path(path).is_symlink() else "gone: no such file"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def decode(data: bytes, transform: Transform) -> NDArray[np.uint8] | str:
    """The image in the bytes of a file as (H, W, C) uint8, or in plain words why there is none."""
    opened = open_image(data)
    if isinstance(opened, str):
        return opened
    with opened as image:
        image.draft("L" if transform.color == "gray" else "RGB", transform.draft(*image.size))
        large = image.width * image.height > _LARGE_PIXELS
        with _ONE_LARGE_AT_A_TIME if large else nullcontext():
            try:
                image.load()
            except Exception as error:  # noqa: BLE001 - Pillow's decoders raise what they like; see _reason
                return _reason(error, data)
            try:
                return apply(displayable(image), transform, _orientation(image))
            except (ValueError, OSError, MemoryError) as error:
                return _reason(error, data)


def open_image(data: bytes) -> "Image.Image | str":
    """The image with its header read and its pixels not yet, or in plain words why there is none."""
    if not data:
        return "empty: it has no bytes"
    if data.startswith(b"version https://git-lfs.github.com/"):
        return "a Git LFS pointer in place of the image: run `git lfs pull`"
    _prepare()
    try:
        from io import BytesIO

        from PIL import Image

        image = Image.open(BytesIO(data), formats=FORMATS)
    except Exception as error:  # noqa: BLE001 - Pillow's plug-ins raise what they like (TypeError, KeyError ...)
        return _reason(error, data)
    if image.width < 1 or image.height < 1:
        return "damaged: it has no pixels"
    if image.width * image.height > MAX_PIXELS:
        return f"too large: {image.width} x {image.height} pixels, and the limit is {MAX_PIXELS} in all"
    return image


def _orientation(image: "Image.Image") -> int:
    """The EXIF orientation, 1 where there is none that can be read; asked for after loading, since a
    PNG may hold it behind the pixels and TIFF is already turned by then."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - broken metadata of a picture that is whole
        return 1
    return value if isinstance(value, int) else 1


def _reason(error: Exception, data: bytes) -> str:
    """Why an image cannot be decoded, for a person."""
    from PIL import Image, UnidentifiedImageError

    words = " ".join(str(error).split())
    if isinstance(error, Image.DecompressionBombError):
        return f"too large: its header asks for more than {MAX_PIXELS} pixels, which is the limit"
    if isinstance(error, MemoryError):
        return "too large for the memory of this machine"
    if isinstance(error, UnidentifiedImageError):
        kind = sniff(data[:16])
        return (
            f"damaged or truncated: its {kind} header cannot be read"
            if kind
            else "not an image of a known kind"
        )
    if "truncated" in words.lower() or isinstance(error, EOFError):
        return "truncated: the end of the file is missing"
    if data[:4] == b"RIFF" and len(data) < 8 + int.from_bytes(data[4:8], "little"):
        return "truncated: the end of the file is missing"
    return f"damaged ({words or type(error).__name__})"


def _prepare() -> None:
    """Register the formats, and let nothing of what a damaged file provokes reach stderr."""
    _register()
    # Every warning is answered here by a picture or a refusal. Looked at again each time, since a
    # caller may have put filters of its own before it; catch_warnings is not safe in threads.
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
    # libtiff writes to stderr itself; the symbols are there where Pillow's library is a shared one.
    library = ctypes.CDLL(_imaging.__file__)
    for handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, handler):
            getattr(library, handler)(None)
