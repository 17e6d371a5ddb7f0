"""`latentkit sample`."""

from typing import Annotated, Literal

import typer

from latentkit import shell
from latentkit.commands import drawing, figures, inputs


def sample(
    folder: drawing.RunFolder,
    output: drawing.Output = "-",
    origin: Annotated[
        Literal["both", "images", "prior"],
        typer.Option("--from", help="Where to draw: near the images, from the prior, or both."),
    ] = "both",
    latents: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Latents of the images.  [default: validation, from the run]",
            show_default=False,
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=500, help="Number of images from each.")] = 32,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random seed.")] = 0,
    temperature: Annotated[
        float,
        typer.Option(min=0, help="Scale of the noise: lower is more typical."),
    ] = 1.0,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
) -> None:
    """Draw sampled images.

    Few samples from the prior of a VAE with many dimensions look like images, because its images fill little of the space.
    Samples near the images come from a mixture of Gaussians fitted to their latents. The picture shows both and says which
    is which. The first images of a seed do not depend on how many are drawn. In an animation they change continuously,
    and every frame is a sample.

    Examples:

        latentkit sample run -o samples.png

        latentkit sample run --from images --latents z.npz -n 16 --temperature 0.7 --seed 3 -o samples.gif
    """
    from latentkit import decoding

    inputs.check_order("sample", folder, output, option="-o")
    if latents is not None and origin == "prior":
        raise typer.BadParameter("--latents cannot be used with --from prior", param_hint="--latents")
    format = drawing.format_of(output)
    with shell.open_output(output) as stream:
        run = drawing.open_run(folder, backend, device)
        mu = None if latents is None else drawing.load_latents_of(run, latents).mu
        samples = decoding.sample(run, n, seed=seed, temperature=temperature, origin=origin, mu=mu)
        drawing.write(samples, stream, format, theme, width)
