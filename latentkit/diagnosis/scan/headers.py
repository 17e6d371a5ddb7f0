"""Read the header of image files: format, mode, size, camera and bytes, without decoding pixels."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from latentkit.images import Source, arrays
from latentkit.images.decode import open_image, read
from latentkit.images.load import threads

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Header", "headers"]

Progress = Callable[[int, int], None]
CHUNK = 64
MAKE, MODEL = 0x010F, 0x0110
"""EXIF tags."""


class Header(NamedTuple):
    """Properties of one image file. If it cannot be read, `fault` says why and the rest is empty."""

    format: str = ""
    mode: str = ""
    width: int = 0
    """Pixels, before any EXIF rotation."""
    height: int = 0
    bytes: int = 0
    camera: str = ""
    """Make and model."""
    fault: str = ""


def headers(sources: Sequence[Source], progress: Progress | None = None) -> list[Header]:
    """Read the header of each image, in order."""
    opened = {path: arrays.read(path) for path in {one.path for one in sources if one.row is not None}}
    result: list[Header] = []
    with ThreadPoolExecutor(threads("auto")) as pool:
        for start in range(0, len(sources), CHUNK):
            result += pool.map(lambda one: _header(one, opened), sources[start : start + CHUNK])
            if progress is not None:
                progress(len(result), len(sources))
    return result


def _header(source: Source, opened: dict[str, NDArray[Any]]) -> Header:
    if source.row is not None:
        array = opened[source.path]
        channels = array.shape[3] if array.ndim == 4 else 1
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        return Header("array", mode, array.shape[2], array.shape[1], int(array[source.row].nbytes))
    content = read(source.path)
    if isinstance(content, str):
        return Header(fault=content)
    data, status = content
    image = open_image(data)
    if isinstance(image, str):
        return Header(bytes=status.st_size, fault=image)
    with image:
        return Header(
            image.format or Path(source.path).suffix,
            image.mode,
            image.width,
            image.height,
            status.st_size,
            _camera(image),
        )


def _camera(image: "Image.Image") -> str:
    """Return make and model; "" if they are missing or cannot be read without decoding the pixels."""
    if image.format == "PNG" and "exif" not in image.info:
        return ""  # Pillow would decode all pixels to look for metadata after them
    try:
        exif = image.getexif()
    except Exception:  # noqa: BLE001 - Pillow raises anything for corrupt metadata, and the image itself may be readable
        return ""
    return " ".join(str(exif[tag]).strip("\0 ") for tag in (MAKE, MODEL) if tag in exif)[:80]
