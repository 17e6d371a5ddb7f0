"""`latentkit diagnose`."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from latentkit import shell
from latentkit.commands import inputs

if TYPE_CHECKING:
    from typing import BinaryIO


def _list(requested: bool) -> None:
    if requested:
        from latentkit import diagnosis

        shell.emit(diagnosis.list_rules())
        raise typer.Exit


def _explain(id: str | None) -> None:
    if id is not None:
        from latentkit import diagnosis

        text = diagnosis.explain(id)
        if text is None:
            raise typer.BadParameter(f"there is no rule {id!r}; `latentkit diagnose --list` lists all rules")
        shell.emit(text)
        raise typer.Exit


def _source(argument: str) -> "str | BinaryIO":
    if argument != "-":
        return argument
    if sys.stdin is None or sys.stdin.isatty():
        raise typer.BadParameter(
            "standard input is a terminal; name a run, a log or latents, or pipe a log in (pbpaste | latentkit diagnose)"
        )
    return sys.stdin.buffer


def diagnose(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|FILE|-]",
            help="Run folder, training log, TensorBoard folder, or latents.",
        ),
    ] = "-",
    latents: Annotated[
        str | None, typer.Option(metavar="FILE", help="Latents of the model whose log is diagnosed.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="CSV", help="Labels for --latents: id,label lines, or one per row."),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGES", help="Images to embed and reconstruct with the run. Repeatable."),
    ] = None,
    pixels: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Height x width x channels, if unknown."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.diagnosis/2.")] = False,
    require: Annotated[
        Literal["healthy"] | None, typer.Option(help="Exit with 3 on any error or warning.")
    ] = None,
    list_rules: Annotated[
        bool, typer.Option("--list", help="List all rules.", callback=_list, is_eager=True)
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Explain one rule, such as P8.", callback=_explain, is_eager=True),
    ] = None,
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """Find out what went wrong in a training.

    Reads a latentkit run, or the log of a VAE trained with any framework: a pasted Keras log, CSV, JSON, Lightning's
    metrics.csv, TensorBoard events, or latents (.npz with mu and logvar). Each finding comes with the numbers behind
    it, why it matters, and what to change in Keras, PyTorch or latentkit. Checks that were not possible are listed.
    """
    import json as jsons

    from latentkit import diagnosis, progress

    shell.quiet(quiet)
    request = diagnosis.DiagnosisRequest(
        _source(source),
        latents=None if latents is None else shell.load_latents(latents, labels),
        images=inputs.sources(images, None, None) if images else None,
        pixels=pixels,
        cache=not no_cache,
    )
    with progress.Counter("reading images", quiet=quiet) as counter:
        result = diagnosis.diagnose(request, counter)
    shell.emit(jsons.dumps(diagnosis.to_json(result), indent=2) if json else diagnosis.to_text(result))
    if require is not None and not result.healthy:
        ids = ", ".join(
            dict.fromkeys(finding.id for finding in result.findings if finding.severity != "note")
        )
        reason = ids or (diagnosis.verdict(result) if result.checked else "no rule could be checked")
        raise shell.UnmetRequirement(f"--require healthy is not met: {reason}")
