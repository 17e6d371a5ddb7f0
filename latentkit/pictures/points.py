"""The points of a projection, drawn so that no class lies over the others and a crowd can be seen into."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.style import Theme

__all__ = ["RASTERIZED", "draw"]

RASTERIZED = 20_000
"""Points beyond which SVG and PDF hold them as an image: they would be tens of megabytes."""
AREAS = {"o": 0.785, "^": 0.5, "s": 1.0, "X": 0.625, "D": 1.0}
"""Of matplotlib's markers of one size: no class is to look larger for its shape."""
TURNS = 12
"""How often the shapes take turns, as all points of one shape are drawn at once: in one go the last would win."""


def draw(
    axes: Any, points: NDArray[np.float64], coloring: Coloring, theme: Theme, *, side: float, faint: bool
) -> Any:
    """Draw points (N, 2|3) into axes whose sides are so many inches; faint where something else is the subject.
    What a color bar needs is returned, or None."""
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
        # What shines through would change the color, and with it the quantity that it tells.
        look |= {"s": size, "alpha": max(look["alpha"], 0.7)}
        return _draw_quantity(axes, points[order], coloring.values[order], look, theme)
    codes = coloring.codes[order] if isinstance(coloring, Classes) else np.zeros(n, np.intp)
    looks = [theme.look(i) for i in range(codes.max() + 1)] + [theme.look(-1)]  # -1 is the last
    colors, shapes = (np.array(column)[codes] for column in zip(*looks, strict=True))
    kinds = list(dict.fromkeys(shapes.tolist()))
    for turn in np.array_split(np.arange(n), min(TURNS, -(-n // 50)) if len(kinds) > 1 else 1):
        for kind in kinds:
            mine = turn[shapes[turn] == kind]
            if len(mine):
                s = size * AREAS["o"] / AREAS[kind]
                axes.scatter(*points[order[mine]].T, s=s, c=colors[mine].tolist(), marker=kind, **look)
    return None


def _draw_quantity(
    axes: Any, points: NDArray[np.float64], values: NDArray[np.float64], look: dict[str, Any], theme: Theme
) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    known = ~np.isnan(values)
    if not known.all():
        axes.scatter(*points[~known].T, c=theme.unlabeled, **look)
    shades = ListedColormap(colormaps["viridis"](np.linspace(*theme.shades, 256)))
    low, high = np.percentile(values[known], [1, 99])  # the outermost hundredths would flatten all the rest
    return axes.scatter(*points[known].T, c=values[known], cmap=shades, vmin=low, vmax=high, **look)
