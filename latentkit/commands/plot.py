"""`latentkit plot`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import figures, inputs
from latentkit.methods import PROJECTIONS


def plot(
    latents: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="Latents with a projection; - is standard input.")
    ] = "-",
    output: figures.Output = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="|".join([*PROJECTIONS.names, "all"]),
            help="Which projection; all: each there is, side by side.  [default: the latest]",
            show_default=False,
        ),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option(
            metavar="labels|split|mse|clusters|none|KEY",
            help="What the colors say: any array with one value an image.  [default: labels, else clusters]",
            show_default=False,
        ),
    ] = None,
    labels: inputs.Labels = None,
    density: Annotated[
        bool,
        typer.Option(
            "--density", help="Contours around 30, 60 and 90 % of each class (of 10 images or more)."
        ),
    ] = False,
    images: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Put images on their points, or into a page: those of this folder, matched by id.",
        ),
    ] = None,
    thumbnails: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            metavar="N",
            help="At most so many images, none over another; without --images those that `embed --thumbnails` "
            "put into the latents.  [default: 40 with --images]",
            show_default=False,
        ),
    ] = None,
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    dpi: figures.Dpi = 150,
) -> None:
    """Draw a projection: a figure for a page or a slide, in characters for a terminal, or an interactive page (.html).

    Colors and shapes can be told apart by the color-blind, classes are named where they lie densest, and the
    caption says how far the picture may be believed.

    Examples:

        latentkit plot p.npz

        latentkit plot p.npz -o figure.png

        latentkit plot p.npz --method all --density --theme dark -o figure.svg

        latentkit plot p.npz --images photos --thumbnails 60 -o figure.pdf

        latentkit plot p.npz --images photos -o page.html
    """
    from latentkit import pictures
    from latentkit.projection import select_projections

    if figures.is_page(output):
        static = {
            "--density": density,
            "--thumbnails": thumbnails,
            "--width": width,
            "--theme": theme != "light",
        }
        return _page(latents, str(output), method, color, labels, images, static)
    style = figures.style(output, theme, width, dpi)
    given = shell.load_latents(latents, labels)
    small = pictures.thumbnails(given, images, thumbnails, shell.say)
    panels = [pictures.panel(*shown) for shown in select_projections(given, method)]
    drawn = pictures.scatter(
        panels, pictures.coloring(given, color), style, density=density, thumbnails=small
    )
    figures.deliver(drawn, output)


def _page(
    latents: str,
    output: str,
    method: str | None,
    color: str | None,
    labels: str | None,
    images: str | None,
    static: Mapping[str, object],
) -> None:
    from latentkit import page, progress

    if unfit := [name for name, value in static.items() if value]:
        raise typer.BadParameter(f"{', '.join(unfit)}: for figures, not for a page", param_hint="-o")
    given = shell.load_latents(latents, labels)
    sources = inputs.sources([images], None, None) if images else None
    with progress.Counter("reading images") as counter:
        made = page.interactive(
            given, method=None if method == "all" else method, color=color, images=sources, progress=counter
        )
    shell.save_bytes(made.html, output)
    for words in made.words:
        shell.say(words)
