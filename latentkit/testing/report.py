"""The contract run as a whole, one verdict a check, for the shell."""

from collections.abc import Iterator
from typing import NamedTuple

from latentkit.protocol import Backend
from latentkit.testing.checks import CHECKS

__all__ = ["Verdict", "verdicts"]


class Verdict(NamedTuple):
    """What one check found."""

    check: str
    promise: str
    broken: str | None
    """What differs; None when the promise is kept."""

    def __str__(self) -> str:
        return f"ok    {self.check}" if self.broken is None else f"FAIL  {self.check}: {self.broken}"


def verdicts(backend: Backend) -> Iterator[Verdict]:
    """Every check, also after one has failed. What a backend raises counts as a broken promise."""
    for check in CHECKS:
        broken = None
        try:
            check(backend)
        except Exception as error:  # noqa: BLE001  # a backend under test may raise anything
            broken = f"{type(error).__name__}: {error}"
        yield Verdict(check.__name__, (check.__doc__ or "").strip(), broken)
