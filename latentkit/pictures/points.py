"""Points of a projection, drawn so that no class hides the others, and contours of their density."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.density import MIN_POINTS, density, levels
from latentkit.pictures.palette import Theme, readable

__all__ = ["RASTERIZED", "draw_contours", "draw_points"]

RASTERIZED = 20_000
"""Number of points above which SVG and PDF store them as an image; vectors would take tens of megabytes."""
AREAS = {"o": 0.785, "^": 0.5, "s": 1.0, "X": 0.625, "D": 1.0}
"""Areas of matplotlib's markers of one size; they are scaled so that no class looks larger for its shape."""
ROUNDS = 12
"""Number of rounds in which shapes are drawn: matplotlib draws all points of a shape at once, so with one round
the last shape would cover the others."""


def draw_points(
    axes: Any, points: NDArray[np.float64], coloring: Coloring, theme: Theme, *, side: float, faint: bool
) -> Any:
    """Draw points (N, 2 or 3) into axes with sides of this many inches; return what a color bar needs, or None.

    `faint` points leave the attention to something else, such as contours.
    """
    n = len(points)
    crowd = n * (6.2 / side) ** 2
    size = float(np.clip(46 * (100 / crowd) ** 0.4, 1.5, 46))
    look: dict[str, Any] = {
        "alpha": float(np.clip(0.9 * (100 / crowd) ** 0.13, 0.25, 0.9)) * (0.5 if faint else 1),
        "linewidths": 0.4 if n <= 2000 else 0,
        "edgecolors": theme.paper if n <= 2000 else "none",
        "rasterized": n > RASTERIZED,
    }
    order = np.random.default_rng(0).permutation(n)
    if isinstance(coloring, Quantity):
        # Points that shine through would change the color, and with it the value that it stands for.
        look |= {"s": size, "alpha": max(look["alpha"], 0.7)}
        return _draw_quantity(axes, points[order], Quantity("", coloring.values[order]), look, theme)
    codes = coloring.codes[order] if isinstance(coloring, Classes) else np.zeros(n, np.intp)
    looks = [theme.look(i) for i in range(codes.max() + 1)] + [theme.look(-1)]  # index -1 is the last
    colors, shapes = (np.array(column)[codes] for column in zip(*looks, strict=True))
    kinds = list(dict.fromkeys(shapes.tolist()))
    for part in np.array_split(np.arange(n), min(ROUNDS, -(-n // 50)) if len(kinds) > 1 else 1):
        for kind in kinds:
            rows = part[shapes[part] == kind]
            if len(rows):
                s = size * AREAS["o"] / AREAS[kind]
                axes.scatter(*points[order[rows]].T, s=s, c=colors[rows].tolist(), marker=kind, **look)
    return None


def draw_contours(axes: Any, points: NDArray[np.float64], coloring: Coloring, theme: Theme) -> None:
    """Draw contours that enclose 30, 60 and 90 % of each class, or of all points (N, 2) without classes.

    Classes of fewer than MIN_POINTS points have none.
    """
    groups = [(points, theme.ink)]
    if isinstance(coloring, Classes):
        groups = [
            (points[coloring.codes == i], readable(theme.look(i).color, theme.paper, theme.ink))
            for i in range(len(coloring.names))
        ]
    for members, color in groups:
        if len(members) >= MIN_POINTS:
            mass, x, y = density(members)
            heights = levels(mass)
            widths = np.linspace(0.9, 1.7, len(heights))
            axes.contour(x, y, mass.T, levels=heights, colors=[color], linewidths=widths, zorder=3)


def _draw_quantity(
    axes: Any, points: NDArray[np.float64], quantity: Quantity, look: dict[str, Any], theme: Theme
) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    known = ~np.isnan(quantity.values)
    if not known.all():
        axes.scatter(*points[~known].T, c=theme.unlabeled, **look)
    shades = ListedColormap(colormaps["viridis"](np.linspace(*theme.shades, 256)))
    low, high = quantity.limits()
    return axes.scatter(*points[known].T, c=quantity.values[known], cmap=shades, vmin=low, vmax=high, **look)
