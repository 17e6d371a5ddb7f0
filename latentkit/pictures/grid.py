"""Draw a sheet of images: as PNG, SVG or PDF, or its frames as an animated GIF or WebP.

The same sheet gives the same bytes, whatever the user's matplotlib settings are.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures.arrangement import Arrangement, arrange
from latentkit.pictures.palette import THEMES, Theme
from latentkit.pictures.render import Style, empty_figure, settings, to_bytes
from latentkit.pictures.sheet import Frames, Sheetable
from latentkit.pictures.text_metrics import DPI

__all__ = ["ANIMATED", "STILL", "draw_sheet"]

STILL = ("png", "svg", "pdf")
ANIMATED = ("gif", "webp")
MAX_PIXELS = 400_000_000
"""Maximum number of pixels of an animation, whose frames are in memory at the same time."""


def draw_sheet(
    sheetable: Sheetable, *, format: str = "png", theme: str = "light", width: float | None = None
) -> bytes:
    """Return the sheet, or the animation of its frames, in a format; `width` is in inches of DPI pixels.

    Raises PictureError for an unknown format.
    """
    colors, pixels = THEMES[theme], None if width is None else round(width * DPI)
    with settings(colors):
        if format in ANIMATED:
            return _animation(sheetable.frames(), format, colors, pixels)
        if format not in STILL:
            raise PictureError(
                f"'{format}' is not a picture format: choose one of {', '.join((*STILL, *ANIMATED))}"
            )
        figure = _figure(arrange(sheetable.sheet(), pixels), colors)
        return to_bytes(figure, Style(format, colors))


def _figure(arrangement: Arrangement, theme: Theme) -> Any:
    width, height = arrangement.width, arrangement.height
    figure = empty_figure()
    # Matplotlib truncates to whole pixels, so a hundredth is added against rounding errors.
    figure.set_size_inches((width + 0.01) / DPI, (height + 0.01) / DPI)
    paper = np.full((height, width, 3), tuple(bytes.fromhex(theme.paper[1:])), np.uint8)
    figure.figimage(_paste(paper, arrangement), origin="upper")
    for line in arrangement.texts:
        figure.text(
            line.x / width,
            1 - line.y / height,
            line.text,
            fontsize=line.points,
            color=theme.faint if line.faint else theme.ink,
            ha=line.align,
            va="top",
            weight=line.weight,
        )
    return figure


def _animation(frames: Frames, format: str, theme: Theme, total_width: int | None) -> bytes:
    from PIL import Image

    arrangements = [arrange(sheet, total_width) for sheet in frames.sheets]
    width, height = max(each.width for each in arrangements), max(each.height for each in arrangements)
    if width * height * len(arrangements) > MAX_PIXELS:
        raise PictureError(
            f"an animation of {len(arrangements)} pictures of {width} x {height} pixels is too large: "
            "use fewer pictures or a smaller --width"
        )
    images = []
    for pixels in _drawn_frames(arrangements, theme):
        image = Image.new("RGB", (width, height), theme.paper)
        image.paste(Image.fromarray(pixels))
        if format == "gif":
            image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        images.append(image)
    options: dict[str, Any] = {"lossless": True} if format == "webp" else {"optimize": False}
    options |= {"save_all": True, "append_images": images[1:], "duration": frames.milliseconds, "loop": 0}
    stream = io.BytesIO()
    images[0].save(stream, format, **options)
    return stream.getvalue()


def _drawn_frames(arrangements: Sequence[Arrangement], theme: Theme) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels (height, width, 3) of each frame.

    Text takes most of the time, so it is drawn again only where it changes; it never overlaps images.
    """
    before = None
    for arrangement in arrangements:
        text_only = arrangement._replace(pictures=[])
        if text_only != before:
            before, canvas = text_only, _figure(text_only, theme).canvas
            canvas.draw()
            background = np.asarray(canvas.buffer_rgba())[:, :, :3]
        yield _paste(background.copy(), arrangement)


def _paste(pixels: NDArray[np.uint8], arrangement: Arrangement) -> NDArray[np.uint8]:
    for x, y, image in arrangement.pictures:
        pixels[y : y + image.shape[0], x : x + image.shape[1]] = image
    return pixels
