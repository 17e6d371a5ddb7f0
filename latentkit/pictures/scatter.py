"""A projection as a figure that is legible at a glance: PNG, SVG or PDF.

The legend stands beside the points, never on them. No class is drawn over the others: points come in a
seeded order. Figures are made through matplotlib's objects on Agg, under its own default settings
whatever the user's are, and repeat byte for byte.
"""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures import lettering, palette
from latentkit.pictures.caption import Caption
from latentkit.pictures.colouring import Classes, Colouring, Quantity

__all__ = ["FORMATS", "scatter"]

FORMATS = ("png", "svg", "pdf")
DPI = 150
BOX = 6.2
"""Inches of a side of the square the points lie in; margins are inches, too."""
LEFT, RIGHT, TOP, GAP = 0.75, 0.2, 0.5, 0.2
DEEP = 0.5
"""The gap in 3-D, where the third axis has its label."""
ROWS = 24
"""The most entries in a column of the legend."""
RASTERISED = 20_000
"""Points beyond which SVG and PDF hold them as an image: they would be tens of megabytes."""
INK, FAINT = "#222222", "#666666"
NO_DATES: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def scatter(
    points: NDArray[np.floating], caption: Caption, colouring: Colouring = None, *, format: str = "png"
) -> bytes:
    """The figure of points (N, 2 or 3), N >= 1. Raises PictureError for an unknown format or bad points."""
    if format not in FORMATS:
        raise PictureError(f"a figure cannot be '{format}': choose one of {', '.join(FORMATS)}")
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not len(points) or not np.isfinite(points).all():
        raise PictureError(
            f"points of shape {points.shape} cannot be drawn: project the latents to 2 or 3 dimensions"
        )
    with _settings():
        stream = io.BytesIO()
        figure = _figure(points, caption, colouring)
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
                "font.size": 9,
                "text.parse_math": False,
                "text.color": INK,
                "axes.edgecolor": FAINT,
                "axes.labelcolor": INK,
                "xtick.color": FAINT,
                "ytick.color": FAINT,
                "svg.hashsalt": "latentkit",
                "svg.fonttype": "path",
            }
        )
        yield


def _figure(points: NDArray[np.floating], caption: Caption, colouring: Colouring) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI)
    renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    axes = figure.add_axes((0, 0, 1, 1), projection="3d" if points.shape[1] == 3 else None)
    mappable = _draw(axes, points, colouring)
    _axes(axes, caption)
    lines = textwrap.wrap(caption.text, 100)
    bottom = 0.75 + 0.16 * len(lines)
    beside = LEFT + BOX + (GAP if points.shape[1] == 2 else DEEP)
    width = beside
    if isinstance(colouring, Classes):
        legend = _legend(figure, colouring, len(points), (beside, bottom + BOX))
        width += legend.get_window_extent(renderer).width / DPI
    elif mappable is not None:
        width += 0.9
    width, height = width + RIGHT, bottom + BOX + TOP
    figure.set_size_inches(width, height)
    axes.set_position((LEFT / width, bottom / height, BOX / width, BOX / height))
    if isinstance(colouring, Quantity) and mappable is not None:
        bar = figure.add_axes((beside / width, bottom / height, 0.2 / width, BOX / height))
        figure.colorbar(mappable, cax=bar, label=lettering.fit([colouring.title], lettering.glyphs())[0])
    figure.text(LEFT / width, 1 - 0.32 / height, caption.title, fontsize=12, weight="bold")
    figure.text(LEFT / width, 0.12 / height, "\n".join(lines), fontsize=8, color=FAINT, va="bottom")
    return figure


def _draw(axes: Any, points: NDArray[np.floating], colouring: Colouring) -> Any:
    """Draw the points; what a colour bar needs is returned, or None."""
    n = len(points)
    look: dict[str, Any] = {
        "s": float(np.clip(46 * (100 / n) ** 0.4, 1.5, 46)),
        "alpha": float(np.clip(0.9 * (100 / n) ** 0.13, 0.25, 0.9)),
        "linewidths": 0.4 if n <= 2000 else 0,
        "edgecolors": "white" if n <= 2000 else "none",
        "rasterized": n > RASTERISED,
    }
    order = np.random.default_rng(0).permutation(n)
    if isinstance(colouring, Quantity):
        return _draw_quantity(axes, points[order], colouring.values[order], look)
    codes = colouring.codes[order] if isinstance(colouring, Classes) else np.zeros(n, np.intp)
    nobody = codes < 0
    if nobody.any():
        axes.scatter(*points[order][nobody].T, c=palette.NONE.colour, marker=palette.NONE.shape, **look)
    looks = [palette.look(i) for i in range(codes.max() + 1)]
    for shape in dict.fromkeys(each.shape for each in looks):
        mine = np.isin(codes, [i for i, each in enumerate(looks) if each.shape == shape])
        if mine.any():
            colours = np.array([each.colour for each in looks])[codes[mine]]
            axes.scatter(*points[order][mine].T, c=colours.tolist(), marker=shape, **look)
    return None


def _draw_quantity(
    axes: Any, points: NDArray[np.floating], values: NDArray[np.float64], look: dict[str, Any]
) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    known = ~np.isnan(values)
    if not known.all():
        axes.scatter(*points[~known].T, c=palette.NONE.colour, **look)
    # The palest tenth of viridis is lost on white; the outermost hundredths would flatten all the rest.
    shades = ListedColormap(colormaps["viridis"](np.linspace(0, 0.9, 256)))
    low, high = np.percentile(values[known], [1, 99])
    return axes.scatter(*points[known].T, c=values[known], cmap=shades, vmin=low, vmax=high, **look)


def _axes(axes: Any, caption: Caption) -> None:
    setters = (axes.set_xlabel, axes.set_ylabel, *([axes.set_zlabel] if len(caption.axes) == 3 else []))
    for set_label, label in zip(setters, caption.axes, strict=True):
        set_label(label)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    if len(caption.axes) == 2:
        axes.spines[["top", "right"]].set_visible(False)
    if not caption.metric:
        for axis in (axes.xaxis, axes.yaxis, *([axes.zaxis] if len(caption.axes) == 3 else [])):
            axis.set_ticklabels([])
            axis.set_tick_params(length=0)


def _legend(figure: Any, classes: Classes, n: int, corner: tuple[float, float]) -> Any:
    from matplotlib.lines import Line2D

    names = lettering.fit(classes.names, lettering.glyphs())
    counts = np.bincount(classes.codes + 1, minlength=len(names) + 1)
    entries = [(palette.look(i), name, counts[i + 1]) for i, name in enumerate(names)]
    if counts[0]:
        entries.append((palette.NONE, classes.rest, counts[0]))
    handles = [
        Line2D([], [], color=each.colour, marker=each.shape, linestyle="none", markersize=7)
        for each, _, _ in entries
    ]
    legend = figure.legend(
        handles,
        [str(i) for i in range(len(handles))],
        title=lettering.fit([classes.title], lettering.glyphs())[0],
        alignment="left",
        loc="upper left",
        bbox_to_anchor=corner,
        bbox_transform=figure.dpi_scale_trans,
        borderaxespad=0,
        frameon=False,
        ncols=-(-len(entries) // ROWS),
        handletextpad=0.2,
        columnspacing=1.0,
    )
    # Set afterwards: a legend leaves out the entries whose label begins with an underscore.
    for text, (_, name, count) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(f"{name} ({count:,})")
    return legend
