"""Print a diagnosis: the source, the findings with their numbers and fixes, and what was not checked."""

import shlex

from latentkit.diagnosis.facts import Framework
from latentkit.diagnosis.judge import Diagnosis
from latentkit.diagnosis.rule import Finding, Fix, Rule, count_severities
from latentkit.diagnosis.rules import NEVER_REPORTED, RULES, find_rule
from latentkit.text import wrap

__all__ = ["explain", "list_rules", "to_text", "verdict"]


def to_text(diagnosis: Diagnosis) -> str:
    """Return the whole diagnosis, safe to print on a terminal."""
    facts = diagnosis.facts
    lines = _paragraph(facts.source)
    if facts.columns and not facts.exact:
        lines += _paragraph("read as: " + "; ".join(f"{name} = {meaning}" for name, meaning in facts.columns))
    for note in facts.unread:
        lines += _paragraph(f"note: {note}")
    lines += ["", *_paragraph(verdict(diagnosis))]
    for finding in diagnosis.findings:
        lines += ["", *_finding(finding, facts.framework)]
    lines += ["", *_paragraph(f"checked: {' '.join(diagnosis.checked) or 'nothing'}")]
    if diagnosis.not_checked:
        lines.append("not checked, and what each rule needs:")
        for needs, ids in _group_by_needs(diagnosis):
            lines += _field(" ".join(ids), needs, 8)
    lines += ["", "next:"]
    for step, purpose in _next_steps(diagnosis):
        lines += [*wrap(step, first="  "), *wrap(purpose, first="      ")]
    return "\n".join(lines)


def verdict(diagnosis: Diagnosis) -> str:
    """Summarize the diagnosis in one sentence."""
    counts = count_severities([finding.severity for finding in diagnosis.findings])
    checked = f"({len(diagnosis.checked)} of {len(RULES)} rules could be checked.)"
    if not diagnosis.checked:
        return "Nothing could be checked, so this says nothing about the training; what each rule needs is listed below."
    if not diagnosis.sound:
        return f"Not healthy: {counts}. {checked}"
    if diagnosis.too_early is not None:
        return f"Too early to tell: {diagnosis.too_early}. No errors or warnings so far. {checked}"
    if diagnosis.below_mean:
        return f"Not healthy yet: R2 is below 0, so reconstructions are worse than the mean image. {checked}"
    return f"No errors or warnings{f', {counts}' if counts else ''}. {checked}"


def _finding(finding: Finding, framework: Framework | None) -> list[str]:
    suspected = " (suspected)" if finding.confirm else ""
    lines = _paragraph(f"{finding.severity.upper()} {finding.id}  {finding.title}{suspected}")
    lines += _field("evidence", finding.evidence)
    if finding.confirm:
        lines += _field("confirm", finding.confirm)
    return [*lines, *_advice(finding, finding.why, framework)]


def _advice(rule: Rule | Finding, why: str, framework: Framework | None = None) -> list[str]:
    """Return why it matters, how to fix it in a framework, or in each if it is unknown, and the source."""
    lines = _field("why", why)
    for name, fix in zip(("Keras", "PyTorch", "latentkit"), Fix(*rule.fix), strict=True):
        if framework is None or name.lower() in (framework, "latentkit"):
            lines += _field(name, fix)
    return [*lines, *_field("source", rule.source)]


def _field(name: str, text: str, width: int = 11) -> list[str]:
    return wrap(text, first=f"  {name:<{width}}")


def _paragraph(text: str) -> list[str]:
    return wrap(text, rest="  ")


def _group_by_needs(diagnosis: Diagnosis) -> list[tuple[str, list[str]]]:
    """Return (what is missing, ids of the rules that need it)."""
    groups: dict[str, list[str]] = {}
    for id, needs in diagnosis.not_checked:
        groups.setdefault(needs, []).append(id)
    return list(groups.items())


def _next_steps(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """Return (command, what it is for)."""
    facts = diagnosis.facts
    ids = {finding.id for finding in diagnosis.findings if finding.severity != "note"}
    steps = []
    if ids & {"P2", "P3", "P5"}:
        steps.append(
            (
                "print one batch of each side (shape, dtype, min, max), then overfit one batch",
                "until that works, no other metric of this training means anything",
            )
        )
    if facts.rows and not facts.exact:
        steps += [
            (
                "latentkit scan IMAGES",
                "check the files, and whether anything but the content predicts the class",
            ),
            (
                "latentkit train IMAGES -o run",
                "train on the same images with pixels in 0..1 and a full validation set, and log R2 and KL",
            ),
            (
                "latentkit embed run IMAGES | latentkit report",
                "test whether the classes separate in latent space, which a 2-D PCA cannot show",
            ),
        ]
        if facts.space is None:
            steps.append(
                (
                    "latentkit diagnose LOG --latents latents.npz",
                    "check the rules above that need latents, with mu and logvar of your own model",
                )
            )
    elif facts.exact:
        run = shlex.quote(facts.run or "RUN")
        if facts.reconstructions is None:
            steps.append(
                (f"latentkit diagnose {run} --images IMAGES", "check its latents and reconstructions too")
            )
        steps.append(
            (f"latentkit embed {run} IMAGES | latentkit report", "test whether the classes separate")
        )
    else:
        steps.append(
            (
                "latentkit report FILE",
                "test whether the classes separate, with confidence bounds and PCA of the pixels as a baseline",
            )
        )
    return steps


def list_rules() -> str:
    """Return the catalog, one rule per line."""
    return "\n".join(f"{rule.id:<4}{rule.severity:<9}{rule.title}" for rule in RULES)


def explain(id: str) -> str | None:
    """Return everything about one rule; None if there is no such rule."""
    if id.upper() in NEVER_REPORTED:
        return "\n".join(_paragraph(f"{id.upper()}  {NEVER_REPORTED[id.upper()]}"))
    rule = find_rule(id)
    if rule is None:
        return None
    lines = [*_paragraph(f"{rule.id}  {rule.title} ({rule.severity})"), ""]
    return "\n".join([*lines, *_field("sign", rule.definition), *_advice(rule, rule.why_for(None))])
