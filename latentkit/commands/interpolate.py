"""`latentkit interpolate`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def interpolate(
    folder: drawing.RunFolder,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C D]", help="Two or four images: files or rows (X.npy:12, X.npz:key:12)."
        ),
    ],
    output: drawing.Output = "-",
    steps: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=500,
            help="Steps per side, ends included.  [default: 9; 25 if animated]",
            show_default=False,
        ),
    ] = None,
    slerp: Annotated[
        bool,
        typer.Option("--slerp", help="Follow arcs, on which samples stay typical."),
    ] = False,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw the images between two or four images.

    Two images become the ends of a strip, and four the corners of a square. An animation goes from one image to the other and
    back, or around the edge of the square.

    Examples:

        latentkit interpolate run photos/cat.png photos/dog.png -o between.png

        latentkit interpolate run a.png b.png c.png d.png --slerp -o square.png
    """
    from latentkit import decoding

    inputs.check_order("interpolate", folder, *images)
    if len(images) not in (2, 4):
        raise typer.BadParameter(f"2 or 4 images are required, not {len(images)}", param_hint="A B [C D]")
    format = drawing.format_of(output)
    steps = steps or (25 if format in drawing.ANIMATED else 9)
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        ends = [decoding.encode_image(run, image) for image in images]
        interpolation = decoding.interpolate(run, ends, steps, slerp=slerp)
        drawing.write(interpolation, stream, format, theme, width)
