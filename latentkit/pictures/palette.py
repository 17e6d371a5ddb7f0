"""Colors and marker shapes that remain distinguishable for color-blind readers and in gray print.

The class colors are those of Okabe & Ito (2008) without the one that vanishes against the background: yellow on
white, blue and black on a dark page. Shapes vary along with colors, so no two classes differ by color alone.
Every color of figures and pages is defined here.
"""

import re
from dataclasses import dataclass, replace
from math import lcm
from typing import NamedTuple

from latentkit.errors import PictureError

__all__ = [
    "COLORS",
    "DARK",
    "DARK_COLORS",
    "LIGHT",
    "MAX_CLASSES",
    "PALETTES",
    "SHAPES",
    "THEMES",
    "Look",
    "Theme",
    "contrast",
    "css_variables",
    "look",
    "readable",
    "with_palette",
]

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#333333")
DARK_COLORS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#EEEEEE")
SHAPES = ("o", "^", "s", "X", "D")
MAX_CLASSES = len(COLORS) * len(SHAPES)
"""Number of distinct looks; the counts of colors and shapes have no common divisor."""
LEGIBLE = 4.5
"""Minimum contrast of text with its background (WCAG 2.2, 1.4.3)."""


class Look(NamedTuple):
    """A color as #rrggbb and a matplotlib marker."""

    color: str
    shape: str


def look(index: int, colors: tuple[str, ...] = COLORS) -> Look:
    """Return the look of the class with this index, 0 <= index < MAX_CLASSES.

    Looks are distinct up to len(colors) * len(SHAPES), also where these numbers have a common divisor.
    """
    shift = index // lcm(len(colors), len(SHAPES))
    return Look(colors[index % len(colors)], SHAPES[(index + shift) % len(SHAPES)])


@dataclass(frozen=True)
class Theme:
    """The colors of a light or a dark figure, as #rrggbb, and of a page in the same theme."""

    name: str
    paper: str
    ink: str
    faint: str
    grid: str
    pane: str
    """Walls of a three-dimensional plot."""
    unlabeled: str
    """Points that belong to no class."""
    error: str
    warning: str
    colors: tuple[str, ...]
    shades: tuple[float, float]
    """Part of the viridis color map that stands out from the paper."""
    page: tuple[tuple[str, str], ...]
    """CSS variables of a page that do not follow from the colors above."""

    def look(self, index: int) -> Look:
        """Return the look of the class with this index; -1 is no class."""
        return Look(self.unlabeled, "o") if index < 0 else look(index, self.colors)


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    ink="#222222",
    faint="#666666",
    grid="#E3E3E3",
    pane="#F6F6F6",
    unlabeled="#BBBBBB",
    error="#B3261E",
    warning="#9A5B00",
    colors=COLORS,
    shades=(0.0, 0.9),
    page=(
        ("paper", "#ffffff"),
        ("ink", "#1b1f24"),
        ("faint", "#59636e"),
        ("line", "#d1d9e0"),
        ("soft", "#f3f5f7"),
        ("accent", "#0b57d0"),
        ("on-accent", "#ffffff"),
        ("good", "#116329"),
        ("bad", "#a40e26"),
        ("warn", "#7a4d00"),
        ("dark", "0"),
    ),
)
DARK = Theme(
    name="dark",
    paper="#15181D",
    ink="#ECECEC",
    faint="#A3A9B1",
    grid="#30353D",
    pane="#1C2026",
    unlabeled="#6A7079",
    error="#FF8A80",
    warning="#FFC266",
    colors=DARK_COLORS,
    shades=(0.18, 1.0),
    page=(
        ("paper", "#14171a"),
        ("ink", "#e8eaed"),
        ("faint", "#a3abb3"),
        ("line", "#3a4148"),
        ("soft", "#1f2429"),
        ("accent", "#8ab4f8"),
        ("on-accent", "#10151c"),
        ("good", "#6fdd8b"),
        ("bad", "#ff8f9c"),
        ("warn", "#f2c14e"),
        ("dark", "1"),
    ),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


PALETTES: dict[str, dict[str, tuple[str, ...]]] = {
    "okabe-ito": {theme.name: theme.colors for theme in (LIGHT, DARK)},
    "tol": dict.fromkeys(
        ("light", "dark"), ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
    ),
    "gray": {"light": ("#111111", "#6E6E6E", "#A8A8A8"), "dark": ("#FFFFFF", "#A8A8A8", "#6E6E6E")},
}
"""Colors of classes by name and theme: of Okabe and Ito (2008), Tol (2021, bright), and grays."""


def with_palette(theme: Theme, palette: str) -> Theme:
    """Return the theme with the colors of a palette, which is a name in PALETTES or `#RRGGBB,#RRGGBB,...`.

    Raises PictureError for anything else.
    """
    if (known := PALETTES.get(palette.lower())) is not None:
        return replace(theme, colors=known[theme.name])
    colors = tuple(color.strip().upper() for color in palette.split(","))
    wrong = next((color for color in colors if not re.fullmatch("#[0-9A-F]{6}", color)), None)
    if wrong is not None:
        raise PictureError(
            f"'{wrong}' is neither a palette nor a color: use {', '.join(PALETTES)}, or colors such as '#0072B2,#D55E00'"
        )
    return replace(theme, colors=colors)


def css_variables(theme: Theme) -> str:
    """Return the declarations of a page's colors: `--paper: #ffffff; ...`, and the color scheme for the browser."""
    variables = {
        **dict(theme.page),
        "train": theme.colors[0],
        "validation": COLORS[1],
    }
    declarations = [f"--{name}: {value};" for name, value in variables.items()]
    return " ".join([*declarations, f"color-scheme: {theme.name};"])


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, 1..21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: str, paper: str, ink: str) -> str:
    """Return the color, mixed with as much ink as text in it needs to be legible on the paper."""
    for share in range(0, 101, 5):
        mixture = _mix(color, ink, share / 100)
        if contrast(mixture, paper) >= LEGIBLE:
            return mixture
    return ink


def _channels(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _luminance(color: str) -> float:
    """Return the relative luminance, 0..1 (WCAG 2.2, sRGB)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
