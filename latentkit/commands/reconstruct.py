"""`latentkit reconstruct`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def reconstruct(
    folder: drawing.RunFolder,
    images: inputs.Images = None,
    output: drawing.Output = "-",
    n: drawing.Count = 16,
    worst: Annotated[bool, typer.Option("--worst", help="Show the images with the largest errors.")] = False,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Draw images above their reconstructions.

    Each reconstruction is decoded from the mean of the posterior; its mse is that of `latentkit embed`. The images are evenly
    spaced, or those with the largest errors. An animation alternates between the images and their reconstructions.

    Examples:

        latentkit reconstruct run photos -o reconstructed.png

        latentkit reconstruct run photos --worst -n 32 -o worst.png
    """
    from latentkit import decoding, progress

    shell.quiet(quiet)
    inputs.check_order("reconstruct", folder, *(images or []))
    format = drawing.format_of(output)
    sources = inputs.sources(images, files_from, files0_from)
    with shell.open_output(output) as stream, progress.Counter("reconstructing", quiet=quiet) as counter:
        run = drawing.open_run(folder, backend, device)
        if warning := run.color_warning(sources):
            shell.say(f"warning: {warning}")
        reconstructions = decoding.reconstruct(
            run,
            sources,
            n,
            worst=worst,
            workers="auto" if workers == "auto" else int(workers),
            cache=not no_cache,
            progress=counter,
            report_skipped=progress.report_skipped,
        )
        drawing.write(reconstructions, stream, format, theme, width)
