"""`latentkit compare`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.report import number_or_auto
from latentkit.text import escape


def compare(
    latents: Annotated[
        list[str], typer.Argument(metavar="A.npz B.npz...", help="Latents of the same images; - is stdin.")
    ],
    labels: inputs.Labels = None,
    clusters: Annotated[
        str,
        typer.Option(
            metavar="K|auto", callback=number_or_auto, help="Number of clusters; auto: of classes, or 10."
        ),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.compare/1.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of samples, splits and tests.")] = 0,
) -> None:
    """Which latents tell the classes apart better, and how alike are they?

    Give two or more files of latents of the same images; rows are matched by id. Every score is taken on the
    same images, so differences are paired and come with bounds and a p-value. Silhouettes are never compared:
    each is measured in units of its own space.
    """
    import json as jsons

    from latentkit import separation
    from latentkit.separation import compare_text, comparison
    from latentkit.separation.compare import compare as compared

    options = separation.Options(clusters=None if clusters == "auto" else int(clusters), seed=seed)
    found = compared([shell.load_latents(file, labels) for file in latents], latents, options)
    shell.emit(
        jsons.dumps(comparison.to_json(found), indent=2) if json else compare_text.to_text(found, escape)
    )
