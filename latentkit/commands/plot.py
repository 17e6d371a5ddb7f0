"""`latentkit plot`."""

from pathlib import PurePath
from typing import Annotated

import typer

from latentkit import shell


def plot(
    latents: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="Latents with a projection; - is standard input.")
    ] = "-",
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FIG.png|svg|pdf|-", help="The figure; - is PNG on standard output."
        ),
    ] = "-",
    method: Annotated[
        str | None,
        typer.Option(
            metavar="pca|tsne|umap", help="Which projection.  [default: the latest]", show_default=False
        ),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option(
            metavar="labels|split|mse|clusters|none|KEY",
            help="What the colours say: any array with one value an image.  [default: labels, else clusters]",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="CSV", help="Labels: id,label lines, or one label a line.")
    ] = None,
) -> None:
    """Draw a projection: a figure for a page or a slide.

    Colours and shapes can be told apart by the colour-blind, and the caption says how far the picture
    may be believed.

    Examples:

        latentkit plot p.npz -o figure.png

        latentkit plot p.npz --method umap --color mse -o figure.svg
    """
    from latentkit.pictures import FORMATS, caption, colouring, scatter
    from latentkit.projection import recorded

    format = "png" if output == "-" else PurePath(output).suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise typer.BadParameter(
            f"{output}: the name of a figure ends in .{', .'.join(FORMATS)}", param_hint="-o"
        )
    given = shell.load_latents(latents, labels)
    shown = recorded(given, method)
    words = caption(shown.method, len(given), shown.points.shape[1], shown.info)
    shell.save_bytes(scatter(shown.points, words, colouring(given, color), format=format), output)
