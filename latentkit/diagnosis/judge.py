"""Apply every rule that can be applied, and say which could not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from latentkit.diagnosis.catalogue import RULES
from latentkit.diagnosis.from_run import from_run, split
from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.rule import SEVERITIES, Finding, Needs
from latentkit.formats.run import RunImages

__all__ = ["Diagnosis", "judge", "to_json", "watch"]

SCHEMA = "latentkit.diagnosis/1"
Watch = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Diagnosis:
    """What was found, worst first, and what could not be looked for."""

    quantities: Quantities
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[tuple[str, str], ...]
    """(id, what it needs)"""

    @property
    def healthy(self) -> bool:
        """Whether there is neither error nor warning among the findings; says nothing of what was not checked."""
        return all(finding.severity == "note" for finding in self.findings)


def judge(quantities: Quantities) -> Diagnosis:
    """All rules, in the order of the catalogue; findings of one severity stay in it."""
    findings: list[Finding] = []
    checked: list[str] = []
    not_checked: list[tuple[str, str]] = []
    for rule in RULES:
        answer = rule.findings(quantities)
        if isinstance(answer, Needs):
            not_checked.append((rule.id, answer.what))
        else:
            checked.append(rule.id)
            findings += answer
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.confirm is not None))
    return Diagnosis(quantities, tuple(findings), tuple(checked), tuple(not_checked))


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Schema `latentkit.diagnosis/1`."""
    q = diagnosis.quantities
    return {
        "schema": SCHEMA,
        "source": q.source,
        "healthy": diagnosis.healthy,
        "findings": [finding.to_json() for finding in diagnosis.findings],
        "checked": list(diagnosis.checked),
        "not_checked": [{"id": id, "needs": needs} for id, needs in diagnosis.not_checked],
        "columns": dict(q.columns),
        "unread": list(q.unread),
    }


def watch(images: RunImages) -> Watch:
    """A function of a run that goes on, given its record and its history so far: the findings, as JSON, that
    the history does not have yet, worst first."""
    sides = split(images)

    def new(record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        told = {(line["finding"]["id"], line["finding"]["title"]) for line in history if "finding" in line}
        found = judge(replace(from_run("the run", record, history, None), split=sides)).findings
        return [finding.to_json() for finding in found if (finding.id, finding.title) not in told]

    return new
