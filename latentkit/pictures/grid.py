"""A sheet of images as a picture: PNG, SVG or PDF, or an animated GIF or WebP of its frames.

The same sheet gives the same bytes, whatever the user's settings of matplotlib are.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures import render
from latentkit.pictures.arrangement import Arrangement, arrange
from latentkit.pictures.sheet import Frames, Sheetable
from latentkit.pictures.style import THEMES, Style, Theme

__all__ = ["ANIMATED", "STILL", "draw_sheet"]

STILL = ("png", "svg", "pdf")
ANIMATED = ("gif", "webp")
MOST_PIXELS = 400_000_000
"""Of all pictures of an animation, which are in memory at once."""


def draw_sheet(
    shown: Sheetable, *, format: str = "png", theme: str = "light", width: float | None = None
) -> bytes:
    """The bytes of the sheet, or of the frames; `width` is in inches of 150 pixels. PictureError for an unknown format."""
    paper, asked = THEMES[theme], None if width is None else round(width * render.DPI)
    with render.settings(paper):
        if format in ANIMATED:
            return _animation(shown.frames(), format, paper, asked)
        if format not in STILL:
            raise PictureError(
                f"a picture cannot be '{format}': choose one of {', '.join((*STILL, *ANIMATED))}"
            )
        figure = _figure(arrange(shown.sheet(), asked), paper)
        return render.to_bytes(figure, Style(format, paper))


def _figure(placed: Arrangement, theme: Theme) -> Any:
    width, height = placed.width, placed.height
    figure = render.sheet()
    # A hundredth of a pixel more, as matplotlib cuts what rounding left below a whole one.
    figure.set_size_inches((width + 0.01) / render.DPI, (height + 0.01) / render.DPI)
    paper = np.full((height, width, 3), tuple(bytes.fromhex(theme.paper[1:])), np.uint8)
    figure.figimage(_pasted(paper, placed), origin="upper")
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


def _animation(frames: Frames, format: str, theme: Theme, asked: int | None) -> bytes:
    from PIL import Image

    placed = [arrange(sheet, asked) for sheet in frames.sheets]
    width, height = max(each.width for each in placed), max(each.height for each in placed)
    if width * height * len(placed) > MOST_PIXELS:
        raise PictureError(
            f"an animation of {len(placed)} pictures of {width} x {height} pixels is too large to be made: "
            "have fewer of them, or a smaller --width"
        )
    drawn = []
    for each in _drawn(placed, theme):
        image = Image.new("RGB", (width, height), theme.paper)
        image.paste(Image.fromarray(each))
        if format == "gif":
            image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        drawn.append(image)
    more: dict[str, Any] = {"lossless": True} if format == "webp" else {"optimize": False}
    stream = io.BytesIO()
    drawn[0].save(
        stream, format, save_all=True, append_images=drawn[1:], duration=frames.milliseconds, loop=0, **more
    )
    return stream.getvalue()


def _drawn(placed: Sequence[Arrangement], theme: Theme) -> Iterator[NDArray[np.uint8]]:
    """The pixels of each (height, width, 3). Words that stay as they were are not drawn again: they never
    lie on images, and take most of the time."""
    before = None
    for each in placed:
        bare = each._replace(pictures=[])
        if bare != before:
            before, canvas = bare, _figure(bare, theme).canvas
            canvas.draw()
            paper = np.asarray(canvas.buffer_rgba())[:, :, :3]
        yield _pasted(paper.copy(), each)


def _pasted(canvas: NDArray[np.uint8], placed: Arrangement) -> NDArray[np.uint8]:
    """The canvas with the images on it."""
    for x, y, pixels in placed.pictures:
        canvas[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return canvas
