"""A table made elsewhere, the roles of its columns, and the options that settle how it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reading", "Roles", "Table"]


class Reading(NamedTuple):
    """The options that settle how a file made elsewhere is read."""

    latents: str | None = None
    """Columns such as z0:z127,z130, or the name of an array; None: decide."""
    label_column: str | None = None
    drop_nan: bool = False
    """Leave out rows that are not finite."""


@dataclass(frozen=True)
class Table:
    """A table: names by position (1, 2, ... if there is no header), and columns of text or numbers by position."""

    names: Sequence[str]
    has_header: bool
    texts: Mapping[int, Sequence[str]]
    numbers: dict[int, NDArray[np.float64]]

    def list(self, columns: Sequence[int]) -> str:
        """Name columns as `--latents` takes them: z0:z5,z7."""
        runs: list[list[int]] = []
        for at in columns:
            if runs and at == runs[-1][-1] + 1:
                runs[-1].append(at)
            else:
                runs.append([at])
        return ",".join(
            self.names[run[0]] if len(run) == 1 else f"{self.names[run[0]]}:{self.names[run[-1]]}"
            for run in runs
        )


@dataclass
class Roles:
    """Positions of the columns of each role, and for the unused ones the reason."""

    mu: list[int] = field(default_factory=list)
    logvar: list[int] = field(default_factory=list)
    id: int | None = None
    label: int | None = None
    unused: dict[str, str] = field(default_factory=dict)

    def describe(self, table: Table) -> str:
        """Say in one line what each column became; "" if all are latents."""
        others = [
            *([f"log variances {table.list(self.logvar)}"] if self.logvar else []),
            *([] if self.label is None else [f"labels {table.names[self.label]!r}"]),
            *(
                []
                if self.id is None
                else [f"ids {table.names[self.id]!r}" if table.names[self.id] else "ids in the first column"]
            ),
            *(f"{column!r} is not used ({reason})" for column, reason in self.unused.items()),
        ]
        count = f"{len(self.mu)} latent{'s' * (len(self.mu) != 1)} {table.list(self.mu)}"
        return "; ".join([count, *others]) if others else ""
