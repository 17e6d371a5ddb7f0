"""The options of a training run: one flat record, whose fields are the options of `latentkit train`.

A new option is a field here and its use. Nothing heavy is imported, because `latentkit train --help` shows them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from typing import Any, Literal

from latentkit.choices import Arch, Augment, Fit, Likelihood, Optimizer, Precision
from latentkit.errors import TrainingError
from latentkit.fields import option

__all__ = ["DEFAULTS", "RESUMABLE", "Options", "names", "resolve", "resume"]

RESUMABLE = frozenset({"epochs", "precision"})
"""The options that --resume may change."""

IMAGES, NETWORK, OBJECTIVE, SCHEDULE = "Images", "Network", "Objective", "Schedule"


def fraction_or_folder(text: str) -> float | str:
    """Return a fraction between 0 and 1 as a number, and anything that is not a number as it is."""
    try:
        fraction = float(text)
    except ValueError:
        return text
    if not 0 < fraction < 1:
        raise ValueError(f"{text} is neither a fraction between 0 and 1 nor a folder")
    return fraction


@dataclass(frozen=True)
class Options:
    """Each field is an option of the command; None means that the option has no value."""

    size: int = option(64, "Side of the images, in pixels.", group=IMAGES, minimum=1, metavar="PIXELS")
    color: Literal["auto", "rgb", "gray"] = option(
        "auto", "Color mode; auto is gray if every image is gray.", group=IMAGES
    )
    fit: Fit = option("crop", "How to make an image square.", group=IMAGES)
    arch: Arch = option("conv", "Network architecture.", group=NETWORK)
    width: int | None = option(
        None,
        "Channels of the first layer (mlp: hidden units).",
        group=NETWORK,
        minimum=1,
        metavar="CHANNELS",
        default_text="16, mlp 512",
    )
    latent: int = option(128, "Latent dimensions.", group=NETWORK, minimum=1)
    likelihood: Likelihood = option("gaussian", "Pixel likelihood.", group=OBJECTIVE)
    sigma: float | None = option(
        None,
        "Fixed standard deviation of the Gaussian likelihood.",
        group=OBJECTIVE,
        minimum=1e-6,
        default_text="calibrated to the error",
    )
    beta: float = option(1.0, "Weight of the KL divergence.", group=OBJECTIVE, minimum=0)
    warmup: int = option(
        0, "Steps over which beta rises from 0.", group=OBJECTIVE, minimum=0, metavar="STEPS"
    )
    free_bits: float = option(
        0.0, "KL per dimension, in nats, that is not penalized.", group=OBJECTIVE, minimum=0, metavar="NATS"
    )
    augment: Augment = option(
        "none", "denoise: reconstruct each image from a shifted, rotated copy.", group=IMAGES
    )
    epochs: int = option(50, "Maximum number of epochs.", group=SCHEDULE, minimum=1)
    batch: int = option(64, "Batch size.", group=SCHEDULE, minimum=1, metavar="IMAGES")
    optimizer: Optimizer = option("adam", "Optimizer.", group=SCHEDULE)
    lr: float = option(1e-3, "Learning rate.", group=SCHEDULE, minimum=0)
    clip: float | None = option(
        None, "Maximum norm of the gradient.", group=SCHEDULE, minimum=1e-9, default_text="no limit"
    )
    precision: Precision = option("float32", "Arithmetic of the updates; bfloat16 is faster on recent GPUs.")
    plateau_factor: float = option(
        0.5, "Factor applied to the learning rate on a plateau.", group=SCHEDULE, minimum=0, maximum=1
    )
    plateau_patience: int = option(
        4, "Validations without improvement that make a plateau.", group=SCHEDULE, minimum=1
    )
    plateau_cooldown: int = option(
        1, "Validations to wait after lowering the learning rate.", group=SCHEDULE, minimum=0
    )
    min_lr: float = option(1e-4, "Minimum learning rate.", group=SCHEDULE, minimum=0)
    patience: int = option(
        10, "Validations without improvement before stopping early.", group=SCHEDULE, minimum=1
    )
    validation: float | str = option(
        0.1,
        "Fraction to hold out, or a folder of validation images.",
        group=IMAGES,
        metavar="FRACTION|FOLDER",
        parse=fraction_or_folder,
    )
    validate_every: int | None = option(
        None,
        "Steps between validations.",
        group=SCHEDULE,
        minimum=1,
        metavar="STEPS",
        default_text="one epoch",
    )
    seed: int = option(0, "Random seed.", minimum=0)

    def to_json(self) -> dict[str, Any]:
        """Return what run.json stores."""
        return asdict(self)


DEFAULTS = Options()


def names() -> list[str]:
    """Return the name of every option."""
    return [field.name for field in fields(Options)]


def resolve(given: Mapping[str, Any]) -> Options:
    """Return the options of a new run; raises TrainingError naming an option with an impossible value."""
    options = replace(DEFAULTS, **given)
    for name, value in given.items():
        if isinstance(value, float) and not isfinite(value):
            raise TrainingError(f"{_flag(name)} is {value}; it must be a finite number")
    if "min_lr" not in given:
        options = replace(options, min_lr=min(options.min_lr, options.lr))
    if options.sigma is not None and options.likelihood != "gaussian":
        raise TrainingError(
            "--sigma requires the Gaussian likelihood; leave it out, or use --likelihood gaussian"
        )
    if options.min_lr > options.lr:
        raise TrainingError(f"--min-lr {options.min_lr:g} is above --lr {options.lr:g}; lower it")
    return options


def resume(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Options:
    """Return the options of a run that is resumed; raises TrainingError naming an option that cannot be changed."""
    options = Options(**{name: stored[name] for name in names() if name in stored})
    for name, value in given.items():
        before = getattr(options, name)
        if value != before and name not in RESUMABLE:
            flag = _flag(name)
            raise TrainingError(
                f"{flag} is {before} in the run and {value} on the command line, and cannot change when a run is resumed; "
                f"leave {flag} out, or start another run"
            )
    return replace(options, **{name: value for name, value in given.items() if name in RESUMABLE})


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
