"""How a picture is to look: its format, its theme, its size."""

from dataclasses import dataclass

from latentkit.errors import PictureError
from latentkit.pictures.palette import LIGHT, THEMES, Theme

__all__ = ["FORMATS", "THEMES", "Screen", "Style", "Theme"]

FORMATS = ("png", "svg", "pdf", "txt")


@dataclass(frozen=True)
class Screen:
    """Where characters are drawn, and whether they may have colors."""

    columns: int = 100
    rows: int = 32
    color: bool = False


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
