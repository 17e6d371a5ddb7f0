"""`latentkit project`."""

from collections.abc import Mapping
from contextlib import nullcontext
from enum import StrEnum
from typing import Annotated

import typer

from latentkit import shell


class Method(StrEnum):
    pca = "pca"
    tsne = "tsne"
    umap = "umap"


class Dead(StrEnum):
    keep = "keep"
    drop = "drop"


def project(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    method: Annotated[
        Method | None, typer.Option(help="How to project.  [default: pca]", show_default=False)
    ] = None,
    dims: Annotated[
        int | None,
        typer.Option(min=2, max=3, help="Dimensions of the picture.  [default: 2]", show_default=False),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Seed of t-SNE and UMAP.  [default: 0]", show_default=False),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Threads of t-SNE, whose picture depends on their number.  [default: as many as help]",
            show_default=False,
        ),
    ] = None,
    scale_dead: Annotated[
        Dead | None,
        typer.Option(
            help="Keep dimensions that carry nothing, or drop them.  [default: keep]", show_default=False
        ),
    ] = None,
    save: Annotated[
        str | None, typer.Option(metavar="REDUCER.npz", help="Save what was fitted, to use on new images.")
    ] = None,
    using: Annotated[
        str | None, typer.Option(metavar="REDUCER.npz", help="Put the images into the picture saved here.")
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE|-", help="Where to; - is standard output.")
    ] = "-",
) -> None:
    """See latents in two or three dimensions: add a projection to them.

    PCA is exact and its axes mean something; t-SNE and UMAP show neighbourhoods, and may tear what is
    whole. Standard error says how much of the latent space the picture kept. Everything else in the
    latents is passed on, and projections by several methods can live in one file.

    Examples:

        latentkit project z.npz -o p.npz

        latentkit project z.npz --method umap --save umap.npz -o p.npz

        latentkit project new.npz --using umap.npz -o q.npz
    """
    from dataclasses import replace

    from latentkit.formats.latents import refuse_other_weights, write_latents
    from latentkit.projection import describe, read_reducer, views, with_projection, write_reducer

    _refuse_conflicts(using, save, output, {"--seed": seed, "--scale-dead": scale_dead})
    reducer = None if using is None else read_reducer(using)
    if reducer is not None:
        _refuse_another_view(reducer.method, reducer.dims, method, dims)
    given = shell.load_latents(latents)
    if using is not None and reducer is not None:
        refuse_other_weights(given, reducer.weights, using)
    # Opened first: a folder that cannot be written to is found out before minutes of work, not after them.
    with shell.open_output(output) as stream, shell.open_output(save) if save else nullcontext() as kept:
        if reducer is not None:
            made = views.place(reducer, given.mu, jobs=jobs, tell=shell.say)
        else:
            made = views.project(
                given.mu,
                method or Method.pca,
                dims=dims or 2,
                seed=seed or 0,
                jobs=jobs,
                scale_dead=(scale_dead or Dead.keep).value,
                unit_prior=given.logvar is not None,
                tell=shell.say,
            )
        shell.say(describe(made))
        if kept is not None:
            write_reducer(replace(made.reducer, weights=given.weights), kept)
        write_latents(with_projection(given, made), stream)


def _refuse_conflicts(
    using: str | None, save: str | None, output: str, fitting: Mapping[str, object | None]
) -> None:
    if save is not None and save == output:
        raise typer.BadParameter(f"the reducer and the latents cannot both go to {save}: name another file")
    if using is None:
        return
    if save is not None:
        raise typer.BadParameter(
            "nothing is fitted with --using, so there is nothing to --save: copy the reducer"
        )
    for option, value in fitting.items():
        if value is not None:
            raise typer.BadParameter(f"{option} is that of the reducer with --using: leave it out")


def _refuse_another_view(method: str, dims: int, asked: str | None, asked_dims: int | None) -> None:
    if asked not in (None, method):
        raise typer.BadParameter(f"the reducer is {method}, not {asked}: leave out --method")
    if asked_dims not in (None, dims):
        raise typer.BadParameter(f"the reducer has {dims} dimensions, not {asked_dims}: leave out --dims")
