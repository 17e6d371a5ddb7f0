"""`latentkit sample`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def sample(
    folder: drawing.RunFolder,
    output: drawing.Output = "-",
    n: drawing.Count = 64,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random seed.")] = 0,
    temperature: Annotated[
        float,
        typer.Option(min=0, help="Scale of the prior: lower is more typical."),
    ] = 1.0,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw images sampled from the prior.

    The first images of a seed do not depend on how many are drawn. In an animation they change continuously, and every
    frame is a sample from the prior.

    Examples:

        latentkit sample run -o samples.png

        latentkit sample run -n 16 --temperature 0.7 --seed 3 -o samples.gif
    """
    from latentkit import decoding

    inputs.check_order("sample", folder, output, option="-o")
    format = drawing.format_of(output)
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        samples = decoding.sample(run, n, seed=seed, temperature=temperature)
        drawing.write(samples, stream, format, theme, width)
