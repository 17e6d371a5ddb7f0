"""The page that one sends to a colleague: the verdict, the picture, the tables, the training, what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latentkit import diagnosis
from latentkit.diagnosis.readers import from_latents
from latentkit.errors import ProjectionError
from latentkit.formats import history
from latentkit.formats.latents import Latents
from latentkit.formats.run import read_record
from latentkit.images import Source
from latentkit.page.document import document
from latentkit.page.explorer import Explorer, explorer
from latentkit.page.findings import findings
from latentkit.page.interactive import Page
from latentkit.page.markup import Markup, tag
from latentkit.page.matched import matched
from latentkit.page.reconstructions import reconstructions
from latentkit.page.training import training
from latentkit.page.verdict import tables, verdict
from latentkit.projection import project
from latentkit.separation.report import Report

__all__ = ["Request", "colleague"]

TITLE = "Do the classes separate?"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    report: Report
    latents: Latents
    run: Path | None = None
    """For the curves and findings of its training."""
    images: Sequence[Source] | None = None
    """For thumbnails, and with the run for reconstructions."""
    cache: bool = True


def colleague(request: Request, progress: Progress | None = None) -> Page:
    """The page. Latents without a projection are shown by PCA, which is quick and the same every time; where
    there is none to be had, the page says why."""
    seen = _explorer(request, progress)
    body = [verdict(request.report), seen.body, *tables(request.report), *_of_run(request, progress)]
    return Page(document(TITLE, body, seen.data, seen.blocks), seen.words)


def _explorer(request: Request, progress: Progress | None) -> Explorer:
    try:
        latents = _projected(request.latents)
    except ProjectionError as error:
        return Explorer(tag("p", f"No picture: {error}."), {}, {}, ())
    thumbnails = None
    if request.images is not None:
        thumbnails = matched(latents, request.images, cache=request.cache, progress=progress)
    return explorer(latents, thumbnails=thumbnails)


def _projected(latents: Latents) -> Latents:
    if latents.projections():
        return latents
    return project(latents.mu, "pca", unit_prior="schema" in latents.meta).add_to(latents)


def _of_run(request: Request, progress: Progress | None) -> list[Markup]:
    run, images, cache = request.run, request.images, request.cache
    if run is None:
        return [findings(diagnosis.judge(from_latents(request.latents, "the latents")))]
    read_record(run)
    parts = [training(history.read(run / "history.jsonl"))]
    if images is not None:
        parts.append(reconstructions(run, request.latents, images, cache=cache, progress=progress))
    asked = diagnosis.Request(str(run), latents=request.latents, images=images, cache=cache)
    parts.append(findings(diagnosis.diagnose(asked, progress)))
    return [part for part in parts if part is not None]
