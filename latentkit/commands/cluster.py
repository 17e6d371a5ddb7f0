"""`latentkit cluster`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.choices import list_methods, method_option
from latentkit.methods import CLUSTERINGS


def _number_or(word: str, least: int, text: str | None) -> str | None:
    """Check the value of an option that is a number or one word."""
    if text not in (None, word) and not (text.isascii() and text.isdigit() and int(text) >= least):
        raise typer.BadParameter(f"{text!r} must be {word} or a number of at least {least}")
    return text


@list_methods(CLUSTERINGS)
def cluster(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    method: Annotated[
        str | None, method_option(CLUSTERINGS, "--method", help="Clustering method.  [default: kmeans]")
    ] = None,
    clusters: Annotated[
        str | None,
        typer.Option(
            metavar="K|auto",
            callback=lambda text: _number_or("auto", 2, text),
            help="Number of clusters; auto: best silhouette.  [default: auto]",
            show_default=False,
        ),
    ] = None,
    dims: Annotated[
        str | None,
        typer.Option(
            metavar="D|active",
            callback=lambda text: _number_or("active", 1, text),
            help="First D principal components, or active dimensions.  [default: active]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Random seed.  [default: 0]", show_default=False)
    ] = None,
    using: Annotated[
        str | None, typer.Option(metavar="FILE", help="Assign the images to the clusters in FILE.")
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE|-", help="Output; - is standard output.")
    ] = "-",
    columns: inputs.LatentColumns = None,
    label_column: inputs.LabelColumn = None,
    drop_nan: inputs.DropNan = False,
) -> None:
    """Find clusters of latents.

    Each image gets a cluster and a confidence. {methods} The model is stored in the file, so that --using assigns new
    images to the same clusters.

    Examples:

        latentkit cluster z.npz --method n2d --clusters 3 -o c.npz

        latentkit embed run new | latentkit cluster --using c.npz -o d.npz
    """
    from latentkit import clustering
    from latentkit.formats.latents import refuse_other_weights, write_latents

    options = {"--method": method, "--clusters": clusters, "--dims": dims, "--seed": seed}
    for option, value in options.items():
        if using is not None and value is not None:
            raise typer.BadParameter(
                f"{option} cannot be used with --using: the clusters in {using} determine it"
            )
    if method and CLUSTERINGS[method].chooses_number and clusters not in (None, "auto"):
        raise typer.BadParameter(f"{method} finds the number of clusters itself: leave out --clusters")
    model = weights = None
    if using is not None:
        stored = shell.load_latents(using)
        model, weights = clustering.model_in(stored, using), stored.weights
    data = shell.load_latents(latents, reading=inputs.reading(columns, label_column, drop_nan))
    refuse_other_weights(data, weights, using or "")
    # The output is opened first, so that a folder that cannot be written to fails before minutes of work.
    with shell.open_output(output) as stream:
        if model is not None:
            result = clustering.Clustering(clustering.assign(model, data.mu, tell=shell.say), model)
        else:
            result = clustering.cluster(
                data,
                method or "kmeans",
                clusters=None if clusters in (None, "auto") else int(clusters),
                dims=None if dims in (None, "active") else int(dims),
                seed=seed or 0,
                tell=shell.say,
            )
        shell.say(clustering.describe(result))
        write_latents(clustering.with_clusters(data, result.model, result.assignment), stream)
