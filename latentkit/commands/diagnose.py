"""`latentkit diagnose`."""

import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from latentkit import shell
from latentkit.commands import inputs
from latentkit.text import escape

if TYPE_CHECKING:
    from latentkit.diagnosis import Request


def _list(asked: bool) -> None:
    if asked:
        from latentkit import diagnosis

        shell.emit(diagnosis.catalogue())
        raise typer.Exit


def _explain(id: str | None) -> None:
    if id is not None:
        from latentkit import diagnosis

        rule = diagnosis.by_id(id)
        if rule is None:
            raise typer.BadParameter(f"there is no rule {id!r}: `latentkit diagnose --list` names them")
        shell.emit(diagnosis.explain(rule))
        raise typer.Exit


def _request(
    source: str, latents: str | None, labels: str | None, images: list[str] | None, **more: Any
) -> "Request":
    from latentkit.diagnosis import Request

    if source == "-" and (sys.stdin is None or sys.stdin.isatty()):
        raise typer.BadParameter(
            "nothing comes from standard input: name a run, a log or latents, or pipe a log in (pbpaste | latentkit diagnose)"
        )
    return Request(
        sys.stdin.buffer if source == "-" else source,
        latents=None if latents is None else shell.load_latents(latents, labels),
        images=inputs.sources(images, None, None) if images else None,
        **more,
    )


def diagnose(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|FILE|-]",
            help="A run's folder, a training log of any kind, TensorBoard events, or latents; - is standard input.",
        ),
    ] = "-",
    latents: Annotated[
        str | None, typer.Option(metavar="FILE", help="Latents of the same model, to look at beside its log.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="CSV", help="Labels for --latents: lines of id,label, or one label a row."),
    ] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(metavar="IMAGES", help="Images to embed and reconstruct with the run; may be repeated."),
    ] = None,
    pixels: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Height x width x channels, where a log does not tell it."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, schema latentkit.diagnosis/1.")] = False,
    require: Annotated[
        Literal["healthy"] | None, typer.Option(help="Exit 3 if there is an error or a warning.")
    ] = None,
    list_rules: Annotated[
        bool, typer.Option("--list", help="Name every rule.", callback=_list, is_eager=True)
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Say all about one rule, as P8.", callback=_explain, is_eager=True),
    ] = None,
    no_cache: inputs.NoCache = False,
    quiet: inputs.Quiet = False,
) -> None:
    """What went wrong in a training? Reads a run, or the log of a VAE trained anywhere, and says it.

    A pasted Keras log will do, and so will a CSV, JSON, Lightning's metrics.csv, TensorBoard events, or latents (.npz
    with mu and logvar). Each finding comes with the numbers it rests on, why it matters and what to change in
    Keras, PyTorch or latentkit. What could not be checked is said too.
    """
    import json as jsons

    from latentkit import diagnosis, progress
    from latentkit.run import open_run

    shell.quiet(quiet)
    request = _request(source, latents, labels, images, pixels=pixels, cache=not no_cache)
    with progress.Counter("reading images", quiet=quiet) as counter:
        found = diagnosis.diagnose(request, open_run, counter)
    shell.emit(jsons.dumps(diagnosis.to_json(found), indent=2) if json else diagnosis.to_text(found, escape))
    if require is not None and not found.healthy:
        ids = ", ".join(dict.fromkeys(finding.id for finding in found.findings if finding.severity != "note"))
        raise shell.UnmetRequirement(f"--require healthy does not hold: {ids}")
