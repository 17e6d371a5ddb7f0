"""`latentkit train`."""

from typing import Annotated, Any, Literal

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.training.options import DEFAULTS, names

NETWORK, OBJECTIVE, SCHEDULE = "Images and network", "Objective", "Schedule"


def _option(name: str, help: str, **more: Any) -> Any:
    """An option that is a field of Options: None unless it is named, so that a resumed run keeps its own."""
    default = getattr(DEFAULTS, name)
    return typer.Option(help=help, show_default="none" if default is None else str(default), **more)


def _validation(text: str | None) -> float | str | None:
    try:
        fraction = float(text or "nan")
    except ValueError:
        return text
    if text and not 0 < fraction < 1:
        raise typer.BadParameter(f"{text} is neither a share between 0 and 1 nor a folder")
    return fraction if text else None


def train(
    context: typer.Context,
    out: Annotated[
        str, typer.Option("--output", "-o", metavar="RUN", help="The folder to make for the run.")
    ],
    images: inputs.Images = None,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    precision: Annotated[
        Literal["float32", "bfloat16"] | None,
        _option("precision", "What updates multiply in; bfloat16 pays on GPUs that have units for it."),
    ] = None,
    compile: Annotated[
        bool,
        typer.Option(
            "--compile",
            help="Compile the network first: takes up to a minute or two, and pays in long runs, most of all on GPUs.",
        ),
    ] = False,
    size: Annotated[int | None, _option("size", "Pixels on a side.", min=1)] = None,
    color: Annotated[
        Literal["auto", "rgb", "gray"] | None, _option("color", "auto: gray if every image is.")
    ] = None,
    fit: Annotated[
        Literal["crop", "pad", "stretch"] | None,
        _option("fit", "How an image that is not square becomes so."),
    ] = None,
    arch: Annotated[Literal["conv", "mlp", "resnet"] | None, _option("arch", "The network.")] = None,
    width: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Channels of its first layer (mlp: size of its hidden one).",
            show_default="16, mlp 512",
        ),
    ] = None,
    latent: Annotated[int | None, _option("latent", "Latent dimensions.", min=1)] = None,
    likelihood: Annotated[
        Literal["gaussian", "bernoulli"] | None,
        _option("likelihood", "What a pixel is, given its decoded mean."),
    ] = None,
    sigma: Annotated[
        float | None,
        typer.Option(min=1e-6, help="Fix the Gaussian's sigma.", show_default="calibrated: the error's own"),
    ] = None,
    beta: Annotated[float | None, _option("beta", "Weight of the KL.", min=0)] = None,
    warmup: Annotated[int | None, _option("warmup", "Steps over which beta rises from 0.", min=0)] = None,
    free_bits: Annotated[
        float | None, _option("free_bits", "Nats of KL that a latent dimension has for nothing.", min=0)
    ] = None,
    augment: Annotated[
        Literal["none", "denoise"] | None,
        _option("augment", "denoise: the encoder sees a moved image and must give back the clean one."),
    ] = None,
    epochs: Annotated[int | None, _option("epochs", "At most so many times over the images.", min=1)] = None,
    batch: Annotated[int | None, _option("batch", "Images a step.", min=1)] = None,
    optimizer: Annotated[Literal["adam", "rmsprop"] | None, _option("optimizer", "How to descend.")] = None,
    lr: Annotated[float | None, _option("lr", "Learning rate.", min=0)] = None,
    clip: Annotated[
        float | None, typer.Option(min=1e-9, help="Largest norm of the gradient.", show_default="any")
    ] = None,
    plateau_factor: Annotated[
        float | None,
        _option("plateau_factor", "What the learning rate is multiplied by on a plateau.", min=0, max=1),
    ] = None,
    plateau_patience: Annotated[
        int | None,
        _option("plateau_patience", "Validations without a better one that make a plateau.", min=1),
    ] = None,
    plateau_cooldown: Annotated[
        int | None, _option("plateau_cooldown", "Validations to wait after lowering it.", min=0)
    ] = None,
    min_lr: Annotated[float | None, _option("min_lr", "Never lower it below this.", min=0)] = None,
    patience: Annotated[
        int | None, _option("patience", "Stop after so many validations without a better one.", min=1)
    ] = None,
    validation: Annotated[
        str | None,
        _option(
            "validation",
            "Share to hold out, or a folder of images to validate on.",
            metavar="SHARE|FOLDER",
            callback=_validation,
        ),
    ] = None,
    validate_every: Annotated[
        int | None,
        typer.Option(min=1, metavar="STEPS", help="Validate every so many steps.", show_default="an epoch"),
    ] = None,
    seed: Annotated[int | None, _option("seed", "Of weights, split, order and noise.", min=0)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run where it stopped.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Start again where a run is already.")
    ] = False,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Train a variational auto-encoder on images; prints the run's folder.

    Labels are never used: the names of sub-folders are only kept for `latentkit report`. What is shown
    is the reconstruction error, the KL and R2, on all of the images that were held out. Ctrl-C keeps
    the work; --resume goes on with it.
    """
    from pathlib import Path

    from latentkit.diagnosis import watch
    from latentkit.progress import Training
    from latentkit.training.run import Request, train

    if resume and overwrite:
        raise typer.BadParameter("--resume goes on with a run and --overwrite starts again: name one of them")
    shell.quiet(quiet)
    given = {name: context.params[name] for name in names() if context.params[name] is not None}
    with Training(quiet=quiet) as shown:
        train(
            Request(
                images=inputs.sources(images, files_from, files0_from),
                out=Path(out),
                given=given,
                backend=backend,
                device=device,
                compile=compile,
                resume=resume,
                overwrite=overwrite,
                workers="auto" if workers == "auto" else int(workers),
                cache=not no_cache,
            ),
            shown,
            watch,
        )
    shell.emit(out)
