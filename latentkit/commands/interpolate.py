"""`latentkit interpolate`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def interpolate(
    run: drawing.RunFolder,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C D]", help="Two images or four: files, or rows of arrays (X.npy:12, X.npz:key:12)."
        ),
    ],
    output: drawing.Output = "-",
    steps: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=500,
            help="From one to the next, both included.  [default: 9; 25 in an animation]",
            show_default=False,
        ),
    ] = None,
    slerp: Annotated[
        bool,
        typer.Option(
            "--slerp", help="Along arcs, which stay as far from the origin as samples of the prior."
        ),
    ] = False,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw the images between two images, or in the square that four of them span.

    Each image is one end, as the run sees it. As an animation, the way goes there and back, or round the
    edge of the square.

    Examples:

        latentkit interpolate run photos/cat.png photos/dog.png -o between.png

        latentkit interpolate run a.png b.png c.png d.png --slerp -o square.png
    """
    from latentkit import decoding

    if len(images) not in (2, 4):
        raise typer.BadParameter(f"{len(images)} images are named: name 2 or 4", param_hint="A B [C D]")
    format = drawing.format_of(output)
    steps = steps or (25 if format in drawing.ANIMATED else 9)
    with shell.open_output(output) as stream:
        opened = drawing.open_run(run, backend, device)
        ends = [decoding.one_image(opened, image) for image in images]
        made = decoding.interpolate(opened, ends, steps, slerp=slerp)
        drawing.write(made, stream, format, theme, width)
