"""`latentkit report`."""

from typing import TYPE_CHECKING, Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.methods import PROJECTIONS
from latentkit.text import escape

if TYPE_CHECKING:
    from latentkit.formats.latents import Latents
    from latentkit.separation import Report


def number_or_auto(text: str) -> str:
    """The value of `--clusters`; a usage error unless it is a number or auto."""
    if text != "auto" and not (text.isascii() and text.isdigit()):
        raise typer.BadParameter(f"{text!r} is neither a number of clusters nor auto")
    return text


def _conditions(texts: list[str] | None) -> list[str]:
    from latentkit.errors import SeparationError
    from latentkit.separation import require

    try:
        return [require.parse(text).text for text in texts or []]
    except SeparationError as error:
        raise typer.BadParameter(str(error)) from None


def _page(
    found: "Report", latents: "Latents", output: str, run: str | None, images: list[str] | None
) -> None:
    from pathlib import Path

    from latentkit import page, progress

    sources = inputs.sources(images, None, None) if images else None
    with progress.Counter("reading images") as counter:
        made = page.colleague(page.Request(found, latents, Path(run) if run else None, sources), counter)
    shell.save_bytes(made.html, output)
    for words in made.words:
        shell.say(words)


def report(
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    labels: inputs.Labels = None,
    on: Annotated[
        str,
        typer.Option(
            metavar="|".join(["latents", "projection", *PROJECTIONS.names]),
            help="Space to judge: the latents, the latest projection, or one.",
        ),
    ] = "latents",
    clusters: Annotated[
        str,
        typer.Option(
            metavar="K|auto",
            callback=number_or_auto,
            help="Number of clusters; auto: of classes, or, without labels, as many as are stable.",
        ),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.report/1.")] = False,
    require: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COND",
            callback=_conditions,
            help="Exit 3 unless this holds: separated, visible, 'knn15>=0.9', 'min_pair_auc>0.95'.",
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            metavar="F.html", help="Write a page to send to a colleague too: all of this, and the picture."
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="For --html: the run that embedded these, for its curves and findings."
        ),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(
            metavar="IMAGES",
            help="For --html: what `embed` was given, for thumbnails and with --run for reconstructions.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of samples, splits and tests.")] = 0,
    separated_auc: Annotated[
        float, typer.Option(min=0.5, max=1, help="Lower bound of AUC at which a pair is separate.")
    ] = 0.90,
    visible_ari: Annotated[
        float, typer.Option(min=0, max=1, help="Lower bound of k-means' ARI at which classes are visible.")
    ] = 0.50,
    min_class: Annotated[
        int, typer.Option(min=2, help="Fewer scored images of a class prove no absence.")
    ] = 20,
    max_se: Annotated[
        float, typer.Option(min=0, max=1, help="A larger standard error of AUC proves no absence.")
    ] = 0.05,
    alpha: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Error rate of tests; 1 - alpha is the level of bounds.")
    ] = 0.05,
    min_stability: Annotated[
        float, typer.Option(min=0, max=1, help="Mean bootstrap Jaccard of a stable cluster.")
    ] = 0.75,
    active_variance: Annotated[
        float, typer.Option(min=0, help="Variance of mu above which a latent is active.")
    ] = 0.01,
) -> None:
    """Do your classes separate? Prints a verdict in words and the figures it rests on.

    With labels: can a simple classifier tell the classes apart on images it has not seen (separable), and
    would clustering find them without labels (visible)? Without labels: are there groups at all? Every
    figure is taken in the full latent space, never in a two-dimensional picture.
    """
    import json as jsons
    from pathlib import Path

    from latentkit import separation
    from latentkit.formats.latents import refuse_other_run
    from latentkit.formats.run import weights_digest
    from latentkit.separation import require as requirements

    conditions = [requirements.parse(text) for text in require or []]
    limits = separation.Thresholds(
        separated_auc, visible_ari, min_class, max_se, alpha, min_stability, active_variance
    )
    options = separation.Options(on, None if clusters == "auto" else int(clusters), seed, limits)
    if html == "-":
        raise typer.BadParameter(
            "standard output has the report: name a file for the page", param_hint="--html"
        )
    if html is None and (run or images):
        raise typer.BadParameter("--run and --images add to a page: name it with --html F.html")
    given = shell.load_latents(latents, labels)
    if run is not None:  # now, and not when all has been judged
        refuse_other_run(
            given, weights_digest(Path(run)), "standard input" if latents == "-" else latents, run
        )
    found = separation.judge(given, options)
    if html is not None:
        _page(found, given, html, run, images)
    shell.emit(
        jsons.dumps(separation.to_json(found), indent=2) if json else separation.to_text(found, escape)
    )
    if (told := requirements.unmet(separation.to_json(found), conditions)) is not None:
        raise shell.UnmetRequirement(told)
