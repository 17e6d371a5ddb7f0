"""`--require`: conditions that a report must meet, so that a script can stop on them.

A condition is `separated`, `visible`, or NAME OP NUMBER as in 'knn15>=0.9'; a name is one of SHORT or the
path of a number in the JSON, as in 'latent.active_units>=8'. Nothing is evaluated.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from latentkit.errors import SeparationError

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
SHORT = {
    "knn15": "scores.knn15.value",
    "probe": "scores.probe.value",
    "ari": "clustering.kmeans.ari",
    "active_units": "latent.active_units",
}
LEAST = {"min_pair_auc": "auc", "min_pair_auc_low": "auc_low"}


class Condition(NamedTuple):
    """One parsed condition; name is None for the words `separated` and `visible`."""

    text: str
    name: str | None = None
    sign: str = ""
    number: float = 0.0


def parse(text: str) -> Condition:
    """Parse a condition or raise SeparationError saying what may stand there."""
    text = text.strip()
    if text in ("separated", "visible"):
        return Condition(text)
    match = re.fullmatch(
        r"([a-z_]\w*(?:\.\w+)*)\s*(>=|<=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", text
    )
    if match is None:
        raise SeparationError(
            f"{text!r} is no condition: give separated, visible, or one like 'knn15>=0.9' with "
            f"{', '.join([*SHORT, *LEAST])} or a number's path in the JSON."
        )
    return Condition(text, match[1], match[2], float(match[3]))


def unmet(report: Mapping[str, Any], conditions: Sequence[Condition]) -> str | None:
    """One line naming every condition that does not hold and what is so instead; None when all hold.

    report is the JSON object. Raises SeparationError for a name that the report does not have.
    """
    failed = [told for condition in conditions if (told := _told(report, condition)) is not None]
    return "required, but not so: " + "; ".join(failed) if failed else None


def _told(report: Mapping[str, Any], condition: Condition) -> str | None:
    if condition.name is None:
        is_so = report["verdict"]["separable" if condition.text == "separated" else "visible"]
        return None if is_so in ("separated", "yes") else f"{condition.text} (the verdict is: {is_so})"
    value = figure(report, condition.name)
    if value is None:
        return f"{condition.text} ({condition.name} is unknown)"
    holds = OPERATORS[condition.sign](value, condition.number)
    return None if holds else f"{condition.text} ({condition.name} is {value:.4g})"


def figure(report: Mapping[str, Any], name: str) -> float | None:
    """The number a condition speaks of; None where the report says null."""
    if name in LEAST:
        values = [pair[LEAST[name]] for pair in report["pairs"]]
        return None if not values or None in values else float(min(values))
    value: Any = report
    for key in SHORT.get(name, name).split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping) or key not in value:
            raise SeparationError(
                f"--require {name!r}: a report has no number of that name (see `report --json`)."
            )
        value = value[key]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SeparationError(f"--require {name!r}: that is no number in a report (see `report --json`).")
    return value
