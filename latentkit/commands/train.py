"""`latentkit train`."""

import shlex
from typing import Annotated, Any

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.fields import with_options


def _options() -> type:
    from latentkit.training.options import Options

    return Options


@with_options(_options, only_named=True)  # so that a resumed run keeps the options that are not named
def train(
    out: Annotated[str, typer.Option("--output", "-o", metavar="RUN", help="Folder of the run.")],
    images: inputs.Images = None,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    folders: inputs.Folders = "auto",
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    compile: Annotated[
        bool, typer.Option("--compile", help="Compile the network first; pays off in long runs.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run, if there is one.")] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Do not draw curves.png and reconstructions.png.")
    ] = False,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
    **options: Any,
) -> None:
    """Train a VAE on images.

    Writes a run folder, with curves.png and reconstructions.png, and prints its path. Labels are never used: the names
    of sub-folders are only saved for `latentkit report`. Progress shows metrics of the validation images. Lower loss is better, and the loss of a Gaussian
    likelihood may be negative. Bits per dimension (bits/dim) can be compared between runs and image sizes. After
    Ctrl-C, --resume continues the run.
    """
    from pathlib import Path

    from latentkit.analysis.pictures import draw_run
    from latentkit.diagnosis import watch
    from latentkit.launch import rank
    from latentkit.progress import TrainingProgress
    from latentkit.training.train import TrainRequest, train

    if resume and overwrite:
        raise typer.BadParameter("--resume and --overwrite cannot be used together")
    shell.quiet(quiet)
    request = TrainRequest(
        images=inputs.sources(images, files_from, files0_from, folders),
        out=Path(out),
        options={name: value for name, value in options.items() if value is not None},
        backend=backend,
        device=device,
        compile=compile,
        resume=resume,
        overwrite=overwrite,
        workers="auto" if workers == "auto" else int(workers),
        cache=not no_cache,
    )
    with TrainingProgress(quiet=quiet) as progress:
        train(request, progress, watch)
    if rank() == 0 and not no_pictures:
        failure = draw_run(request)
        if failure is not None:
            shell.say(f"warning: the pictures of the run could not be drawn: {failure}")
    if rank() == 0:
        named = inputs.quoted(images, files_from, files0_from)
        shell.say(f"next: latentkit embed {shlex.quote(out)} {named} | latentkit report")
    shell.emit(out)
