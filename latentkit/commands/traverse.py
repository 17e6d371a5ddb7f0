"""`latentkit traverse`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def traverse(
    run: drawing.RunFolder,
    output: drawing.Output = "-",
    image: Annotated[
        str | None,
        typer.Option(
            metavar="IMAGE", help="Start from this image (a file, X.npy:12, X.npz:key:12) instead of z = 0."
        ),
    ] = None,
    dims: Annotated[
        str,
        typer.Option(metavar="topN|I,J,...", help="Those that carry most by the run's validation, or these."),
    ] = "top8",
    reach: Annotated[
        float, typer.Option("--range", help="How far to either side, in standard deviations of the prior.")
    ] = 3.0,
    steps: Annotated[
        int | None,
        typer.Option(min=2, max=500, help="Values.  [default: 7; 25 in an animation]", show_default=False),
    ] = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw what each dimension of the latent space means: one at a time from end to end, the others still.

    A row whose images are all alike is a dimension that the run does not use; its KL, in nats, is near 0.
    From z = 0 the first layer of a convolutional decoder divides size away, so little but the sign of a
    value is seen: start from an image to see degrees.

    Examples:

        latentkit traverse run -o traversal.png

        latentkit traverse run --image photos/cat.png --dims 0,3,7 -o traversal.gif
    """
    from latentkit import decoding

    format = drawing.format_of(output)
    steps = steps or (25 if format in drawing.ANIMATED else 7)
    with shell.open_output(output) as stream:
        opened = drawing.open_run(run, backend, device)
        start = None if image is None else decoding.one_image(opened, image)
        made = decoding.traverse(opened, dims, start=start, reach=reach, steps=steps)
        drawing.write(made, stream, format, theme, width)
