"""What a run or a file of latents holds, in a few facts."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from latentkit.formats import projections
from latentkit.formats.history import read_history
from latentkit.formats.latents import Latents
from latentkit.formats.run import is_run, read_record

__all__ = ["in_words", "of"]


def of(source: str, load: Callable[[str], Latents]) -> dict[str, Any]:
    """The facts of a run's folder, or of latents, which `load` reads."""
    path = Path(source)
    return _of_run(path) if is_run(path) or path.is_dir() else _of_latents(load(source))


def _of_run(path: Path) -> dict[str, Any]:
    record = read_record(path)
    validations = read_history(path / "history.jsonl").validations
    return {"run": str(path), **record, "last": validations[-1].line if validations else None}


def _of_latents(latents: Latents) -> dict[str, Any]:
    arrays = {
        key: {"shape": list(array.shape), "dtype": str(array.dtype)} for key, array in latents.arrays.items()
    }
    facts: dict[str, Any] = {
        "latents": dict(latents.meta),
        "n": len(latents),
        "dims": latents.mu.shape[1],
        "arrays": arrays,
    }
    for key in ("labels", "split"):
        column = getattr(latents, key)
        if column is not None:
            names, counts = np.unique(column, return_counts=True)
            facts[key] = dict(zip(names.tolist(), counts.tolist(), strict=True))
    if (info := projections.read_info(latents.arrays)) is not None:
        facts["projections"] = info
    return facts


def in_words(facts: Mapping[str, Any]) -> str:
    """One fact a line, `name: value`, names of nested facts joined by dots; lists stay on their line."""
    return "\n".join(_lines(facts, ""))


def _lines(facts: Mapping[str, Any], above: str) -> list[str]:
    lines = []
    for name, value in facts.items():
        place = f"{above}{name}"
        if isinstance(value, Mapping):
            lines += _lines(value, f"{place}.")
        else:
            lines.append(f"{place}: {value if isinstance(value, str) else json.dumps(value)}")
    return lines
