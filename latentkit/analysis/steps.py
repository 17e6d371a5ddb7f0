"""The steps of an analysis: what each is made from, what it writes, and the call that makes it.

A step uses the same functions as the command of its name. It returns a few words for the user, which may be empty.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from latentkit import __version__, clustering, diagnosis, embedding, page, projection
from latentkit.analysis.pictures import CURVES, RECONSTRUCTIONS, draw_curves, draw_reconstructions
from latentkit.analysis.workspace import Workspace
from latentkit.diagnosis import scan
from latentkit.errors import TrainingError
from latentkit.formats.analysis import StepRecord
from latentkit.formats.atomic import replace_file
from latentkit.formats.run import is_run, read_record
from latentkit.methods import CLUSTERINGS
from latentkit.separation.report import to_json, to_text
from latentkit.training.events import ImagesSkipped, Message, Started
from latentkit.training.train import TrainRequest, train

__all__ = ["PAGE", "Step", "steps_of"]

PAGE = "page.html"
FALLBACK = "kmeans"
"""The clustering of images that are too few for the one that was asked for."""

Inputs = dict[str, Any]
Begun = Callable[[], None]
Make = Callable[[Workspace, StepRecord | None, Begun], str]
"""Takes the record of the last time that the step was begun, and a function to call once results of that time are gone."""


@dataclass(frozen=True)
class Step:
    """A part of an analysis."""

    name: str
    outputs: tuple[str, ...]
    """Files in the folder; the step is done again if one is missing."""
    inputs: Callable[[Workspace], Inputs]
    make: "Make"
    after: tuple[str, ...] = ()
    """The steps whose results it uses."""
    optional: bool = False
    """If it raises a LatentkitError, the other steps go on."""
    made: Callable[[Workspace], str | None] = lambda work: None
    """Returns a digest of the result, if that can change by other means."""


def steps_of(work: Workspace) -> list[Step]:
    """Return the steps of a request, in order."""
    projections = [_projection(method) for method in work.request.projections]
    added = tuple(step.name for step in projections)
    latents = ("embed", *added, "cluster", "labels")
    return [
        Step("scan", ("scan.txt",), _scan_inputs, _scan),
        Step(
            "train",
            ("run/run.json", "run/weights.safetensors"),
            _train_inputs,
            _train,
            made=_weights,
        ),
        Step("embed", ("latents.npz",), _images, _embed, ("train",)),
        *projections,
        Step("cluster", (), _cluster_inputs, _cluster, ("embed",), optional=True),
        Step("labels", (), _label_inputs, _label, ("embed",)),
        Step("report", ("report.txt", "report.json"), _seed, _report, latents),
        Step("diagnose", ("diagnosis.txt",), _version, _diagnose, latents),
        Step("curves", (CURVES,), _version, _curves, ("train",), optional=True),
        Step("reconstructions", (RECONSTRUCTIONS,), _version, _draw_pairs, ("train",), optional=True),
        Step("page", (PAGE,), _version, _page, (*latents, "report", "diagnose")),
    ]


# Inputs --------------------------------------------------------------------------------------


def _version(work: Workspace) -> Inputs:
    return {"version": __version__}


def _seed(work: Workspace) -> Inputs:
    return {"seed": work.options.seed} | _version(work)


def _images(work: Workspace) -> Inputs:
    return {"images": work.images_digest}


def _scan_inputs(work: Workspace) -> Inputs:
    options = work.options
    return _images(work) | {"size": options.size, "color": options.color, "fit": options.fit} | _version(work)


def _train_inputs(work: Workspace) -> Inputs:
    return _images(work) | work.options.to_json() | {"backend": work.request.backend}


def _cluster_inputs(work: Workspace) -> Inputs:
    return {"cluster": work.request.clustering, "seed": work.options.seed}


def _label_inputs(work: Workspace) -> Inputs:
    file = work.request.labels
    digest = None if file is None else blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    return _images(work) | {"labels": digest}


def _weights(work: Workspace) -> str | None:
    return work.run.weights_digest


# Making --------------------------------------------------------------------------------------


def _scan(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    request, options = work.request, work.options
    asked = scan.ScanRequest(
        request.images, options.size, options.color, options.fit, request.workers, request.cache
    )
    survey = scan.scan(asked, work.count)
    command = scan.train_command(
        [], images=survey.readable, size=options.size, color=options.color, fit=options.fit
    )
    work.write(
        "scan.txt", scan.to_text(survey, command and command.replace("train", f"train {request.named}", 1))
    )
    if survey.note:
        work.listen(Message(survey.note))
    classes = f", {len(survey.classes)} classes" if survey.classes else ""
    titles = dict.fromkeys(one.title.lower() for one in survey.findings if one.severity != "note")
    found = f"; not clean: {', '.join(titles)}" if titles else ""
    return f"{survey.readable} images{classes}{found}"


def _train(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    """Train; or resume the run, if that leads to what was asked for."""
    request = work.request
    resume = before is not None and _resumable(work, before)
    asked = TrainRequest(
        request.images,
        work.run_path,
        request.options,
        backend=request.backend,
        device=request.device,
        resume=resume,
        overwrite=before is not None and not resume,
        workers=request.workers,
        cache=request.cache,
    )

    def listen(event: object) -> None:
        if isinstance(event, Started):
            begun()
        work.listen(event)

    work.forget_run()
    try:
        train(asked, listen, diagnosis.watch)
    except TrainingError:
        if not is_run(work.run_path) or not _stopped_with_weights(work.run_path):
            raise
        return "its loss was not finite: the best weights before that are used; try a lower --lr, or --clip 1"
    finally:
        work.forget_run()
    return ""


def _resumable(work: Workspace, before: StepRecord) -> bool:
    """Return whether the run is a beginning of the one that was asked for: shorter, or interrupted."""
    if not (is_run(work.run_path) and (work.run_path / "last.safetensors").exists()):
        return False
    record = read_record(work.run_path)
    inputs = _train_inputs(work)
    changed = {
        name for name, value in inputs.items() if name not in before.inputs or before.inputs[name] != value
    }
    longer = inputs["epochs"] >= before.inputs.get("epochs", 0)
    return record.get("state") in ("running", "interrupted", "done") and longer and changed <= {"epochs"}


def _stopped_with_weights(run: Path) -> bool:
    record = read_record(run)
    return record.get("state") == "stopped" and record.get("best") is not None


def _embed(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    request = work.request
    asked = embedding.EmbedRequest(
        work.run, request.images, device=request.device, workers=request.workers, cache=request.cache
    )
    with replace_file(work.path("latents.npz")) as stream:
        embedding.embed(
            asked,
            stream,
            progress=work.count,
            report_skipped=lambda skipped, total: work.listen(ImagesSkipped(tuple(skipped), total)),
        )
    work.forget_latents()
    return f"{work.latents.mu.shape[1]} latents of {len(work.latents)} images"


def _projection(method: str) -> Step:
    def inputs(work: Workspace) -> Inputs:
        return {"seed": work.options.seed}

    def make(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
        result = projection.project(
            work.latents.mu,
            method,
            seed=work.options.seed,
            unit_prior=True,
            tell=lambda text: work.listen(Message(text)),
        )
        work.save(result.add_to(work.latents))
        lines = projection.describe(result).split("\n")
        return next((line for line in lines if line.startswith("Fidelity: ")), "").removeprefix("Fidelity: ")

    return Step(method, (), inputs, make, ("embed",), optional=True)


def _cluster(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    method = work.request.clustering
    if len(work.latents) < CLUSTERINGS[method].fewest:
        method = FALLBACK
    result = clustering.cluster(
        work.latents, method, seed=work.options.seed, tell=lambda text: work.listen(Message(text))
    )
    work.save(clustering.with_clusters(work.latents, result.model, result.assignment))
    return f"{CLUSTERINGS.title(method)}: {result.model.clusters} clusters"


def _label(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    """Add the labels of the CSV, or the folder names: an earlier call may have added others."""
    latents, file = work.latents, work.request.labels
    if file is None:
        label_of: Mapping[str, str] = {source.id: source.label for source in work.request.images}
        labels = np.array([label_of[id] for id in latents.ids.tolist()], dtype=np.str_)
    else:
        labels = work.read_labels(latents.ids.tolist(), file)
    if latents.labels is None or not np.array_equal(labels, latents.labels):
        work.save(latents.with_arrays(labels=labels))
    names = np.unique(labels[labels != ""])
    if not len(names):
        return "there are none"
    return f"{int((labels != '').sum())} of {len(labels)} images in {len(names)} classes"


def _report(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    work.write("report.txt", to_text(work.report))
    work.write("report.json", json.dumps(to_json(work.report), indent=2))
    verdict = work.report.verdict
    return f"separable: {verdict.separable}; visible: {verdict.visible}"


def _diagnose(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    work.write("diagnosis.txt", diagnosis.to_text(work.diagnosis))
    ids = dict.fromkeys(one.id for one in work.diagnosis.findings if one.severity != "note")
    return f"{diagnosis.verdict(work.diagnosis)} {', '.join(ids)}".rstrip()


def _curves(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    work.write(CURVES, draw_curves(work.run))
    return ""


def _draw_pairs(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    request = work.request
    picture = draw_reconstructions(work.run, request.images, workers=request.workers, cache=request.cache)
    work.write(RECONSTRUCTIONS, picture)
    return ""


def _page(work: Workspace, before: StepRecord | None, begun: Begun) -> str:
    made = page.report_page(
        page.Request(work.report, work.latents, work.run, work.images, work.diagnosis), work.count
    )
    work.write(PAGE, made.html)
    for note in made.notes:
        work.listen(Message(note))
    return ""
