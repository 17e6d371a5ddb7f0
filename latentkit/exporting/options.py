"""What a person may choose of a file that is exported."""

from dataclasses import dataclass

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """For the tables: method is the projection that x and y are of, None the latest; vector whether mu is among
    the columns; path what the file will be called, for telling how to open it."""

    method: str | None = None
    vector: bool = True
    path: str = "-"
