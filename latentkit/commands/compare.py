"""`latentkit compare`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.report import check_clusters


def compare(
    latents: Annotated[
        list[str],
        typer.Argument(
            metavar="A.npz B.npz...", help="Latents of the same images, or folders with latents.npz."
        ),
    ],
    labels: inputs.Labels = None,
    clusters: Annotated[
        str,
        typer.Option(
            metavar="K|auto", callback=check_clusters, help="Number of clusters; auto: of classes, or 10."
        ),
    ] = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.compare/2.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of samples, splits and tests.")] = 0,
    columns: inputs.LatentColumns = None,
    label_column: inputs.LabelColumn = None,
    drop_nan: inputs.DropNan = False,
) -> None:
    """Compare latent spaces of the same images.

    Did a change help? The first line says whether the second file is better or worse than the first, and by how much, or that
    it cannot be told; of more files, which is best. Rows are matched by id, and all labeled images are scored, by
    cross-validation, so differences are paired and have bounds and a p-value. Silhouettes are never compared: each is
    measured in units of its own space.

    Examples:

        latentkit compare before.npz after.npz

        latentkit compare run1 run2 run3 --labels labels.csv
    """
    import json as json_module

    from latentkit.separation.compare import compare as compare_latents
    from latentkit.separation.compare import to_json, to_text
    from latentkit.separation.options import Options

    options = Options(clusters=None if clusters == "auto" else int(clusters), seed=seed)
    files = [
        shell.load_latents(file, labels, inputs.reading(columns, label_column, drop_nan)) for file in latents
    ]
    result = compare_latents(files, latents, options)
    shell.emit(json_module.dumps(to_json(result), indent=2) if json else to_text(result))
