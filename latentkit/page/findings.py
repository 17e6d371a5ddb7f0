"""A diagnosis as HTML: what is wrong, the numbers it rests on, what to change, and what was not looked at."""

from latentkit.diagnosis import Diagnosis, Finding, verdict
from latentkit.page.markup import Markup, tag

__all__ = ["findings"]


def findings(diagnosis: Diagnosis) -> Markup:
    """Worst first."""
    checked = ", ".join(diagnosis.checked) or "nothing"
    missing = ", ".join(id for id, _ in diagnosis.not_checked)
    told = f"Checked: {checked}." + (
        f" Not checked, for want of what they need: {missing}." if missing else ""
    )
    return tag(
        "section",
        tag("h2", "Findings"),
        tag("p", verdict(diagnosis)),
        tag("p", diagnosis.facts.source, class_="note"),
        *(_finding(finding) for finding in diagnosis.findings),
        tag("p", told, class_="note"),
    )


def _finding(finding: Finding) -> Markup:
    fields = [
        ("seen", finding.evidence),
        ("confirm", finding.confirm),
        ("why", finding.why),
        ("Keras", finding.fix.keras),
        ("PyTorch", finding.fix.pytorch),
        ("latentkit", finding.fix.latentkit),
        ("source", finding.source),
    ]
    told = [part for name, value in fields if value for part in (tag("dt", name), tag("dd", value))]
    suspected = " (suspected)" if finding.confirm else ""
    return tag(
        "article",
        tag("span", finding.severity, class_="kind"),
        tag("h3", f"{finding.id} {finding.title}{suspected}"),
        tag("dl", *told),
        class_=f"finding {finding.severity}",
    )
