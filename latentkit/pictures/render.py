"""Figures to bytes, without a display: matplotlib on Agg under its own default settings, whatever the user's are.

The same figure gives the same bytes, and bears no date.
"""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from latentkit.errors import PictureError
from latentkit.pictures import lettering
from latentkit.pictures.style import Style, Theme

__all__ = ["DPI", "resize", "settings", "sheet", "to_bytes", "width_of", "wrapped"]

DPI = 150
"""Of the layout: what is measured does not depend on the resolution that is asked for."""
LARGEST = 20_000
"""Pixels of a side; beyond it lie gigabytes."""
NO_DATES: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


@contextmanager
def settings(theme: Theme) -> Iterator[None]:
    """matplotlib as it comes, and our own on top; the user's are put back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": list(lettering.families()),
                "font.size": 9,
                "text.parse_math": False,
                "text.color": theme.ink,
                "figure.facecolor": theme.paper,
                "savefig.facecolor": theme.paper,
                "axes.facecolor": theme.paper,
                "axes.edgecolor": theme.faint,
                "axes.labelcolor": theme.ink,
                "grid.color": theme.grid,
                "xtick.color": theme.faint,
                "ytick.color": theme.faint,
                "svg.hashsalt": "latentkit",
                "svg.fonttype": "path",
            }
        )
        yield


def sheet() -> Any:
    """An empty figure to be laid out; its size is set when it is known."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI)
    FigureCanvasAgg(figure)  # it becomes figure.canvas
    return figure


def width_of(figure: Any, text: str, **font: Any) -> float:
    """Inches that a line of text takes, in the font that the figure would draw it in."""
    drawn = figure.text(0, 0, text, **font)
    inches = drawn.get_window_extent(figure.canvas.get_renderer()).width / figure.dpi
    drawn.remove()
    return float(inches)


def wrapped(figure: Any, text: str, room: float, **font: Any) -> tuple[str, ...]:
    """The text in lines that take at most so many inches each, or one word."""
    if not text:
        return ()
    letters = max(10, int(len(text) * room / max(width_of(figure, text, **font), 0.01)))
    lines = textwrap.wrap(text, letters)
    while letters > 10 and max(width_of(figure, line, **font) for line in lines) > room:
        letters -= 2
        lines = textwrap.wrap(text, letters)
    return tuple(lines)


def resize(figure: Any, width: float, height: float, style: Style) -> None:
    """Make the figure so many inches wide and tall; PictureError where it would have too many pixels."""
    pixels = max(width, height) * style.dpi
    if pixels > LARGEST:
        raise PictureError(
            f"at {style.dpi} dots per inch this figure would be {pixels:,.0f} pixels long, "
            f"and {LARGEST:,} are the most: use a smaller --dpi or --width"
        )
    figure.set_size_inches(width, height)


def to_bytes(figure: Any, style: Style) -> bytes:
    """The figure in the style's format."""
    stream = io.BytesIO()
    figure.savefig(stream, format=style.format, dpi=style.dpi, metadata=NO_DATES[style.format])
    return stream.getvalue()
