"""Conditions of `--require` that a report must meet, so that a script can stop if it does not.

A condition is `separated`, `visible`, or NAME OP NUMBER such as 'knn15>=0.9'; a name is one of SHORT or LEAST, or the
path of a number in the JSON, such as 'latent.active_units>=8'. Nothing is evaluated.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from latentkit.errors import SeparationError
from latentkit.separation.options import Thresholds
from latentkit.separation.report.health import Health
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.separation.separable.tightness import INDICES
from latentkit.separation.visible.structure import Structure

__all__ = ["Condition", "find_unmet", "parse"]

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
SHORT = {
    **{one.key: f"scores.{one.key}.value" for one in CLASSIFIERS},
    "ari": "clustering.kmeans.ari",
    "active_units": "latent.active_units",
}
"""Names that stand for a path in the JSON."""
LEAST = {"min_pair_auc": "auc", "min_pair_auc_low": "auc_low"}
"""Names that stand for the least value over all pairs."""
NUMBERS = ("n", "dims", "unlabelled", "scored_on", *(one.key for one in INDICES), "seed")
"""Numbers of the JSON that are not part of an object."""
OBJECTS: dict[str, tuple[str, ...] | None] = {
    "scores": tuple(one.key for one in CLASSIFIERS),
    "latent": tuple(each.name for each in fields(Health)),
    "structure": tuple(each.name for each in fields(Structure)),
    "thresholds": tuple(each.name for each in fields(Thresholds)),
    "clustering": None,
    "silhouette": None,
    "cross_validation": None,
    "classes": None,
}
"""Objects of the JSON that hold numbers, and their keys; None: any."""
VERDICTS = {"separated": "separable", "visible": "visible"}


class Condition(NamedTuple):
    """One parsed condition; name is None for the words `separated` and `visible`."""

    text: str
    name: str | None = None
    sign: str = ""
    number: float = 0.0


def parse(text: str) -> Condition:
    """Parse a condition; raise SeparationError, which says what is possible, if it is none."""
    text = text.strip()
    if text in VERDICTS:
        return Condition(text)
    match = re.fullmatch(
        r"([a-z_]\w*(?:\.\w+)*)\s*(>=|<=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", text
    )
    if match is None:
        raise SeparationError(
            f"{text!r} is not a condition: use separated, visible, or a comparison such as 'knn15>=0.9' of "
            f"{', '.join([*SHORT, *LEAST])} or the path of a number in the JSON."
        )
    if not is_known(match[1]):
        raise SeparationError(
            f"{text!r}: {match[1]!r} is unknown: use {', '.join([*SHORT, *LEAST])}, or the path of a number in the JSON: "
            f"{', '.join(NUMBERS)}, or one in {', '.join(OBJECTS)}, such as latent.effective_rank."
        )
    return Condition(text, match[1], match[2], float(match[3]))


def is_known(name: str) -> bool:
    """Return whether a report can have a number of that name, as far as that is known without one."""
    if name in SHORT or name in LEAST or name in NUMBERS:
        return True
    head, *rest = name.split(".")
    keys = OBJECTS.get(head, ())
    return bool(rest) and (keys is None or rest[0] in keys)


def find_unmet(report: Mapping[str, Any], conditions: Sequence[Condition]) -> str | None:
    """Return one line that names every unmet condition and the actual value; None if all are met.

    report is the JSON object. Raises SeparationError for a name that the report does not have.
    """
    unmet = [text for condition in conditions if (text := _unmet(report, condition)) is not None]
    return "requirements not met: " + "; ".join(unmet) if unmet else None


def _unmet(report: Mapping[str, Any], condition: Condition) -> str | None:
    if condition.name is None:
        verdict = report["verdict"][VERDICTS[condition.text]]
        return None if verdict in ("separated", "yes") else f"{condition.text} (the verdict is: {verdict})"
    value = find_number(report, condition.name)
    if value is None:
        return f"{condition.text} ({condition.name} is unknown)"
    met = OPERATORS[condition.sign](value, condition.number)
    return None if met else f"{condition.text} ({condition.name} is {value:.4g})"


def find_number(report: Mapping[str, Any], name: str) -> float | None:
    """Return the number that a condition names; None if it is null in the report."""
    if name in LEAST:
        values = [pair[LEAST[name]] for pair in report["pairs"]]
        return None if not values or None in values else float(min(values))
    value: Any = report
    for key in SHORT.get(name, name).split("."):
        if value is None:
            return None
        if not isinstance(value, Mapping) or key not in value:
            raise SeparationError(
                f"--require {name!r}: the report has no number of that name; run `report --json` to see all names."
            )
        value = value[key]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SeparationError(
            f"--require {name!r}: this is not a number in the report; run `report --json` to see all names."
        )
    return value
