"""Convert a latentkit run to `Facts`: its record, its history, and the split of its images."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from latentkit.diagnosis.facts import Facts, HistoryRow, PosteriorStatistics, Split
from latentkit.errors import FormatError
from latentkit.formats.history import History, Validation
from latentkit.formats.run import RunImages
from latentkit.run import Run

__all__ = ["facts_of", "from_run", "split_of"]


def from_run(run: Run) -> Facts:
    """Convert a run. Raises FormatError if its record or history is corrupt."""
    images = run.images if (run.path / "images.npz").is_file() else None
    return replace(facts_of(str(run.path), run.record, run.history, images), run=str(run.path))


def facts_of(name: str, record: Mapping[str, Any], history: History, images: RunImages | None) -> Facts:
    """Convert the parts of a run. Raises FormatError if the record lacks a required field."""
    rows = tuple(_row(validation) for validation in history.validations)
    try:
        architecture, options = record["architecture"], record["options"]
        kl_per_dim = (record.get("validation") or {}).get("kl_per_dim")
        return Facts(
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
            lr=float(options["lr"]) if "lr" in options else None,
            latent=int(architecture["latent"]),
            split=None if images is None else split_of(images),
            posterior=PosteriorStatistics(np.array(kl_per_dim, np.float64)) if kl_per_dim else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{name}/run.json is corrupt ({error!r}); restore it from a copy") from error


def _row(validation: Validation) -> HistoryRow:
    place = f"epoch {validation.epoch} (step {validation.step})"
    return HistoryRow(place, validation.train, validation.validation, validation.beta)


def split_of(images: RunImages) -> Split:
    """Count the training and validation images of a run."""
    held_out = images.split == "validation"
    classes = [
        Counter(label for label in images.labels[side].tolist() if label) for side in (~held_out, held_out)
    ]
    shared = np.intersect1d(images.digest[held_out], images.digest[~held_out])
    return Split(int((~held_out).sum()), int(held_out.sum()), len(shared), *classes)
