"""`latentkit decode`."""

from typing import Annotated, Literal, cast

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs

ARRAYS = ("npy", "npz")


def decode(
    run: drawing.RunFolder,
    latents: drawing.LatentsFile = "-",
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|-",
            help="A picture (.png, .svg, .pdf), an animation (.gif, .webp) or all as an array (.npy, .npz); "
            "- is PNG on standard output.",
        ),
    ] = "-",
    n: Annotated[
        int, typer.Option("-n", min=1, max=1000, help="How many a picture shows; an array holds all.")
    ] = 64,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Turn latents back into images: a picture of some, or an array of all.

    An array is (N, H, W, C) float32 in 0..1, in the order of the latents: the decoded means, not rounded.
    An .npz calls it `images`, and has `ids` and `labels` beside it. Either can be read as images again.
    Latents made elsewhere (.npy, .npz, CSV) are decoded too, if they have as many dimensions as the run.

    Examples:

        latentkit decode run z.npz -o decoded.png

        latentkit decode run z.npz -o decoded.npz && latentkit embed run decoded.npz:images > again.npz
    """
    from latentkit import decoding

    format = drawing.format_of(output, (*drawing.STILL, *drawing.ANIMATED, *ARRAYS))
    with shell.open_output(output) as stream:
        opened = drawing.open_run(run, backend, device)
        given = drawing.fitting_latents(opened, latents)
        if format in ARRAYS:
            decoding.write_means(opened, given, stream, cast(Literal["npy", "npz"], format))
        else:
            drawing.write(decoding.decoded(opened, given, n), stream, format, theme, width)
