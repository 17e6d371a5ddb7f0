"""Read and write analysis.json, which records what each step of `latentkit analyze` was made from.

    schema   "latentkit.analysis/1"
    steps    {name: {state: started | done | left out, inputs: {name: JSON}, after: {step: token}, made: text | null,
             note: text}}

A step whose inputs are unchanged and whose state is not "started" need not be done again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from latentkit.errors import FormatError
from latentkit.formats.atomic import replace_file

__all__ = ["NAME", "StepRecord", "read_steps", "write_steps"]

NAME = "analysis.json"
SCHEMA = "latentkit.analysis/1"
STATES = ("started", "done", "left out")


@dataclass(frozen=True)
class StepRecord:
    """A step and what it was made from."""

    state: str
    inputs: Mapping[str, Any]
    """Its own inputs, such as options and the digest of the images."""
    after: Mapping[str, str] = field(default_factory=dict)
    """The token of each step whose result it uses."""
    made: str | None = None
    """A digest of its result, if the result can change by other means than this step."""
    note: str = ""
    """Message of the step when it ended."""

    @property
    def token(self) -> str:
        """A digest that changes whenever the result may have changed."""
        text = json.dumps([self.inputs, self.after, self.made], sort_keys=True)
        return blake2b(text.encode(), digest_size=16).hexdigest()


def read_steps(folder: Path) -> dict[str, StepRecord]:
    """Return the steps by name, none if the file is missing; raise FormatError if it is corrupt."""
    file = folder / NAME
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        schema = str(stored["schema"])
        steps = {str(name): _step(values) for name, values in stored["steps"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FormatError(f"{file} is corrupt; delete it, or name a new folder with -o") from None
    if schema != SCHEMA:
        raise FormatError(f"{file} has schema {schema!r}, but this latentkit reads {SCHEMA!r}")
    return steps


def write_steps(folder: Path, steps: Mapping[str, StepRecord]) -> None:
    """Replace the file atomically."""
    content = {"schema": SCHEMA, "steps": {name: asdict(step) for name, step in steps.items()}}
    with replace_file(folder / NAME) as file:
        file.write(f"{json.dumps(content, indent=2)}\n".encode())


def _step(values: Mapping[str, Any]) -> StepRecord:
    step = StepRecord(**values)
    if (
        step.state not in STATES
        or not isinstance(step.inputs, dict)
        or not isinstance(step.after, dict)
        or not isinstance(step.note, str)
    ):
        raise ValueError
    return step
