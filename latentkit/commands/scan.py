"""`latentkit scan`."""

from typing import Annotated, Literal

import typer

from latentkit import shell
from latentkit.commands import inputs


def scan(
    images: inputs.Images = None,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    folders: inputs.Folders = "auto",
    size: Annotated[
        int | None,
        typer.Option(min=1, help="Pixels on a side, as in train.", show_default="by the images, at most 64"),
    ] = None,
    color: Annotated[Literal["auto", "rgb", "gray"], typer.Option(help="Color mode, as in train.")] = "auto",
    fit: Annotated[
        Literal["crop", "pad", "stretch"], typer.Option(help="Fit to a square, as in train.")
    ] = "crop",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.scan/1.")] = False,
    require: Annotated[
        Literal["clean"] | None,
        typer.Option(help="Exit with 3 on faults, identical files or warnings."),
    ] = None,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Check images before training on them.

    Counts images by format, mode, size and class. Lists unreadable files and identical or nearly identical images.
    Tests whether size, format, camera or brightness alone predicts the class: then classes that separate prove
    nothing. Ends with a command to train with. Decoded images are cached for train.
    """
    import json as jsons

    from latentkit import progress
    from latentkit.diagnosis import scan as scanning

    shell.quiet(quiet)
    found = inputs.sources(images, files_from, files0_from, folders)
    request = scanning.ScanRequest(
        found,
        size,
        color,
        fit,
        "auto" if workers == "auto" else int(workers),
        not no_cache,
    )
    with progress.Counter("scanning", quiet=quiet) as counter:
        survey = scanning.scan(request, counter)
    arguments = [
        *(images or []),
        *(["--files-from", files_from] if files_from else []),
        *(["--files0-from", files0_from] if files0_from else []),
        *(["--folders", folders] if folders != "auto" else []),
    ]
    suggested = scanning.train_command(
        arguments,
        images=survey.different,
        size=survey.transform.size,
        color=color,
        fit=fit,
        held_out="validation" in found.folders.sides.values(),
    )
    shell.emit(
        jsons.dumps(scanning.to_json(survey, suggested), indent=2)
        if json
        else scanning.to_text(survey, suggested)
    )
    if survey.note:
        shell.say(survey.note)
    if require is not None and not survey.clean:
        titles = ", ".join(
            dict.fromkeys(one.title.lower() for one in survey.findings if one.severity != "note")
        )
        raise shell.UnmetRequirement(f"--require clean is not met: {titles}")
