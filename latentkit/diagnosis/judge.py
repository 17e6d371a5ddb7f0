"""Apply every rule to the facts, and name the rules that could not be checked."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.readers.run import facts_of, split_of
from latentkit.diagnosis.rule import SEVERITIES, Finding, Needs
from latentkit.diagnosis.rules import RULES
from latentkit.formats.history import History
from latentkit.formats.run import RunImages

__all__ = ["Diagnosis", "judge", "to_json", "watch"]

SCHEMA = "latentkit.diagnosis/2"
Watch = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], tuple[list[dict[str, Any]], str | None]]


@dataclass(frozen=True)
class Diagnosis:
    """Findings, worst first, and the rules that were and were not checked."""

    facts: Facts
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    """Rule ids."""
    not_checked: tuple[tuple[str, str], ...]
    """(rule id, what is missing)"""

    @property
    def healthy(self) -> bool:
        """True if a rule was checked and nothing speaks against it: no error or warning, enough validations, R2 above 0."""
        return bool(self.checked) and self.sound and self.too_early is None and not self.below_mean

    @property
    def sound(self) -> bool:
        """True if no finding is an error or a warning."""
        return all(finding.severity == "note" for finding in self.findings)

    @property
    def too_early(self) -> str | None:
        """The reason why it is too early to call the training healthy; None if it is not."""
        return self.facts.too_early

    @property
    def below_mean(self) -> bool:
        """True if no R2 of the training is above 0: its reconstructions are no better than the mean image."""
        values = [value for _, value in self.facts.series("validation", "r2") if math.isfinite(value)]
        return bool(values) and max(values) <= 0


def judge(facts: Facts) -> Diagnosis:
    """Apply every rule. Findings are sorted by severity, then confirmed before suspected, then by rule."""
    findings: list[Finding] = []
    checked: list[str] = []
    not_checked: list[tuple[str, str]] = []
    for rule in RULES:
        answer = rule.findings(facts)
        if isinstance(answer, Needs):
            not_checked.append((rule.id, answer.what))
        else:
            checked.append(rule.id)
            findings += answer
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.confirm is not None))
    return Diagnosis(facts, tuple(findings), tuple(checked), tuple(not_checked))


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the diagnosis as in schema `latentkit.diagnosis/2`."""
    facts = diagnosis.facts
    return {
        "schema": SCHEMA,
        "source": facts.source,
        "framework": facts.framework,
        "healthy": diagnosis.healthy,
        "too_early": diagnosis.too_early,
        "findings": [finding.to_json() for finding in diagnosis.findings],
        "checked": list(diagnosis.checked),
        "not_checked": [{"id": id, "needs": needs} for id, needs in diagnosis.not_checked],
        "columns": dict(facts.columns),
        "unread": list(facts.unread),
    }


def watch(images: RunImages) -> Watch:
    """Make a function to call during a training, with the record and the history so far.

    It returns the findings that hold now, as JSON, worst first, and the reason why it is too early to call the training
    healthy, if it is.
    """
    split = split_of(images)

    def check(
        record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
    ) -> tuple[list[dict[str, Any]], str | None]:
        facts = facts_of("the run", record, History(history, "the run"), None)
        diagnosis = judge(replace(facts, split=split))
        return [finding.to_json() for finding in diagnosis.findings], diagnosis.too_early

    return check
