"""How a picture is to look: its format, its theme, its size."""

from dataclasses import dataclass

from latentkit.errors import PictureError
from latentkit.pictures.palette import COLOURS, DARK_COLOURS, Look, look

__all__ = ["DARK", "FORMATS", "LIGHT", "THEMES", "Screen", "Style", "Theme"]

FORMATS = ("png", "svg", "pdf", "txt")


@dataclass(frozen=True)
class Theme:
    """The colours of everything, as #rrggbb. `shades` is the part of viridis that is not lost on the paper."""

    name: str
    paper: str
    ink: str
    faint: str
    grid: str
    pane: str
    """The walls of three dimensions."""
    nobody: str
    """What belongs to no class."""
    error: str
    warning: str
    colours: tuple[str, ...]
    shades: tuple[float, float]

    def look(self, index: int) -> Look:
        """How the class of that index looks; -1 belongs to none."""
        return Look(self.nobody, "o") if index < 0 else look(index, self.colours)


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    ink="#222222",
    faint="#666666",
    grid="#E3E3E3",
    pane="#F6F6F6",
    nobody="#BBBBBB",
    error="#B3261E",
    warning="#9A5B00",
    colours=COLOURS,
    shades=(0.0, 0.9),
)
DARK = Theme(
    name="dark",
    paper="#15181D",
    ink="#ECECEC",
    faint="#A3A9B1",
    grid="#30353D",
    pane="#1C2026",
    nobody="#6A7079",
    error="#FF8A80",
    warning="#FFC266",
    colours=DARK_COLOURS,
    shades=(0.18, 1.0),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


@dataclass(frozen=True)
class Screen:
    """Where characters are drawn, and whether they may have colours."""

    columns: int = 100
    rows: int = 32
    colour: bool = False


@dataclass(frozen=True)
class Style:
    """width in inches, None for as wide as the figure needs; a txt is drawn for the screen instead."""

    format: str = "png"
    theme: Theme = LIGHT
    width: float | None = None
    dpi: int = 150
    screen: Screen = Screen()

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise PictureError(f"a figure cannot be '{self.format}': choose one of {', '.join(FORMATS)}")
