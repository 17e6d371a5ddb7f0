"""Apply every rule to the facts, and name the rules that could not be checked."""

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

SCHEMA = "latentkit.diagnosis/1"
Watch = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], list[dict[str, Any]]]


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
        """True if a rule was checked, and no finding is an error or a warning."""
        return bool(self.checked) and all(finding.severity == "note" for finding in self.findings)


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
    """Return the diagnosis as in schema `latentkit.diagnosis/1`."""
    facts = diagnosis.facts
    return {
        "schema": SCHEMA,
        "source": facts.source,
        "framework": facts.framework,
        "healthy": diagnosis.healthy,
        "findings": [finding.to_json() for finding in diagnosis.findings],
        "checked": list(diagnosis.checked),
        "not_checked": [{"id": id, "needs": needs} for id, needs in diagnosis.not_checked],
        "columns": dict(facts.columns),
        "unread": list(facts.unread),
    }


def watch(images: RunImages) -> Watch:
    """Make a function to call during a training, with the record and the history so far.

    It returns the findings, as JSON, that the history does not have yet, worst first.
    """
    split = split_of(images)

    def new_findings(record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        lines = History(history, "the run")
        known = {(finding.id, finding.title) for finding in lines.findings}
        findings = judge(replace(facts_of("the run", record, lines, None), split=split)).findings
        return [finding.to_json() for finding in findings if (finding.id, finding.title) not in known]

    return new_findings
