"""Render figures to bytes without a display, with matplotlib's Agg backend and its default settings.

The user's own matplotlib settings have no effect and are not changed. The same figure gives the same bytes, so no
date is written.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from latentkit.errors import PictureError
from latentkit.pictures.palette import LIGHT, Theme
from latentkit.pictures.text_metrics import DPI, families

__all__ = ["DPI", "FORMATS", "Screen", "Style", "empty_figure", "resize", "settings", "to_bytes"]

FORMATS = ("png", "svg", "pdf", "txt")
MAX_SIDE = 20_000
"""Pixels; a larger figure would take gigabytes of memory."""
NO_DATES: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


@dataclass(frozen=True)
class Screen:
    """The size of a terminal in characters, and whether it shows colors."""

    columns: int = 100
    rows: int = 32
    color: bool = False


@dataclass(frozen=True)
class Style:
    """The format, theme, width in inches (None for the natural width) and resolution of a figure.

    The format txt is drawn for the screen instead.
    """

    format: str = "png"
    theme: Theme = LIGHT
    width: float | None = None
    dpi: int = 150
    screen: Screen = Screen()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise PictureError(f"'{self.format}' is not a figure format: choose one of {', '.join(FORMATS)}")


@contextmanager
def settings(theme: Theme) -> Iterator[None]:
    """Use matplotlib's default settings with the theme's colors, and restore the user's settings afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": list(families()),
                "font.size": 9,
                "text.parse_math": False,  # a `$` in a name is not mathematics
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


def empty_figure() -> Any:
    """Return an empty figure at DPI; its size is set once its layout is known."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI)
    FigureCanvasAgg(figure)  # it becomes figure.canvas
    return figure


def resize(figure: Any, width: float, height: float, style: Style) -> None:
    """Set the size of the figure in inches; raise PictureError if it would have too many pixels."""
    pixels = max(width, height) * style.dpi
    if pixels > MAX_SIDE:
        raise PictureError(
            f"at {style.dpi} dots per inch the longer side of this figure would have {pixels:,.0f} pixels, "
            f"and at most {MAX_SIDE:,} are allowed: use a smaller --dpi or --width"
        )
    figure.set_size_inches(width, height)


def to_bytes(figure: Any, style: Style) -> bytes:
    """Return the figure in the style's format."""
    stream = io.BytesIO()
    figure.savefig(stream, format=style.format, dpi=style.dpi, metadata=NO_DATES[style.format])
    return stream.getvalue()
