"""`latentkit embed`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs


def embed(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Folder of a trained run.")],
    images: inputs.Images = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|-", help="Where to write the latents.")
    ] = "-",
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    folders: inputs.Folders = "auto",
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    labels: Annotated[
        str | None,
        typer.Option(metavar="CSV", help="Labels: lines of id,label or one label per row."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Batch size.")] = 256,
    thumbnails: Annotated[
        int | None, typer.Option(min=1, metavar="PIXELS", help="Include thumbnails of this size.")
    ] = None,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Embed images with a trained run.

    Write latents as .npz: for each image mu and logvar of its posterior (never a sample), the reconstruction error
    (mse), label, content digest, whether the run was trained or validated on it (split), and the PCA of its pixels as
    a baseline.
    """
    from pathlib import Path

    from latentkit import embedding, progress

    shell.quiet(quiet)
    inputs.check_order("embed", run, *(images or []))
    request = embedding.EmbedRequest(
        Path(run),
        inputs.sources(images, files_from, files0_from, folders),
        backend=backend,
        device=device,
        labels=labels,
        batch=batch,
        thumbnails=thumbnails,
        workers="auto" if workers == "auto" else int(workers),
        cache=not no_cache,
    )
    with shell.open_output(output) as stream, progress.Counter("embedding", quiet=quiet) as counter:
        embedding.embed(
            request, stream, progress=counter, report_skipped=progress.report_skipped, tell=shell.say
        )
