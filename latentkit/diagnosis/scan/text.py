"""Print a scan, as JSON and as text."""

from collections.abc import Mapping
from typing import Any

from latentkit.diagnosis.rule import Finding, count_severities
from latentkit.diagnosis.scan.suggest import latent_dimensions, validation_share
from latentkit.diagnosis.scan.survey import Survey
from latentkit.text import escape, wrap

__all__ = ["to_json", "to_text"]

SCHEMA = "latentkit.scan/1"
MOST_SHOWN = 6


def to_json(survey: Survey, suggested: str | None) -> dict[str, Any]:
    """Return the scan as in schema `latentkit.scan/1`."""
    return {
        "schema": SCHEMA,
        "n": survey.readable,
        "named": survey.images,
        "classes": survey.classes,
        "formats": survey.formats,
        "modes": survey.modes,
        "sizes": survey.sizes,
        "transform": survey.transform.to_json(),
        "channels": [vars(channel) for channel in survey.channels],
        "faults": [vars(fault) for fault in survey.faults],
        "duplicates": survey.duplicates,
        "near_duplicates": survey.near_duplicates,
        "confounds": [confound._asdict() | {"matters": confound.matters} for confound in survey.confounds],
        "findings": [finding.to_json() for finding in survey.findings],
        "clean": survey.clean,
        "suggested": suggested,
    }


def to_text(survey: Survey, suggested: str | None) -> str:
    """Return the scan, safe to print on a terminal."""
    skipped = survey.images - survey.readable
    lines = [f"{survey.readable} images{f' ({skipped} more are unreadable)' if skipped else ''}"]
    for name, counts in (
        ("classes", survey.classes),
        ("formats", survey.formats),
        ("modes", survey.modes),
        ("sizes", survey.sizes),
    ):
        lines += _field(name, _list_counts(counts) if counts else "none (no images in subfolders)")
    lines += _channels(survey) + _confounds(survey) + _capacity(survey)
    counted = count_severities([finding.severity for finding in survey.findings])
    lines += ["", f"Clean{f': {counted}' if counted else ''}." if survey.clean else f"Not clean: {counted}."]
    for finding in survey.findings:
        lines += _finding(finding)
    if survey.findings:
        lines += ["", *_field("why", survey.findings[0].why)]
        if not survey.clean:
            lines += _field(
                "to do", survey.findings[0].fix.pytorch
            )  # the advice is the same for every framework
    if suggested is None:
        return "\n".join([*lines, "", "too few images to train: add images, a few hundred or more"])
    return "\n".join([*lines, "", "train with:", f"  {escape(suggested)}"])


def _channels(survey: Survey) -> list[str]:
    transform = survey.transform
    names = ["gray"] if transform.color == "gray" else ["red", "green", "blue"]
    lines = []
    for name, channel in zip(names, survey.channels, strict=True):
        values = f"{channel.low} to {channel.high}, mean {channel.mean:.1f}, standard deviation {channel.deviation:.1f}"
        lines += _field(name, f"{values} (at {transform.size} x {transform.size})")
    return lines


def _confounds(survey: Survey) -> list[str]:
    if not survey.confounds:
        return []
    scores = ", ".join(f"{one.feature} {one.balanced_accuracy:.2f}" for one in survey.confounds)
    constant = survey.confounds[0].majority
    return _field(
        "class from",
        f"{scores} (balanced accuracy of a small decision tree on that feature alone; a constant answer scores {constant:.2f})",
    )


def _capacity(survey: Survey) -> list[str]:
    held_out = round(survey.readable * validation_share(survey.readable))
    train = survey.readable - held_out
    dimensions = latent_dimensions(train)
    return _field(
        "enough for",
        f"{dimensions} latent dimensions ({train} training images, {train / dimensions:.0f} per dimension) and {held_out} validation images",
    )


def _finding(finding: Finding) -> list[str]:
    return wrap(f"{finding.title}: {finding.evidence}", first=f"  {finding.severity} {finding.id}  ")


def _list_counts(counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name} {count}" for name, count in list(counts.items())[:MOST_SHOWN])
    return listed + (f" and {len(counts) - MOST_SHOWN} more" if len(counts) > MOST_SHOWN else "")


def _field(name: str, text: str) -> list[str]:
    return wrap(text, first=f"  {name:<16}")
