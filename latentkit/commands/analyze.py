"""`latentkit analyze`."""

from typing import Annotated, Any

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.commands.choices import method_option
from latentkit.commands.fields import with_options
from latentkit.methods import CLUSTERINGS, PROJECTIONS


def _options() -> type:
    from latentkit.training.options import Options

    return Options


def _methods(text: str) -> str:
    """Check the value of `--project`; raise a usage error unless it names projections."""
    if unknown := [name for name in text.split(",") if name not in PROJECTIONS]:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(PROJECTIONS.names)}")
    return text


@with_options(_options, only_named=True)
def analyze(
    out: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="Folder of the results.")],
    images: inputs.Images = None,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    folders: inputs.Folders = "auto",
    labels: inputs.Labels = None,
    project: Annotated[
        str,
        typer.Option(metavar="METHODS", help="Projections, separated by commas.", callback=_methods),
    ] = "pca,umap",
    cluster: Annotated[
        str | None,
        method_option(CLUSTERINGS, "--cluster", help="Clustering method.  [default: n2d]"),
    ] = None,
    backend: inputs.Backend = None,
    device: inputs.Device = "auto",
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
    **options: Any,
) -> None:
    """Analyze images from end to end.

    Checks the images, trains a VAE, embeds, projects and clusters the images, and judges whether the classes separate and
    whether the training went well. Prints the path of one page with all of it, to open in a browser.

    The same command continues after Ctrl-C or an error, and does again only what changed options, images or labels
    require. The options are those of `latentkit train`. The folder holds what the commands of these steps write:
    scan.txt, run/, latents.npz, report.txt, report.json, diagnosis.txt, curves.png, reconstructions.png and page.html.

    Examples:

        latentkit analyze photos -o out

        latentkit analyze photos -o out --latent 16 --epochs 100

        latentkit analyze X.npy -o out --labels labels.csv --project umap
    """
    from pathlib import Path

    from latentkit.analysis.analyze import analyze, read_verdict
    from latentkit.analysis.request import AnalyzeRequest
    from latentkit.analysis_progress import AnalysisProgress
    from latentkit.text import wrap

    shell.quiet(quiet)
    request = AnalyzeRequest(
        images=inputs.sources(images, files_from, files0_from, folders),
        out=Path(out),
        options={name: value for name, value in options.items() if value is not None},
        labels=labels,
        projections=tuple(dict.fromkeys(project.split(","))),
        clustering=cluster or "n2d",
        backend=backend,
        device=device,
        workers="auto" if workers == "auto" else int(workers),
        cache=not no_cache,
        named=inputs.quoted(images, files_from, files0_from),
    )
    with AnalysisProgress(quiet=quiet) as progress:
        page = analyze(request, progress)
    shell.say("\n".join(wrap(read_verdict(request.out))))
    shell.say("the page to open in a browser:")
    shell.emit(str(page))
