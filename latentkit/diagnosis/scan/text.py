"""A survey in JSON and in words."""

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from latentkit.diagnosis.rule import Finding, counted
from latentkit.diagnosis.scan.suggest import latents, validation
from latentkit.diagnosis.scan.survey import Survey

__all__ = ["to_json", "to_text"]

SCHEMA = "latentkit.scan/1"
WIDTH = 100
SHOWN = 6


def to_json(survey: Survey, suggested: str) -> dict[str, Any]:
    """Schema `latentkit.scan/1`."""
    return {
        "schema": SCHEMA,
        "n": survey.readable,
        "named": survey.images,
        "classes": survey.classes,
        "formats": survey.formats,
        "modes": survey.modes,
        "sizes": survey.sizes,
        "transform": survey.transform.as_json(),
        "channels": [vars(channel) for channel in survey.channels],
        "faults": [vars(fault) for fault in survey.faults],
        "duplicates": survey.duplicates,
        "near_duplicates": survey.near_duplicates,
        "confounds": [confound._asdict() | {"matters": confound.matters} for confound in survey.confounds],
        "findings": [finding.to_json() for finding in survey.findings],
        "clean": survey.clean,
        "suggested": suggested,
    }


def to_text(survey: Survey, suggested: str, printable: Callable[[str], str]) -> str:
    """One screen, more where there is more to say."""
    skipped = survey.images - survey.readable
    unread = f" ({skipped} more cannot be read)" if skipped else ""
    lines = [f"{survey.readable} images{unread}"]
    for name, counts in (
        ("classes", survey.classes),
        ("formats", survey.formats),
        ("modes", survey.modes),
        ("sizes", survey.sizes),
    ):
        lines += _field(name, _shares(counts) if counts else "none: images lie in no sub-folders")
    look = survey.transform
    names = ["grey"] if look.color == "gray" else ["red", "green", "blue"]
    for name, channel in zip(names, survey.channels, strict=True):
        spread = (
            f"{channel.low} to {channel.high}, mean {channel.mean:.1f}, deviation {channel.deviation:.1f}"
        )
        lines += _field(name, f"{spread} (at {look.size} x {look.size})")
    lines += _confounds(survey)
    lines += _sizes(survey)
    told = counted([finding.severity for finding in survey.findings])
    lines += ["", f"Clean{f': {told}' if told else ''}." if survey.clean else f"Not clean: {told}."]
    for finding in survey.findings:
        lines += _finding(finding)
    if survey.findings:
        lines += ["", *_field("why", survey.findings[0].why)]
        if not survey.clean:
            lines += _field("to do", survey.findings[0].fix.pytorch)  # to files, whatever trains on them
    lines += ["", "train with:", f"  {suggested}"]
    return "\n".join(printable(line) for line in lines)


def _confounds(survey: Survey) -> list[str]:
    if not survey.confounds:
        return []
    told = ", ".join(f"{one.feature} {one.balanced_accuracy:.2f}" for one in survey.confounds)
    guess = survey.confounds[0].majority
    return _field(
        "the class from",
        f"{told} (balanced accuracy of a small tree on that alone; one constant answer: {guess:.2f})",
    )


def _sizes(survey: Survey) -> list[str]:
    share = validation(survey.readable)
    held_out = round(survey.readable * share)
    train = survey.readable - held_out
    dimensions = latents(train)
    return _field(
        "enough for",
        f"{dimensions} latent dimensions ({train} training images, {train / dimensions:.0f} for each), {held_out} images to validate on",
    )


def _finding(finding: Finding) -> list[str]:
    start = f"  {finding.severity} {finding.id}  "
    return textwrap.wrap(
        f"{finding.title}: {finding.evidence}",
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shares(counts: Mapping[str, int]) -> str:
    shown = ", ".join(f"{name} {count}" for name, count in list(counts.items())[:SHOWN])
    return shown + (f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else "")


def _field(name: str, text: str) -> list[str]:
    start = f"  {name:<16}"
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False
    )
