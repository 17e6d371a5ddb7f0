"""`latentkit traverse`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def traverse(
    folder: drawing.RunFolder,
    output: drawing.Output = "-",
    image: Annotated[
        str | None,
        typer.Option(metavar="IMAGE", help="Start from this image: a file or X.npy:12."),
    ] = None,
    zero: Annotated[bool, typer.Option("--zero", help="Start from z = 0, the mean of the prior.")] = False,
    dims: Annotated[
        str,
        typer.Option(metavar="topN|I,J,...", help="Dimensions: the N of highest KL, or by number."),
    ] = "top8",
    reach: Annotated[
        float, typer.Option("--range", help="Range to either side, in prior standard deviations.")
    ] = 3.0,
    steps: Annotated[
        int | None,
        typer.Option(
            min=2, max=500, help="Number of values.  [default: 7; 25 if animated]", show_default=False
        ),
    ] = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw what each latent dimension encodes.

    One dimension at a time goes from one end to the other, with the others fixed. A row of equal images is a dimension that
    the run does not use; its KL, in nats, is near 0. The others keep their values in the most typical held-out image, or in
    the one that --image names. A run of an older version keeps no such image, and starts from z = 0. That is far from every
    image, and a decoder may show little but the sign of a value there.

    Examples:

        latentkit traverse run -o traversal.png

        latentkit traverse run --image photos/cat.png --dims 0,3,7 -o traversal.gif
    """
    from latentkit import decoding

    inputs.check_order("traverse", folder, output, option="-o")
    if zero and image is not None:
        raise typer.BadParameter("--zero cannot be used with --image", param_hint="--zero")
    format = drawing.format_of(output)
    steps = steps or (25 if format in drawing.ANIMATED else 7)
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        start = None if zero else decoding.typical_image(run)
        if image is not None:
            start = decoding.encode_image(run, image)
        traversal = decoding.traverse(run, dims, start=start, reach=reach, steps=steps)
        drawing.write(traversal, stream, format, theme, width)
