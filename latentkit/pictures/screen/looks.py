"""Colors and characters of classes in a terminal: no class differs from another by its color alone."""

from latentkit.pictures.palette import MAX_CLASSES

__all__ = ["COLORS", "ERROR", "FAINT", "GLYPHS", "NOBODY", "NOTE", "SHADES", "WARNING", "look"]

COLORS = (33, 202, 35, 170, 44, 178, 245)
"""Of the 256 of terminals, near those of the palette and of middle lightness: the background may be light or dark."""
GLYPHS = "●▲■◆×+○△□◇*#" + "ABCDEFGHIJKLMNPQRSTUVWXYZ"[: MAX_CLASSES - 12]
NOBODY = "·"
FAINT = 245
ERROR, WARNING, NOTE = 196, 172, 245
SHADES = ((" ", 245), ("░", 61), ("▒", 31), ("▓", 71), ("█", 178))
"""Of a quantity from low to high, like viridis; the first is not used."""


def look(index: int) -> tuple[str, int]:
    """The character and the color of the class of that index; -1 belongs to none."""
    return (NOBODY, FAINT) if index < 0 else (GLYPHS[index], COLORS[index % len(COLORS)])
