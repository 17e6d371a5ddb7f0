"""`latentkit project`."""

from collections.abc import Mapping
from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.choices import list_methods, method_option
from latentkit.methods import PROJECTIONS


class ScaleDead(StrEnum):
    keep = "keep"
    drop = "drop"


@list_methods(PROJECTIONS)
def project(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    method: Annotated[
        str | None, method_option(PROJECTIONS, "--method", help="Projection method.  [default: pca]")
    ] = None,
    dims: Annotated[
        int | None,
        typer.Option(min=2, max=3, help="Number of dimensions.  [default: 2]", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Random seed.  [default: 0]", show_default=False),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Threads (tsne); the result depends on their number.  [default: automatic]",
            show_default=False,
        ),
    ] = None,
    scale_dead: Annotated[
        ScaleDead | None,
        typer.Option(help="Keep or drop dimensions of no variance.  [default: keep]", show_default=False),
    ] = None,
    save: Annotated[
        str | None, typer.Option(metavar="REDUCER.npz", help="Save the fitted projection, for new images.")
    ] = None,
    using: Annotated[
        str | None,
        typer.Option(metavar="REDUCER.npz", help="Place the images in the projection of this reducer."),
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE|-", help="Output; - is standard output.")
    ] = "-",
    columns: inputs.LatentColumns = None,
    label_column: inputs.LabelColumn = None,
    drop_nan: inputs.DropNan = False,
) -> None:
    """Project latents to two or three dimensions.

    {methods} t-SNE and UMAP may tear apart what is connected. Standard error says how much of the latent space is
    preserved. Everything else in the latents is passed on, and projections by several methods can be in
    one file.

    Examples:

        latentkit project z.npz -o p.npz

        latentkit project z.npz --method umap --save umap.npz -o p.npz

        latentkit project new.npz --using umap.npz -o q.npz
    """
    from dataclasses import replace

    from latentkit.formats.latents import refuse_other_weights, write_latents
    from latentkit.projection import describe, place, read_reducer, write_reducer
    from latentkit.projection import project as fit

    _refuse_conflicts(using, save, output, {"--seed": seed, "--scale-dead": scale_dead})
    reducer = None if using is None else read_reducer(using)
    if reducer is not None:
        _refuse_another_view(reducer.method, reducer.dims, method, dims)
    data = shell.load_latents(latents, reading=inputs.reading(columns, label_column, drop_nan))
    if using is not None and reducer is not None:
        refuse_other_weights(data, reducer.weights, using)
    # The outputs are opened first, so that a folder that cannot be written to fails before minutes of work.
    with shell.open_output(output) as stream, shell.open_output(save) if save else nullcontext() as saved:
        if reducer is not None:
            projection = place(reducer, data.mu, jobs=jobs, tell=shell.say)
        else:
            projection = fit(
                data.mu,
                method or "pca",
                dims=dims or 2,
                seed=seed or 0,
                jobs=jobs,
                scale_dead=(scale_dead or ScaleDead.keep).value,
                unit_prior=data.logvar is not None,
                tell=shell.say,
            )
        shell.say(describe(projection))
        if saved is not None:
            write_reducer(replace(projection.reducer, weights=data.weights), saved)
        write_latents(projection.add_to(data), stream)


def _refuse_conflicts(
    using: str | None, save: str | None, output: str, fitting: Mapping[str, object | None]
) -> None:
    if save is not None and save == output:
        raise typer.BadParameter(
            f"the reducer and the latents cannot both be written to {save}: name another file"
        )
    if using is None:
        return
    if save is not None:
        raise typer.BadParameter(
            "--save cannot be used with --using, which fits nothing: copy the reducer instead"
        )
    for option, value in fitting.items():
        if value is not None:
            raise typer.BadParameter(f"{option} cannot be used with --using: the reducer determines it")


def _refuse_another_view(method: str, dims: int, asked: str | None, asked_dims: int | None) -> None:
    if asked not in (None, method):
        raise typer.BadParameter(f"the reducer is for {method}, not {asked}: leave out --method")
    if asked_dims not in (None, dims):
        raise typer.BadParameter(f"the reducer has {dims} dimensions, not {asked_dims}: leave out --dims")
