"""`latentkit average`."""

from enum import StrEnum
from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


class By(StrEnum):
    labels = "labels"
    clusters = "clusters"


def average(
    folder: drawing.RunFolder,
    latents: drawing.LatentsFile = "-",
    output: drawing.Output = "-",
    by: Annotated[
        By | None,
        typer.Option(help="Source of the classes.  [default: labels, else clusters]", show_default=False),
    ] = None,
    labels: inputs.Labels = None,
    nearest: Annotated[int, typer.Option(min=0, max=100, help="Number of nearest images for each mean.")] = 6,
    images: Annotated[
        str | None,
        typer.Option(
            metavar="ROOT",
            help="The embedded images.  [default: thumbnails in the latents]",
            show_default=False,
        ),
    ] = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    quiet: inputs.Quiet = False,
) -> None:
    """Draw the decoded mean of each class.

    Beside the mean of a class are the images nearest to it in the latent space, of any class. They come from --images, or from
    thumbnails in the latents (`latentkit embed --thumbnails 32`).

    Examples:

        latentkit average run z.npz --images photos -o means.png

        latentkit embed run photos --thumbnails 32 | latentkit cluster | latentkit average run -o means.png
    """
    from latentkit import decoding

    shell.quiet(quiet)
    inputs.check_order("average", folder, latents)
    format = drawing.format_of(output)
    sources = None if images is None else inputs.sources([images], None, None)
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        data = drawing.load_latents_of(run, latents, labels)
        averages = decoding.average(
            run, data, by=by and by.value, nearest=nearest, sources=sources, tell=shell.say
        )
        drawing.write(averages, stream, format, theme, width)
