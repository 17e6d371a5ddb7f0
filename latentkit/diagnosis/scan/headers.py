"""What the files say of themselves before a pixel is decoded: format, mode, size, camera, bytes."""

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
"""EXIF tags of the camera."""


class Header(NamedTuple):
    """Of one image; sizes in pixels before any EXIF rotation. `fault` says in words why there is no more."""

    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    camera: str = ""
    fault: str = ""


def headers(sources: Sequence[Source], progress: Progress | None = None) -> list[Header]:
    """The header of each image, in order. Pixels are not decoded."""
    opened = {path: arrays.read(path) for path in {one.path for one in sources if one.row is not None}}
    found: list[Header] = []
    with ThreadPoolExecutor(threads("auto")) as pool:
        for start in range(0, len(sources), CHUNK):
            found += pool.map(lambda one: _header(one, opened), sources[start : start + CHUNK])
            if progress is not None:
                progress(len(found), len(sources))
    return found


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
    """Maker and model; "" where there is none that can be read without the pixels."""
    if image.format == "PNG" and "exif" not in image.info:
        return ""  # Pillow would decode it all, for metadata that may stand behind the pixels
    try:
        exif = image.getexif()
    except Exception:  # noqa: BLE001 - broken metadata of a picture that is whole: Pillow raises what it likes
        return ""
    return " ".join(str(exif[tag]).strip("\0 ") for tag in (MAKE, MODEL) if tag in exif)[:80]
