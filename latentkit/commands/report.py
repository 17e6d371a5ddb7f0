"""`latentkit report`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentkit import shell
from latentkit.choices import Pictures
from latentkit.commands import inputs
from latentkit.commands.fields import with_options

if TYPE_CHECKING:
    from latentkit.formats.latents import Latents
    from latentkit.run import Run
    from latentkit.separation.report import Report


def check_clusters(text: str) -> str:
    """Return the value of `--clusters`; raise a usage error unless it is a number or auto."""
    if text != "auto" and not (text.isascii() and text.isdigit()):
        raise typer.BadParameter(f"{text!r} is neither a number of clusters nor auto")
    return text


def parse_condition(text: str) -> Any:
    """Return a condition of `--require`, or raise a usage error."""
    from latentkit.errors import SeparationError
    from latentkit.separation.report import require

    try:
        return require.parse(text)
    except SeparationError as error:
        raise typer.BadParameter(str(error)) from None


def _write_page(
    report: "Report", latents: "Latents", output: str, run: "Run | None", images: list[str] | None
) -> None:
    from latentkit import page, progress

    sources = inputs.sources(images, None, None) if images else None
    with progress.Counter("reading images") as counter:
        result = page.report_page(page.Request(report, latents, run, sources), counter)
    shell.save_bytes(result.html, output)
    for note in result.notes:
        shell.say(note)


def _thresholds() -> type:
    from latentkit.separation.options import Thresholds

    return Thresholds


@with_options(_thresholds)
def report(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    labels: inputs.Labels = None,
    on: Annotated[
        str, typer.Option(metavar="WHAT", help="latents, projection (the latest), or a projection's method.")
    ] = "latents",
    clusters: Annotated[
        str,
        typer.Option(metavar="K|auto", callback=check_clusters, help="Number of clusters; auto chooses it."),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.report/2.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Print every figure and caveat.")] = False,
    require: Annotated[
        list[Any] | None,
        typer.Option(
            metavar="COND", parser=parse_condition, help="Exit with 3 unless this condition is met."
        ),
    ] = None,
    html: Annotated[
        str | None, typer.Option(metavar="F.html", help="Also write an interactive page to this file.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="RUN", help="For --html: the run, for its curves and findings.")
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option(metavar="IMAGES", help="For --html: the images, for thumbnails.")
    ] = None,
    pictures: Annotated[
        Pictures,
        typer.Option(help="Pictures to judge; all adds UMAP, t-SNE and N2D."),
    ] = "stored",
    seed: Annotated[int, typer.Option(min=0, help="Random seed of samples, splits and tests.")] = 0,
    columns: inputs.LatentColumns = None,
    label_column: inputs.LabelColumn = None,
    drop_nan: inputs.DropNan = False,
    **thresholds: Any,
) -> None:
    """Judge whether the classes separate.

    Prints a verdict in words and the figures it is based on. With labels: can a simple classifier tell the classes
    apart on images it has not seen (separable), and would clustering find them without labels (visible)? Without
    labels: are there any groups? All figures are measured in the full latent space, never in a two-dimensional picture.

    The report says in which pictures and by which clusterings the classes can be seen: k-means, a Gaussian mixture, PCA,
    and the clusters and projections in the file. `--pictures all` makes UMAP, t-SNE and N2D as well, of at most 2000
    images, which takes about half a minute.

    `--clusters auto` is the number of classes or, without labels, the largest stable number.

    A condition of `--require` is separated, visible, or a comparison such as 'knn15>=0.9' or 'min_pair_auc>0.95'.

    With `--html`, `--run` and `--images` together, the page also shows reconstructions.
    """
    import json as json_module
    from pathlib import Path

    from latentkit.formats.latents import refuse_other_run
    from latentkit.run import open_run
    from latentkit.separation.options import Options, Thresholds
    from latentkit.separation.report import judge, to_json, to_summary, to_text
    from latentkit.separation.report.require import find_unmet

    options = Options(
        on, None if clusters == "auto" else int(clusters), pictures, seed, Thresholds(**thresholds)
    )
    if html == "-":
        raise typer.BadParameter(
            "standard output has the report: give a file name for the page", param_hint="--html"
        )
    if html is None and (run or images):
        raise typer.BadParameter("--run and --images require a page: add --html F.html")
    given = shell.load_latents(latents, labels, inputs.reading(columns, label_column, drop_nan))
    opened_run = None if run is None else open_run(Path(run))
    if opened_run is not None:  # checked before the slow part
        name = "standard input" if latents == "-" else latents
        refuse_other_run(given, opened_run.weights_digest, name, str(opened_run.path))
    result = judge(given, options, tell=shell.say)
    if html is not None:
        _write_page(result, given, html, opened_run, images)
    if json:
        shell.emit(json_module.dumps(to_json(result), indent=2))
    else:
        shell.emit(to_text(result) if details else to_summary(result))
    if (unmet := find_unmet(to_json(result), require or [])) is not None:
        raise shell.UnmetRequirement(unmet)
