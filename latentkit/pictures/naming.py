"""Names of classes written on the picture itself, where each class lies densest, none over another.

A name that finds no room nearby is left out: the legend has them all.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures import lettering
from latentkit.pictures.coloring import Classes
from latentkit.pictures.density import density
from latentkit.pictures.palette import readable
from latentkit.pictures.style import Theme

__all__ = ["Box", "name_classes", "place"]

LONGEST = 18
FAR = 0.3
"""How far a name may stand from its class, as a part of the side of the axes."""
MARKER = 8
"""Pixels from the middle of a marker to its edge."""
HIDDEN = 0.2
"""The largest part of a class that its name may hide."""


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    def grown(self, by: float) -> "Box":
        """With a margin added all around."""
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def meets(self, other: "Box") -> bool:
        """Whether they share more than an edge."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def holds(self, points: NDArray[np.float64]) -> float:
        """Which part of points (n, 2) lies in it; of none, 0."""
        low, high = points >= (self.x0, self.y0), points <= (self.x1, self.y1)
        return float((low & high).all(axis=1).mean()) if len(points) else 0.0

    def lies_in(self, other: "Box") -> bool:
        """Whether no part of it is outside the other."""
        return other.x0 <= self.x0 and other.y0 <= self.y0 and self.x1 <= other.x1 and self.y1 <= other.y1


def name_classes(
    figure: Any, frame: Box, seen: NDArray[np.float64], classes: Classes, theme: Theme
) -> list[Box]:
    """Write the names of classes upon points seen (N, 2), in pixels of the figure, within a frame; their boxes."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import withStroke

    counts = np.bincount(classes.codes[classes.codes >= 0], minlength=len(classes.names))
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    names = lettering.fit(classes.names, lettering.glyphs(), LONGEST)
    halo = [withStroke(linewidth=3.4, foreground=theme.paper)]
    own = [seen[classes.codes == i] for i in order]
    anchors = [density(mine).peak() for mine in own]
    across, down = figure.get_size_inches() * figure.dpi
    texts, sizes = [], []
    for i in order:
        color = readable(theme.look(i).color, theme.paper, theme.ink)
        font = {"color": color, "weight": "bold", "ha": "center", "va": "center", "path_effects": halo}
        texts.append(figure.text(0, 0, names[i], fontsize=9.5, zorder=6, **font))
        extent = texts[-1].get_window_extent(figure.canvas.get_renderer())
        sizes.append((extent.width + 8, extent.height + 4))
    boxes = place(anchors, sizes, frame, own)
    for text, anchor, box in zip(texts, anchors, boxes, strict=True):
        if box is None:
            text.remove()
            continue
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        text.set_position((x / across, y / down))
        if not box.grown(box.y1 - box.y0).holds(np.array([anchor])):
            ends = [anchor[0] / across, x / across], [anchor[1] / down, y / down]
            leader = Line2D(*ends, color=theme.ink, linewidth=0.8, path_effects=halo, zorder=5)
            figure.add_artist(leader)
    return [box for box in boxes if box is not None]


def place(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    frame: Box,
    own: Sequence[NDArray[np.float64]],
) -> list[Box | None]:
    """A box of each size as near as there is room to its anchor, within the frame, meeting no other, and with no more
    than a fifth of its own points (n, 2) in it; those that come first choose first, and None is for those that are
    left without."""
    boxes: list[Box | None] = []
    for (x, y), (width, height), mine in zip(anchors, sizes, own, strict=True):
        taken = [box for box in boxes if box is not None]
        tried = (
            Box(x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)
            for dx, dy in _offsets(FAR * (frame.x1 - frame.x0), height)
        )
        free = (box for box in tried if box.lies_in(frame) and not any(map(box.meets, taken)))
        boxes.append(next((box for box in free if box.grown(MARKER).holds(mine) <= HIDDEN), None))
    return boxes


def _offsets(far: float, step: float) -> Iterator[tuple[float, float]]:
    """The middle, then rings around it that widen by a step."""
    yield 0.0, 0.0
    for ring in range(1, int(far / step) + 1):
        for turn in range(8 * ring):
            angle = np.pi / 2 + 2 * np.pi * turn / (8 * ring)
            yield float(ring * step * np.cos(angle)), float(ring * step * np.sin(angle))
