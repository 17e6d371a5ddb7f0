"""`latentkit sample`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def sample(
    run: drawing.RunFolder,
    output: drawing.Output = "-",
    n: drawing.Shown = 64,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Another seed, other samples.")] = 0,
    temperature: Annotated[
        float,
        typer.Option(min=0, help="Times the prior's standard deviation: less is tamer, more is wilder."),
    ] = 1.0,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw images from a run's prior: what it thinks such images look like.

    The first images of a seed are the same however many are asked for. As an animation they wander, and
    every frame is a sample of the same prior.

    Examples:

        latentkit sample run -o samples.png

        latentkit sample run -n 16 --temperature 0.7 --seed 3 -o samples.gif
    """
    from latentkit import decoding

    format = drawing.format_of(output)
    with shell.open_output(output) as stream:
        opened = drawing.open_run(run, backend, device)
        made = decoding.sample(opened, n, seed=seed, temperature=temperature)
        drawing.write(made, stream, format, theme, width)
