"""`latentkit scan`."""

from typing import Annotated, Literal

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.text import escape


def scan(
    images: inputs.Images = None,
    files_from: inputs.FilesFrom = None,
    files0_from: inputs.Files0From = None,
    size: Annotated[
        int | None,
        typer.Option(min=1, help="Pixels on a side, as for train.", show_default="by the images, at most 64"),
    ] = None,
    color: Annotated[Literal["auto", "rgb", "gray"], typer.Option(help="As for train.")] = "auto",
    fit: Annotated[Literal["crop", "pad", "stretch"], typer.Option(help="As for train.")] = "crop",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.scan/1.")] = False,
    require: Annotated[
        Literal["clean"] | None,
        typer.Option(help="Exit 3 if there are faults, identical files or anything to warn of."),
    ] = None,
    workers: inputs.Workers = "auto",
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Look at images before training on them: what is there, what is broken, what is there twice.

    Counts by format, mode, size and class; files that cannot be read; identical and nearly identical images;
    and whether size, format, camera or brightness alone gives the class away, so that a good separation would
    prove nothing. Ends with a line to train with. What is decoded here, train need not decode again.
    """
    import json as jsons

    from latentkit import progress
    from latentkit.diagnosis import scan as scanning

    shell.quiet(quiet)
    request = scanning.Request(
        inputs.sources(images, files_from, files0_from),
        size,
        color,
        fit,
        "auto" if workers == "auto" else int(workers),
        not no_cache,
    )
    with progress.Counter("scanning", quiet=quiet) as counter:
        found = scanning.scan(request, counter)
    named = [
        *(images or []),
        *(["--files-from", files_from] if files_from else []),
        *(["--files0-from", files0_from] if files0_from else []),
    ]
    suggested = scanning.arguments(
        named, images=found.readable, size=found.transform.size, color=color, fit=fit
    )
    shell.emit(
        jsons.dumps(scanning.to_json(found, suggested), indent=2)
        if json
        else scanning.to_text(found, suggested, escape)
    )
    if found.note:
        shell.say(found.note)
    if require is not None and not found.clean:
        titles = ", ".join(
            dict.fromkeys(one.title.lower() for one in found.findings if one.severity != "note")
        )
        raise shell.UnmetRequirement(f"--require clean does not hold: {titles}")
