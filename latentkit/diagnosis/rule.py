"""Rules and findings: a rule is a question about `Facts`, and a finding is its answer with the evidence."""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from latentkit.diagnosis.facts import Facts, Framework

__all__ = [
    "SEVERITIES",
    "Answer",
    "Finding",
    "Fix",
    "Needs",
    "Rule",
    "Severity",
    "Sign",
    "count_severities",
    "for_framework",
    "format_number",
    "format_ratio",
    "rule",
]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""


class Needs(NamedTuple):
    """The rule cannot be checked with these facts; `what` says which input is missing."""

    what: str


@dataclass(frozen=True)
class Sign:
    """One sign of the pathology, with its numbers. Severity and title default to those of the rule."""

    evidence: str
    severity: Severity | None = None
    confirm: str | None = None
    """Set if this is only a suspicion: how to confirm it."""
    title: str | None = None


class Fix(NamedTuple):
    """A command or a line of code for each framework."""

    keras: str
    pytorch: str
    latentkit: str


Answer = Sequence[Sign] | Needs
"""Signs, none of which means that all is well; or what is missing to check the rule."""


@dataclass(frozen=True)
class Rule:
    """One pathology."""

    id: str
    title: str
    severity: Severity
    why: str
    fix: Fix
    source: str
    check: Callable[[Facts], Answer]
    keras_why: str = ""
    """More reasons, which concern Keras alone."""

    @property
    def definition(self) -> str:
        """The sign and its threshold: the docstring of `check`."""
        return " ".join((inspect.getdoc(self.check) or "").split())

    def findings(self, facts: Facts) -> "list[Finding] | Needs":
        """Apply the rule."""
        answer = self.check(facts)
        return (
            answer if isinstance(answer, Needs) else [self._finding(sign, facts.framework) for sign in answer]
        )

    def why_for(self, framework: Framework | None) -> str:
        """Return why it matters to users of a framework, or of any if it is unknown."""
        return self.why if framework == "pytorch" or not self.keras_why else f"{self.why} {self.keras_why}"

    def _finding(self, sign: Sign, framework: Framework | None) -> "Finding":
        return Finding(
            self.id,
            sign.title or self.title,
            sign.severity or self.severity,
            sign.evidence,
            self.why_for(framework),
            self.fix,
            self.source,
            sign.confirm,
        )


@dataclass(frozen=True)
class Finding:
    """A pathology that was found."""

    id: str
    title: str
    severity: Severity
    evidence: str
    why: str
    fix: Fix
    source: str
    confirm: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as in schema `latentkit.diagnosis/2`."""
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
    keras_why: str = "",
) -> Callable[[Callable[[Facts], Answer]], Rule]:
    """Decorate a function to make it a rule. Its docstring is the rule's definition."""

    def decorate(check: Callable[[Facts], Answer]) -> Rule:
        return Rule(id, title, severity, why, Fix(keras, pytorch, latentkit), source, check, keras_why)

    return decorate


def for_framework(facts: Facts, *, keras: str, pytorch: str) -> str:
    """Return advice for the framework that wrote the log, or for both if it is unknown."""
    if facts.framework is not None:
        return keras if facts.framework == "keras" else pytorch
    return f"Keras: {keras}. PyTorch: {pytorch}"


def count_severities(severities: Sequence[Severity]) -> str:
    """Count the findings of each severity, worst first: "2 errors, 1 note"."""
    counts = [(severities.count(severity), severity) for severity in SEVERITIES]
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for count, severity in counts if count)


def format_number(value: float) -> str:
    """Format a number with four significant digits, and without an exponent where it is readable."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if 1e-4 <= abs(value) < 1e7:
        places = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.3g}"


def format_ratio(ratio: float) -> str:
    """Format a ratio: "568 times"."""
    return f"{format_number(float(f'{ratio:.3g}'))} times"
