"""The page of a report: the verdict, the plot, the tables, the training run and the findings."""

from collections.abc import Sequence
from dataclasses import dataclass

from latentkit import diagnosis
from latentkit.diagnosis.readers import from_latents
from latentkit.errors import PictureError, ProjectionError
from latentkit.formats.latents import Latents
from latentkit.images import ImageSet, Source
from latentkit.page.document import Page, document
from latentkit.page.explorer import Explorer, explorer
from latentkit.page.markup import Markup, tag
from latentkit.page.reconstructions import reconstructions
from latentkit.page.thumbnails import Progress, load_matching, thumbnails
from latentkit.page.training import training
from latentkit.page.verdict import tables, verdict
from latentkit.pictures.history import from_run
from latentkit.projection import project
from latentkit.run import Run
from latentkit.separation.report import Report

__all__ = ["Request", "report_page"]

TITLE = "Do the classes separate?"


@dataclass(frozen=True)
class Request:
    """The contents of a page."""

    report: Report
    latents: Latents
    run: Run | None = None
    """The run of the latents, for the curves and findings of its training."""
    images: Sequence[Source] | ImageSet | None = None
    """Images for thumbnails and, with the run, for reconstructions and findings; if loaded, then with its transform."""
    diagnosed: diagnosis.Diagnosis | None = None
    """The findings about the run; None: diagnose it."""
    cache: bool = True


def report_page(request: Request, progress: Progress | None = None) -> Page:
    """Return the page. Latents without a projection are shown by PCA, which is fast and deterministic.

    The run's weights and model and the images are each read once. Raises PictureError if the latents are not of the
    run, and ImagesError if no image is in the latents.
    """
    images = _load(request, progress)
    plot = _plot(request.latents, images)
    body = [verdict(request.report), plot.body, *tables(request.report), *_run_sections(request, images)]
    return Page(document(TITLE, body, plot.data, plot.blocks), plot.notes)


def _load(request: Request, progress: Progress | None) -> ImageSet | None:
    """Load the images as the run sees them, or at the size of thumbnails without a run."""
    run, latents = request.run, request.latents
    if request.images is None or isinstance(request.images, ImageSet):
        return request.images
    if run is not None and run.architecture.latent != latents.mu.shape[1]:
        raise PictureError(
            f"{run.path} has {run.architecture.latent} latent dimensions and the latents have {latents.mu.shape[1]}: "
            "name the run that embedded them"
        )
    transform = None if run is None else run.transform
    return load_matching(latents, request.images, transform, cache=request.cache, progress=progress)


def _plot(latents: Latents, images: ImageSet | None) -> Explorer:
    try:
        if not latents.projections():
            pca = project(latents.mu, "pca", unit_prior="schema" in latents.meta)
            latents = pca.add_to(latents)
    except ProjectionError as error:
        return Explorer(tag("p", f"No plot: {error}."), {}, {}, ())
    return explorer(latents, thumbnails=None if images is None else thumbnails(latents, images))


def _run_sections(request: Request, images: ImageSet | None) -> list[Markup]:
    run, latents = request.run, request.latents
    if run is None:
        return [_findings(diagnosis.judge(from_latents(latents, "the latents")))]
    diagnosed = request.diagnosed or diagnosis.diagnose(
        diagnosis.DiagnosisRequest(run, latents=latents, images=images)
    )
    sections = [
        training(from_run(run, str(run.path))),
        None if images is None else reconstructions(run, latents, images),
        _findings(diagnosed),
    ]
    return [section for section in sections if section is not None]


def _findings(diagnosed: diagnosis.Diagnosis) -> Markup:
    checked = f"Checked: {', '.join(diagnosed.checked) or 'nothing'}."
    if diagnosed.not_checked:
        not_checked = ", ".join(id for id, _ in diagnosed.not_checked)
        checked += f" Not checked, because the data they need is missing: {not_checked}."
    return tag(
        "section",
        tag("h2", "Findings"),
        tag("p", diagnosis.verdict(diagnosed)),
        tag("p", diagnosed.facts.source, class_="note"),
        *(_finding(finding) for finding in diagnosed.findings),
        tag("p", checked, class_="note"),
    )


def _finding(finding: diagnosis.Finding) -> Markup:
    fields = [
        ("evidence", finding.evidence),
        ("confirm", finding.confirm),
        ("why", finding.why),
        ("Keras", finding.fix.keras),
        ("PyTorch", finding.fix.pytorch),
        ("latentkit", finding.fix.latentkit),
        ("source", finding.source),
    ]
    terms = [part for name, value in fields if value for part in (tag("dt", name), tag("dd", value))]
    suspected = " (suspected)" if finding.confirm else ""
    return tag(
        "article",
        tag("span", finding.severity, class_="kind"),
        tag("h3", f"{finding.id} {finding.title}{suspected}"),
        tag("dl", *terms),
        class_=f"finding {finding.severity}",
    )
