"""Class names written on a plot, each where its class is densest and none over another.

A name for which there is no space nearby is left out: the legend lists all of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.coloring import Classes
from latentkit.pictures.density import density
from latentkit.pictures.palette import Theme, readable
from latentkit.pictures.text_metrics import fit

__all__ = ["Box", "place", "write_class_names"]

MAX_LENGTH = 18
MAX_DISTANCE = 0.3
"""Maximum distance of a name from its class, as a fraction of the side of the axes."""
MARKER = 8
"""Pixels from the center of a marker to its edge."""
MAX_COVERED = 0.2
"""Maximum fraction of a class that its name may cover."""


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    def padded(self, margin: float) -> "Box":
        """Return the box with a margin added on every side."""
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    def overlaps(self, other: "Box") -> bool:
        """Tell whether the boxes share more than an edge."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def share_inside(self, points: NDArray[np.float64]) -> float:
        """Return the fraction of points (n, 2) inside the box; 0 for no points."""
        low, high = points >= (self.x0, self.y0), points <= (self.x1, self.y1)
        return float((low & high).all(axis=1).mean()) if len(points) else 0.0

    def within(self, other: "Box") -> bool:
        """Tell whether no part of the box is outside the other."""
        return other.x0 <= self.x0 and other.y0 <= self.y0 and self.x1 <= other.x1 and self.y1 <= other.y1


def write_class_names(
    figure: Any, frame: Box, positions: NDArray[np.float64], classes: Classes, theme: Theme
) -> list[Box]:
    """Write class names within a frame of the figure and return their boxes.

    `positions` (N, 2) are those of the points, in pixels of the figure.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    counts = np.bincount(classes.codes[classes.codes >= 0], minlength=len(classes.names))
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    names = fit(classes.names, max_length=MAX_LENGTH)
    halo = [withStroke(linewidth=3.4, foreground=theme.paper)]
    members = [positions[classes.codes == i] for i in order]
    anchors = [density(points).peak() for points in members]
    full_width, full_height = figure.get_size_inches() * figure.dpi
    texts, sizes = [], []
    for i in order:
        color = readable(theme.look(i).color, theme.paper, theme.ink)
        font = {"color": color, "weight": "bold", "ha": "center", "va": "center", "path_effects": halo}
        texts.append(figure.text(0, 0, names[i], fontsize=9.5, zorder=6, **font))
        extent = texts[-1].get_window_extent(figure.canvas.get_renderer())
        sizes.append((extent.width + 8, extent.height + 4))
    boxes = place(anchors, sizes, frame, members)
    for text, anchor, box in zip(texts, anchors, boxes, strict=True):
        if box is None:
            text.remove()
            continue
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        text.set_position((x / full_width, y / full_height))
        if not box.padded(box.y1 - box.y0).share_inside(np.array([anchor])):
            ends = [anchor[0] / full_width, x / full_width], [anchor[1] / full_height, y / full_height]
            leader = Line2D(*ends, color=theme.ink, linewidth=0.8, path_effects=halo, zorder=5)
            figure.add_artist(leader)
    return [box for box in boxes if box is not None]


def place(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    frame: Box,
    members: Sequence[NDArray[np.float64]],
) -> list[Box | None]:
    """Return a box of each size as near to its anchor as possible, or None where there is no space.

    A box lies within the frame, overlaps no other and covers at most MAX_COVERED of the points (n, 2) of its class.
    Earlier boxes have priority.
    """
    boxes: list[Box | None] = []
    for (x, y), (width, height), points in zip(anchors, sizes, members, strict=True):
        occupied = [box for box in boxes if box is not None]
        candidates = (
            Box(x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)
            for dx, dy in _offsets(MAX_DISTANCE * (frame.x1 - frame.x0), height)
        )
        free = (box for box in candidates if box.within(frame) and not any(map(box.overlaps, occupied)))
        boxes.append(
            next((box for box in free if box.padded(MARKER).share_inside(points) <= MAX_COVERED), None)
        )
    return boxes


def _offsets(max_distance: float, step: float) -> Iterator[tuple[float, float]]:
    """Yield the center, then positions on rings around it, one step apart."""
    yield 0.0, 0.0
    for ring in range(1, int(max_distance / step) + 1):
        for turn in range(8 * ring):
            angle = np.pi / 2 + 2 * np.pi * turn / (8 * ring)
            yield float(ring * step * np.cos(angle)), float(ring * step * np.sin(angle))
