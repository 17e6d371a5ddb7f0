"""`latentkit export`."""

import sys
from contextlib import nullcontext
from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.choices import list_methods, method_option
from latentkit.methods import EXPORTS, PROJECTIONS, ExportFormat, check_installed

TABLES = ", ".join(format.name for format in EXPORTS if format.table)


@list_methods(EXPORTS)
def export(
    to: Annotated[str, method_option(EXPORTS, "--to", help="Format.")],
    latents: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")] = "-",
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="OUT|-", help="A file, or a folder (projector); - is standard output."
        ),
    ] = "-",
    method: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PROJECTIONS.names),
            help="Projection for x and y; in CSV, the first.  [default: latest]",
            show_default=False,
        ),
    ] = None,
    vector: Annotated[bool, typer.Option("--mu/--no-mu", help=f"Include mu ({TABLES}).")] = True,
    labels: inputs.Labels = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="Random seed of the projector's sample.  [default: 0]",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds other files (projector).")
    ] = False,
    columns: inputs.LatentColumns = None,
    label_column: inputs.LabelColumn = None,
    drop_nan: inputs.DropNan = False,
) -> None:
    """Export latents to the formats of other tools.

    {methods}

    Standard error names whatever a format has no place for. CSV keeps names as they are, even if a spreadsheet would
    take them for formulas (= + - @), and has the columns of every projection, such as pca_x and pca_y.

    Examples:

        latentkit export p.npz --to csv -o p.csv

        latentkit embed run photos --thumbnails 32 | latentkit project | latentkit export --to atlas -o p.parquet
    """
    from pathlib import Path

    from latentkit import exporting

    format = EXPORTS[to]
    _check_options(
        format,
        {"--method": method is not None, "--no-mu": not vector},
        {"--seed": seed is not None, "--overwrite": overwrite},
    )
    _check_output(format, output)
    check_installed(format)
    data = shell.load_latents(latents, labels, inputs.reading(columns, label_column, drop_nan))
    options = exporting.ExportOptions(method, vector, output, seed or 0, overwrite)
    with nullcontext(Path(output)) if format.folder else shell.open_output(output) as destination:
        exporting.write(to, data, destination, options, shell.say)


def _check_options(format: ExportFormat, for_tables: dict[str, bool], for_folders: dict[str, bool]) -> None:
    """Raise a usage error for an option that the format does not support."""
    for options, supported, formats in (
        (for_tables, format.table, [other.name for other in EXPORTS if other.table]),
        (for_folders, format.folder, [other.name for other in EXPORTS if other.folder]),
    ):
        for option, given in options.items():
            if given and not supported:
                raise typer.BadParameter(
                    f"{option} is for {', '.join(formats)}, not for {format.name}: leave it out"
                )


def _check_output(format: ExportFormat, output: str) -> None:
    """Raise a usage error for an output that the format cannot be written to."""
    if format.folder and output == "-":
        raise typer.BadParameter(f"{format.name} writes a folder: name one with -o FOLDER")
    if format.suffix and output != "-" and not output.lower().endswith(format.suffix):
        raise typer.BadParameter(f"{output}: the file name must end in {format.suffix} for {format.name}")
    if format.raw_text and output == "-" and sys.stdout is not None and sys.stdout.isatty():
        raise typer.BadParameter(
            f"{format.name} keeps names as they are, which can move the cursor, so it is not written to a terminal: "
            "add `-o FILE`, `> FILE` or a pipe, such as `| less`"
        )
