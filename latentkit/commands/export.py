"""`latentkit export`."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs


class Format(StrEnum):
    csv = "csv"
    parquet = "parquet"
    anndata = "anndata"
    projector = "projector"
    atlas = "atlas"


TABLES = (Format.csv, Format.parquet, Format.atlas)


def export(
    to: Annotated[Format, typer.Option(help="The format.")],
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="OUT|-", help="A file, or the projector's folder; - is standard output."
        ),
    ] = "-",
    method: Annotated[
        str | None,
        typer.Option(
            metavar="pca|tsne|umap",
            help="Which projection x and y are (csv, parquet, atlas).  [default: the latest]",
            show_default=False,
        ),
    ] = None,
    vector: Annotated[
        bool, typer.Option("--mu/--no-mu", help="With mu itself, or only facts (csv, parquet, atlas).")
    ] = True,
    labels: inputs.Labels = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="Seed of the projector's sample of more than 100,000 images.  [default: 0]",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Put the projector's files into a folder that holds others.")
    ] = False,
) -> None:
    """Take latents to other tools: R and pandas, scanpy, TensorBoard, Apple's Embedding Atlas.

    csv: a line an image. parquet: the same, with vectors and thumbnails. anndata: .h5ad for scanpy, X is mu.
    projector: a folder for `tensorboard --logdir`. atlas: Parquet for embedding-atlas. What a format has
    no place for is named on standard error. CSV keeps names as they are, also those that a spreadsheet takes
    for a formula (= + - @).

    Examples:

        latentkit export p.npz --to csv -o p.csv

        latentkit embed run photos --thumbnails 32 | latentkit project | latentkit export --to atlas -o p.parquet
    """
    from pathlib import Path

    from latentkit import exporting

    _refuse_others(to, TABLES, {"--method": method, "--no-mu": not vector})
    _refuse_others(to, (Format.projector,), {"--seed": seed, "--overwrite": overwrite})
    _refuse_output(to, output)
    exporting.require(to)
    given = shell.load_latents(latents, labels)
    if to == Format.projector:
        exporting.projector.write(given, Path(output), seed=seed or 0, overwrite=overwrite, tell=shell.say)
    else:
        options = exporting.Options(method, vector, output)
        with shell.open_output(output) as stream:
            exporting.FILES[to](given, stream, options, shell.say)


def _refuse_others(to: Format, having: Sequence[Format], options: Mapping[str, object]) -> None:
    for option, value in options.items():
        if value is not None and value is not False and to not in having:
            raise typer.BadParameter(f"{option} is for {', '.join(having)}, not for {to}: leave it out")


def _refuse_output(to: Format, output: str) -> None:
    if to == Format.projector and output == "-":
        raise typer.BadParameter("the projector takes a folder: name one with -o FOLDER")
    if to == Format.atlas and output != "-" and not output.lower().endswith(".parquet"):
        raise typer.BadParameter(
            f"{output}: embedding-atlas knows a Parquet file by its name: let it end in .parquet"
        )
    if to == Format.csv and output == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise typer.BadParameter(
            "CSV holds names as they are, which can move a cursor, and is not written to a terminal: "
            "add `-o FILE`, `> FILE` or a pipe, such as `| less`"
        )
