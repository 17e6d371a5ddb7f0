"""Summarize a run or latents in a few facts."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from latentkit.formats import projections
from latentkit.formats.latents import Latents
from latentkit.formats.run import is_run
from latentkit.run import open_run
from latentkit.text import shorten, wrap

__all__ = ["summarize", "to_text"]

COLUMNS = 80
MAX_PARTS = 24
"""Nested facts that are shown, such as the sizes of classes."""
COMPLETE = ("options", "validation", "last")
REPEATED = ("objective", "seed", "training")
"""Facts of a run that are among its options, and the options of the run that made latents."""
LONGEST = 40
"""Characters of a text, such as a digest."""


def summarize(source: str, load: Callable[[str], Latents]) -> dict[str, Any]:
    """Return the facts of a run folder, or of latents, which `load` reads."""
    path = Path(source)
    return _summarize_run(path) if is_run(path) or path.is_dir() else _summarize_latents(load(source))


def to_text(facts: Mapping[str, Any]) -> str:
    """Format the facts for one screen: a line per fact, nested facts in a row. Lists and arrays are only in the JSON."""
    lines = []
    for name, value in facts.items():
        if name in REPEATED or value is None:
            continue
        text = _text(name, value)
        lines += (
            [f"{name}: {text}"] if isinstance(value, str) else wrap(f"{name}: {text}", COLUMNS, rest="  ")
        )
    return "\n".join(lines)


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


def _text(name: str, value: Any) -> str:
    if name == "arrays":
        return f"{', '.join(map(str, value))} (shapes: --json)"
    if name == "projections":
        return "; ".join(_projections(value))
    if not isinstance(value, Mapping):
        return _number(value)
    parts = list(_parts(value))
    limit = len(parts) if name in COMPLETE else MAX_PARTS
    more = [f"and {len(parts) - limit} more (--json)"] if len(parts) > limit else []
    return ", ".join([*parts[:limit], *more])


def _parts(facts: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield each fact that has a value and is not a list, as `name value`; names of nested facts are joined by dots."""
    for name, value in facts.items():
        if name in REPEATED:
            continue
        if isinstance(value, Mapping):
            yield from _parts(value, f"{prefix}{name}.")
        elif value is not None and not isinstance(value, list):
            yield f"{prefix}{name} {_number(value)}"


def _projections(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield the method, dimensions and fidelity of each projection, in a few words."""
    methods = info.get("methods")
    for method, recorded in (methods if isinstance(methods, Mapping) else {}).items():
        facts = recorded if isinstance(recorded, Mapping) else {}
        quality = projections.grade(facts)
        words = [
            *([f"{facts['dims']} dimensions"] if "dims" in facts else []),
            *(["latest"] if method == info.get("latest") else []),
            *([f"neighborhoods preserved {quality.partition(':')[0]}"] if quality else []),
        ]
        yield f"{method} ({', '.join(words)})" if words else str(method)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return shorten(value, LONGEST) if isinstance(value, str) else json.dumps(value)
