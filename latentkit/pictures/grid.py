"""A sheet of images as a picture: PNG, SVG or PDF, or an animated GIF or WebP of its frames.

The same sheet gives the same bytes, whatever the user's settings of matplotlib are.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures import lettering
from latentkit.pictures.arrangement import Arrangement, arrange
from latentkit.pictures.ruler import DPI
from latentkit.pictures.sheet import Frames, Sheet, Sheetable
from latentkit.pictures.theme import THEMES, Theme

__all__ = ["ANIMATED", "STILL", "draw_sheet"]

STILL = ("png", "svg", "pdf")
ANIMATED = ("gif", "webp")
NO_DATES: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def draw_sheet(
    shown: Sheetable, *, format: str = "png", theme: str = "light", width: float | None = None
) -> bytes:
    """The bytes of the sheet, or of the frames; `width` is in inches of 150 pixels. PictureError for an unknown format."""
    asked = None if width is None else round(width * DPI)
    with _settings():
        if format in ANIMATED:
            return _animation(shown.frames(), format, THEMES[theme], asked)
        if format not in STILL:
            raise PictureError(
                f"a picture cannot be '{format}': choose one of {', '.join((*STILL, *ANIMATED))}"
            )
        stream = io.BytesIO()
        figure = _figure(shown.sheet(), THEMES[theme], asked)
        figure.savefig(stream, format=format, dpi=DPI, metadata=NO_DATES[format])
        return stream.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    """matplotlib as it comes, and our own on top; the user's are put back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": list(lettering.families()),
                "text.parse_math": False,
                "svg.hashsalt": "latentkit",
                "svg.fonttype": "path",
                "image.interpolation": "nearest",
            }
        )
        yield


def _figure(sheet: Sheet, theme: Theme, asked: int | None) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    placed = arrange(sheet, asked)
    width, height = placed.width, placed.height
    # A hundredth of a pixel more, as matplotlib cuts what rounding left below a whole one.
    figure = Figure(((width + 0.01) / DPI, (height + 0.01) / DPI), dpi=DPI, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    figure.figimage(_canvas(placed, theme), origin="upper")
    for words in placed.words:
        figure.text(
            words.x / width,
            1 - words.y / height,
            words.text,
            fontsize=words.points,
            color=theme.faint if words.faint else theme.ink,
            ha=words.align,
            va="top",
            weight=words.weight,
        )
    return figure


def _canvas(placed: Arrangement, theme: Theme) -> NDArray[np.uint8]:
    """(height, width, 3): the paper with the images on it."""
    canvas = np.empty((placed.height, placed.width, 3), np.uint8)
    canvas[:] = tuple(bytes.fromhex(theme.paper[1:]))
    for x, y, pixels in placed.pictures:
        canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas


def _animation(frames: Frames, format: str, theme: Theme, asked: int | None) -> bytes:
    from PIL import Image

    drawn = [Image.fromarray(_pixels(sheet, theme, asked)) for sheet in frames.sheets]
    size = max(image.width for image in drawn), max(image.height for image in drawn)
    even = [Image.new("RGB", size, theme.paper) for _ in drawn]
    for image, frame in zip(even, drawn, strict=True):
        image.paste(frame)
    if format == "gif":
        even = [image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for image in even]
    more: dict[str, Any] = {"lossless": True} if format == "webp" else {"optimize": False}
    stream = io.BytesIO()
    even[0].save(
        stream, format, save_all=True, append_images=even[1:], duration=frames.milliseconds, loop=0, **more
    )
    return stream.getvalue()


def _pixels(sheet: Sheet, theme: Theme, asked: int | None) -> NDArray[np.uint8]:
    canvas = _figure(sheet, theme, asked).canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
