"""A latentkit run as quantities: its record, its history, and the images it was divided into."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from latentkit.diagnosis.quantities import Posterior, Quantities, Row, Split
from latentkit.errors import FormatError
from latentkit.formats.run import RunImages

__all__ = ["from_run", "split"]


def from_run(
    name: str, record: Mapping[str, Any], history: Iterable[Mapping[str, Any]], images: RunImages | None
) -> Quantities:
    """What a run says of itself; FormatError where run.json lacks what every run has."""
    try:
        architecture, options = record["architecture"], record["options"]
        rows = tuple(_row(line) for line in history if "validation" in line)
        per_dim = (record.get("validation") or {}).get("kl_per_dim")
        return Quantities(
            source=f"{name}: a latentkit run, {record['state']}, {len(rows)} validations",
            rows=rows,
            exact=True,
            finished=record["state"] in ("done", "stopped"),
            stopped=record["state"] == "stopped",
            pixels=math.prod(int(side) for side in architecture["image"]),
            unit_range=True,
            batch_norm=False,
            likelihood=str(options["likelihood"]),
            beta=float(options["beta"]),
            latent=int(architecture["latent"]),
            split=None if images is None else split(images),
            posterior=Posterior(np.array(per_dim, np.float64)) if per_dim else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            f"{name}: run.json or history.jsonl is not as a run has it ({error!r}); restore it"
        ) from error


def _row(line: Mapping[str, Any]) -> Row:
    place = f"epoch {line['epoch']} (step {line['step']})"
    return Row(place, _figures(line["train"]), _figures(line["validation"]), float(line["beta"]))


def _figures(side: Mapping[str, Any]) -> dict[str, float]:
    """What is null was not finite or not to be had, and is absent here."""
    return {key: float(value) for key, value in side.items() if value is not None}


def split(images: RunImages) -> Split:
    """How the images of a run were divided."""
    held_out = images.split == "validation"
    classes = [
        Counter(label for label in images.labels[side].tolist() if label) for side in (~held_out, held_out)
    ]
    shared = np.intersect1d(images.digest[held_out], images.digest[~held_out])
    return Split(int((~held_out).sum()), int(held_out.sum()), len(shared), *classes)
