"""`latentkit decode`."""

from typing import Annotated, Literal, cast

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs

ARRAYS = ("npy", "npz")


def decode(
    folder: drawing.RunFolder,
    latents: drawing.LatentsFile = "-",
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE|-",
            help="Picture (.png .svg .pdf .gif .webp) or array (.npy .npz); - is PNG.",
        ),
    ] = "-",
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="Number of images in a picture.")] = 64,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Decode latents to images.

    A picture shows some of them; an array holds all, as (N, H, W, C) float32 in 0..1, in the order of the latents and not
    rounded. An .npz file holds `images`, `ids` and `labels`. Both kinds of arrays can be read as images again. Latents made
    elsewhere (.npy, .npz, CSV) are decoded too, if they have as many dimensions as the run.

    Examples:

        latentkit decode run z.npz -o decoded.png

        latentkit decode run z.npz -o decoded.npz && latentkit embed run decoded.npz:images > again.npz
    """
    from latentkit import decoding

    inputs.check_order("decode", folder, latents)
    format = drawing.format_of(output, (*drawing.STILL, *drawing.ANIMATED, *ARRAYS))
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        data = drawing.load_latents_of(run, latents)
        if format in ARRAYS:
            decoding.write_images(run, data, stream, cast(Literal["npy", "npz"], format))
        else:
            drawing.write(decoding.decode(run, data, n), stream, format, theme, width)
