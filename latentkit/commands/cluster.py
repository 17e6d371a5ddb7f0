"""`latentkit cluster`."""

from enum import StrEnum
from typing import Annotated

import typer

from latentkit import shell


class Method(StrEnum):
    kmeans = "kmeans"
    gmm = "gmm"
    hdbscan = "hdbscan"
    n2d = "n2d"


def _number_or(word: str, least: int, text: str | None) -> str | None:
    if text not in (None, word) and not (text.isascii() and text.isdigit() and int(text) >= least):
        raise typer.BadParameter(f"{text!r} is neither a number of at least {least} nor {word}")
    return text


def cluster(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    method: Annotated[
        Method | None, typer.Option(help="How to cluster.  [default: kmeans]", show_default=False)
    ] = None,
    clusters: Annotated[
        str | None,
        typer.Option(
            metavar="K|auto",
            callback=lambda text: _number_or("auto", 2, text),
            help="How many; auto: as many as have the best silhouette.  [default: auto]",
            show_default=False,
        ),
    ] = None,
    dims: Annotated[
        str | None,
        typer.Option(
            metavar="D|active",
            callback=lambda text: _number_or("active", 1, text),
            help="In the first D principal components, or in the dimensions that carry anything.  [default: active]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Seed.  [default: 0]", show_default=False)
    ] = None,
    using: Annotated[
        str | None, typer.Option(metavar="FILE", help="Assign the images to the clusters in FILE.")
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE|-", help="Where to; - is standard output.")
    ] = "-",
) -> None:
    """Find groups among latents: add a cluster, and how sure it is, to each image.

    kmeans finds round groups, gmm stretched ones, hdbscan dense ones of any shape and leaves the rest out;
    n2d (UMAP, then a mixture) often comes nearest to classes, and takes longest. The model stays in
    the file, so that --using puts new images into the same clusters.

    Examples:

        latentkit cluster z.npz --method n2d --clusters 3 -o c.npz

        latentkit embed run new | latentkit cluster --using c.npz -o d.npz
    """
    from latentkit import clustering
    from latentkit.formats.latents import refuse_other_weights, write_latents

    options = {"--method": method, "--clusters": clusters, "--dims": dims, "--seed": seed}
    for option, value in options.items():
        if using is not None and value is not None:
            raise typer.BadParameter(f"{option} is that of the clusters in {using}: leave it out")
    if method == Method.hdbscan and clusters not in (None, "auto"):
        raise typer.BadParameter("hdbscan finds the number of clusters itself: leave out --clusters")
    model = made_from = None
    if using is not None:
        fitted = shell.load_latents(using)
        model, made_from = clustering.model_in(fitted, using), fitted.weights
    given = shell.load_latents(latents)
    refuse_other_weights(given, made_from, using or "")
    # Opened first: a folder that cannot be written to is found out before minutes of work, not after them.
    with shell.open_output(output) as stream:
        if model is not None:
            made = clustering.Clustering(clustering.assign(model, given.mu, tell=shell.say), model)
        else:
            made = clustering.cluster(
                given,
                method or "kmeans",
                clusters=None if clusters in (None, "auto") else int(clusters),
                dims=None if dims in (None, "active") else int(dims),
                seed=seed or 0,
                tell=shell.say,
            )
        shell.say(clustering.describe(made))
        write_latents(clustering.with_clusters(given, made.model, made.assigned), stream)
