"""What a run was asked for: one flat record, whose fields are the options of `latentkit train`.

It imports nothing heavy, because `latentkit train --help` shows its defaults.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from typing import Any

from latentkit.errors import TrainingError

__all__ = ["DEFAULTS", "RESUMABLE", "Options", "names", "resolve", "resume"]

RESUMABLE = frozenset({"epochs", "precision"})
"""What --resume may change."""


@dataclass(frozen=True)
class Options:
    """Each field is an option of the command; None means that the option has no value."""

    size: int = 64
    color: str = "auto"
    fit: str = "crop"
    arch: str = "conv"
    width: int | None = None
    latent: int = 128
    likelihood: str = "gaussian"
    sigma: float | None = None
    beta: float = 1.0
    warmup: int = 0
    free_bits: float = 0.0
    augment: str = "none"
    epochs: int = 50
    batch: int = 64
    optimizer: str = "adam"
    lr: float = 1e-3
    clip: float | None = None
    precision: str = "float32"
    plateau_factor: float = 0.5
    plateau_patience: int = 4
    plateau_cooldown: int = 1
    min_lr: float = 1e-4
    patience: int = 10
    validation: float | str = 0.1
    """A share to hold out, or a folder."""
    validate_every: int | None = None
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """What run.json stores."""
        return asdict(self)


DEFAULTS = Options()


def names() -> list[str]:
    """Of every option."""
    return [field.name for field in fields(Options)]


def resolve(given: Mapping[str, Any]) -> Options:
    """The defaults with what was given in their place; raises TrainingError naming an option that cannot be."""
    options = replace(DEFAULTS, **given)
    for name, value in given.items():
        if isinstance(value, float) and not isfinite(value):
            raise TrainingError(f"{_option(name)} is {value}; give it a finite number")
    if "min_lr" not in given:
        options = replace(options, min_lr=min(options.min_lr, options.lr))
    if options.sigma is not None and options.likelihood != "gaussian":
        raise TrainingError(
            "--sigma is of the Gaussian likelihood; leave it out, or use --likelihood gaussian"
        )
    if options.min_lr > options.lr:
        raise TrainingError(f"--min-lr {options.min_lr:g} is above --lr {options.lr:g}; lower it")
    return options


def resume(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Options:
    """The options of a run, with what was given where a resumed run may differ; raises TrainingError by name."""
    options = Options(**{name: stored[name] for name in names() if name in stored})
    for name, value in given.items():
        before = getattr(options, name)
        if value != before and name not in RESUMABLE:
            option = _option(name)
            raise TrainingError(
                f"{option} is {before} in the run and {value} now; a run goes on as it began: leave {option} out, or start another run"
            )
    return replace(options, **{name: value for name, value in given.items() if name in RESUMABLE})


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
