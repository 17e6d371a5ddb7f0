"""Summarize a run or latents in a few facts."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from latentkit.formats import projections
from latentkit.formats.latents import Latents
from latentkit.formats.run import is_run
from latentkit.run import open_run

__all__ = ["summarize", "to_text"]


def summarize(source: str, load: Callable[[str], Latents]) -> dict[str, Any]:
    """Return the facts of a run folder, or of latents, which `load` reads."""
    path = Path(source)
    return _summarize_run(path) if is_run(path) or path.is_dir() else _summarize_latents(load(source))


def to_text(facts: Mapping[str, Any]) -> str:
    """Format one fact per line as `name: value`; names of nested facts are joined by dots, lists stay on one line."""
    return "\n".join(_lines(facts, ""))


def _summarize_run(path: Path) -> dict[str, Any]:
    run = open_run(path)
    validations = run.history.validations
    return {"run": str(path), **run.record, "last": validations[-1].line if validations else None}


def _summarize_latents(latents: Latents) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "latents": dict(latents.meta),
        "n": len(latents),
        "dims": latents.mu.shape[1],
        "arrays": {
            key: {"shape": list(array.shape), "dtype": str(array.dtype)}
            for key, array in latents.arrays.items()
        },
    }
    for key in ("labels", "split"):
        values = getattr(latents, key)
        if values is not None:
            names, counts = np.unique(values, return_counts=True)
            facts[key] = dict(zip(names.tolist(), counts.tolist(), strict=True))
    if (info := projections.read_info(latents.arrays)) is not None:
        facts["projections"] = info
    return facts


def _lines(facts: Mapping[str, Any], prefix: str) -> list[str]:
    lines = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            lines += _lines(value, f"{prefix}{name}.")
        else:
            lines.append(f"{prefix}{name}: {value if isinstance(value, str) else json.dumps(value)}")
    return lines
