"""Run all contract checks, for the command line."""

from collections.abc import Iterator
from typing import NamedTuple

from latentkit.protocol import Backend
from latentkit.testing.checks import CHECKS

__all__ = ["Verdict", "run_checks"]


class Verdict(NamedTuple):
    """The result of one check."""

    check: str
    promise: str
    broken: str | None
    """How the backend fails the check; None if it passes."""

    def __str__(self) -> str:
        return f"ok    {self.check}" if self.broken is None else f"FAIL  {self.check}: {self.broken}"


def run_checks(backend: Backend) -> Iterator[Verdict]:
    """Run every check, even after one has failed. Any exception counts as a failure."""
    for check in CHECKS:
        broken = None
        try:
            check(backend)
        except Exception as error:  # noqa: BLE001  # a backend under test may raise anything
            broken = f"{type(error).__name__}: {error}"
        yield Verdict(check.__name__, (check.__doc__ or "").strip(), broken)
