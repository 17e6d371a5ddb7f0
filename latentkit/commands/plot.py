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
            help="Projection to plot; all: side by side.  [default: the latest]",
            show_default=False,
        ),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option(
            metavar="labels|split|mse|clusters|none|KEY",
            help="Array to color by.  [default: labels, else clusters]",
            show_default=False,
        ),
    ] = None,
    labels: inputs.Labels = None,
    density: Annotated[
        bool, typer.Option("--density", help="Add contours that enclose 30, 60 and 90 % of each class.")
    ] = False,
    images: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Show the images of this folder, matched by id."),
    ] = None,
    thumbnails: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            metavar="N",
            help="Maximum number of images on a figure.  [default: 40 with --images]",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(help="Title; '' for none.  [default: method and number]", show_default=False),
    ] = None,
    no_caption: Annotated[
        bool, typer.Option("--no-caption", help="Print the caption instead of drawing it.")
    ] = False,
    palette: Annotated[
        str | None,
        typer.Option(
            metavar="okabe-ito|tol|gray|#RRGGBB,...",
            help="Colors of classes.  [default: okabe-ito]",
            show_default=False,
        ),
    ] = None,
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    dpi: figures.Dpi = 150,
) -> None:
    """Plot a projection of latents.

    The plot is a figure, characters on a terminal, or an interactive page (.html). Colors and shapes can be told apart
    by color-blind readers, class names are where classes are densest, and the caption gives the fidelity of the
    projection. Density contours require at least 10 images of a class. Without --images, --thumbnails shows
    the thumbnails that `latentkit embed --thumbnails` stored in the latents.

    Examples:

        latentkit plot p.npz

        latentkit plot p.npz -o figure.png

        latentkit plot p.npz --method all --density --theme dark -o figure.svg

        latentkit plot p.npz --images photos --thumbnails 60 -o figure.pdf

        latentkit plot p.npz --title '' --no-caption --width 85mm --palette tol -o paper.pdf

        latentkit plot p.npz --images photos -o page.html
    """
    from latentkit import pictures
    from latentkit.projection import select_projections

    if figures.is_page(output):
        figure_options = {
            "--density": density,
            "--thumbnails": thumbnails,
            "--width": width,
            "--theme": theme != "light",
            "--title": title is not None,
            "--no-caption": no_caption,
            "--palette": palette,
        }
        return _page(latents, str(output), method, color, labels, images, figure_options)
    style = figures.style(output, theme, width, dpi, palette)
    loaded = shell.load_latents(latents, labels)
    small = pictures.thumbnails(loaded, images, thumbnails, shell.say)
    panels = [pictures.panel(*projection) for projection in select_projections(loaded, method)]
    if no_caption:
        shell.say("\n".join(": ".join(filter(None, panel.caption[:2])) for panel in panels))
    panels = pictures.relabel(panels, title, caption=not no_caption)
    figure = pictures.scatter(
        panels, pictures.coloring(loaded, color), style, density=density, thumbnails=small
    )
    figures.deliver(figure, output)


def _page(
    latents: str,
    output: str,
    method: str | None,
    color: str | None,
    labels: str | None,
    images: str | None,
    figure_options: Mapping[str, object],
) -> None:
    from latentkit import page, progress

    if given := [name for name, value in figure_options.items() if value]:
        raise typer.BadParameter(f"{', '.join(given)} cannot be used with a page (.html)", param_hint="-o")
    loaded = shell.load_latents(latents, labels)
    sources = inputs.sources([images], None, None) if images else None
    with progress.Counter("reading images") as counter:
        result = page.plot_page(
            loaded,
            method=None if method and method.lower() == "all" else method,
            color=color,
            images=sources,
            progress=counter,
        )
    shell.save_bytes(result.html, output)
    for note in result.notes:
        shell.say(note)
