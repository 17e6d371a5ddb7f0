"""What a rule is: a question to the quantities, with all that a person needs when the answer is yes."""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from latentkit.diagnosis.quantities import Quantities

__all__ = [
    "SEVERITIES",
    "Answer",
    "Finding",
    "Fix",
    "Needs",
    "Rule",
    "Severity",
    "Sign",
    "counted",
    "figure",
    "rule",
    "times",
]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Needs(NamedTuple):
    """The question cannot be answered from these quantities: what would be needed, in words."""

    what: str


@dataclass(frozen=True)
class Sign:
    """The answer is yes, with the numbers."""

    evidence: str
    severity: Severity | None = None
    """Where it differs from the rule's."""
    confirm: str | None = None
    """It is a suspicion, and this would settle it."""
    title: str | None = None
    """Where it differs from the rule's."""


class Fix(NamedTuple):
    """A command or a line of code for each place where one may stand."""

    keras: str
    pytorch: str
    latentkit: str


Answer = Sequence[Sign] | Needs
"""Signs, none of them where all is well; or what is needed to tell."""


@dataclass(frozen=True)
class Rule:
    """One pathology."""

    id: str
    title: str
    severity: Severity
    why: str
    fix: Fix
    source: str
    check: Callable[[Quantities], Answer]

    @property
    def definition(self) -> str:
        """The sign and its threshold: what the function's docstring says."""
        return " ".join((inspect.getdoc(self.check) or "").split())

    def findings(self, quantities: Quantities) -> "list[Finding] | Needs":
        """The rule applied."""
        answer = self.check(quantities)
        return answer if isinstance(answer, Needs) else [self._finding(sign) for sign in answer]

    def _finding(self, sign: Sign) -> "Finding":
        return Finding(
            self.id,
            sign.title or self.title,
            sign.severity or self.severity,
            sign.evidence,
            self.why,
            self.fix,
            self.source,
            sign.confirm,
        )


@dataclass(frozen=True)
class Finding:
    """A rule that said yes, in full."""

    id: str
    title: str
    severity: Severity
    evidence: str
    why: str
    fix: Fix
    source: str
    confirm: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As in `latentkit.diagnosis/1`."""
        return {**vars(self), "fix": self.fix._asdict()}


def rule(
    id: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    keras: str,
    pytorch: str,
    latentkit: str,
    source: str,
) -> Callable[[Callable[[Quantities], Answer]], Rule]:
    """Make a rule of a function, whose docstring is its definition."""

    def made(check: Callable[[Quantities], Answer]) -> Rule:
        return Rule(id, title, severity, why, Fix(keras, pytorch, latentkit), source, check)

    return made


def counted(severities: Sequence[Severity]) -> str:
    """So many of each, worst first: "2 errors, 1 note"."""
    counts = [(severities.count(severity), severity) for severity in SEVERITIES]
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for count, severity in counts if count)


def figure(value: float) -> str:
    """A number for a person: four digits that count, no exponent where none is needed."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if 1e-4 <= abs(value) < 1e7:
        places = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}"


def times(ratio: float) -> str:
    """A ratio for a person."""
    return f"{figure(float(f'{ratio:.3g}'))} times"
