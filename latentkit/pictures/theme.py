"""Light and dark: the paper of a picture, its ink, and the ink of what matters less."""

from typing import NamedTuple

__all__ = ["THEMES", "Theme"]


class Theme(NamedTuple):
    """Each as #rrggbb."""

    paper: str
    ink: str
    faint: str


THEMES = {"light": Theme("#FFFFFF", "#222222", "#666666"), "dark": Theme("#1E1F24", "#EDEDED", "#A8A8A8")}
