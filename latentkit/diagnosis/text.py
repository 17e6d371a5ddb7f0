"""A diagnosis in words: what was read, what is wrong with its numbers, what to do, and what was not looked at."""

import textwrap
from collections.abc import Callable

from latentkit.diagnosis.catalogue import RULES
from latentkit.diagnosis.judge import Diagnosis
from latentkit.diagnosis.rule import Finding, Rule, counted

__all__ = ["catalogue", "explain", "to_text", "verdict"]

WIDTH = 100


def to_text(diagnosis: Diagnosis, printable: Callable[[str], str]) -> str:
    """The whole of it, for a person; `printable` makes a line safe for a terminal."""
    q = diagnosis.quantities
    lines = [*_wrapped(q.source)]
    if q.columns and not q.exact:
        lines += _wrapped("read as: " + "; ".join(f"{name} = {meaning}" for name, meaning in q.columns))
    for note in q.unread:
        lines += _wrapped(f"note: {note}")
    lines += ["", *_wrapped(verdict(diagnosis))]
    for finding in diagnosis.findings:
        lines += ["", *_finding(finding)]
    lines += ["", *_wrapped(f"checked: {' '.join(diagnosis.checked) or 'nothing'}")]
    if diagnosis.not_checked:
        lines.append("not checked, for want of:")
        for needs, ids in _grouped(diagnosis):
            lines += _field(" ".join(ids), needs, 8)
    lines += ["", "next:", *(line for step in _next(diagnosis) for line in _field("", step, 2))]
    return "\n".join(printable(line) for line in lines)


def verdict(diagnosis: Diagnosis) -> str:
    """One sentence."""
    told = counted([finding.severity for finding in diagnosis.findings])
    looked = f"{len(diagnosis.checked)} of {len(RULES)} rules could be checked"
    if not diagnosis.healthy:
        return f"Not healthy: {told}. ({looked}.)"
    return f"Healthy as far as can be seen: {looked}, and none found an error or a warning{f' ({told})' if told else ''}."


def _finding(finding: Finding) -> list[str]:
    suspected = " (suspected)" if finding.confirm else ""
    lines = _wrapped(f"{finding.severity.upper()} {finding.id}  {finding.title}{suspected}")
    lines += _field("seen", finding.evidence)
    if finding.confirm:
        lines += _field("confirm", finding.confirm)
    lines += _field("why", finding.why)
    for name, fix in zip(("Keras", "PyTorch", "latentkit"), finding.fix, strict=True):
        lines += _field(name, fix)
    return [*lines, *_field("source", finding.source)]


def _field(name: str, text: str, width: int = 10) -> list[str]:
    start = f"  {name:<{width}}"
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _grouped(diagnosis: Diagnosis) -> list[tuple[str, list[str]]]:
    """What is needed, with the rules that need it."""
    groups: dict[str, list[str]] = {}
    for id, needs in diagnosis.not_checked:
        groups.setdefault(needs, []).append(id)
    return list(groups.items())


def _next(diagnosis: Diagnosis) -> list[str]:
    q = diagnosis.quantities
    ids = {finding.id for finding in diagnosis.findings if finding.severity != "note"}
    steps = []
    if ids & {"P2", "P3", "P5"}:
        steps.append(
            "look at one batch of each side before anything else (shape, dtype, min, max), then overfit one batch: "
            "as long as that does not work, no other figure of this training means anything"
        )
    if q.rows and not q.exact:
        steps += [
            "latentkit scan IMAGES   # are the files what you think, and what could give the classes away?",
            "latentkit train IMAGES -o run   # the same images with pixels in 0..1, the whole held-out set, and R2 and KL instead of accuracy",
            "latentkit embed run IMAGES | latentkit report   # do the classes separate in latent space? (a 2-D PCA cannot answer that)",
        ]
        if q.space is None:
            steps.append(
                "latentkit diagnose LOG --latents latents.npz   # with mu and logvar of your own model, the rules above that want latents"
            )
    elif q.exact:
        run = q.source.split(":", 1)[0]
        if q.pictures is None:
            steps.append(f"latentkit diagnose {run} --images IMAGES   # its latents and reconstructions too")
        steps.append(f"latentkit embed {run} IMAGES | latentkit report   # do the classes separate?")
    else:
        steps.append(
            "latentkit report FILE   # do the classes separate? with bounds, and beside PCA of the pixels"
        )
    return steps


def catalogue() -> str:
    """Every rule in a line."""
    return "\n".join(f"{rule.id:<4}{rule.severity:<9}{rule.title}" for rule in RULES)


def explain(rule: Rule) -> str:
    """All there is to say about one rule."""
    lines = [*_wrapped(f"{rule.id}  {rule.title} ({rule.severity})"), ""]
    lines += _field("sign", rule.definition) + _field("why", rule.why)
    for name, fix in zip(("Keras", "PyTorch", "latentkit"), rule.fix, strict=True):
        lines += _field(name, fix)
    return "\n".join([*lines, *_field("source", rule.source)])
