"""Train one run, from images to weights: what `latentkit train` does, apart from the command line.

It reads the images, divides them, trains and writes the run; it reports to a listener, as plain events.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from math import prod
from pathlib import Path
from typing import Any, Literal

from latentkit import registry
from latentkit.architecture import RECIPES, Architecture, initial_weights, parameters
from latentkit.errors import BackendError
from latentkit.formats import history
from latentkit.formats.run import check_available, create, write_images, write_record
from latentkit.formats.tensors import write_tensors
from latentkit.group import first_reads, join, size_of
from latentkit.images import Cache, ImageSet, Source, Transform, choose_color, find, load, pixel_pca
from latentkit.installation import versions
from latentkit.launch import rank_0_reports
from latentkit.objective import Objective
from latentkit.protocol import Backend, Group, State, takes
from latentkit.randomness import generator
from latentkit.run import Run, open_run
from latentkit.training.agreement import require_agreement
from latentkit.training.checkpoint import Best, restore
from latentkit.training.data import Data, digest, divide, require_unchanged
from latentkit.training.events import ImagesRead, ImagesSkipped, Listener, Message, Started
from latentkit.training.folders import by_folders
from latentkit.training.history_log import Checker
from latentkit.training.loop import Loop, Position, batches_per_epoch
from latentkit.training.options import DEFAULTS, Options, resolve, resume
from latentkit.training.processes import run_main, run_worker
from latentkit.training.writer import RunWriter

__all__ = ["TrainRequest", "train"]


@dataclass(frozen=True)
class TrainRequest:
    """The images to train on, and how to train on them."""

    images: Sequence[Source]
    out: Path
    options: Mapping[str, Any]
    """The options that were named, as fields of Options."""
    backend: str | None = None
    device: str = "auto"
    compile: bool = False
    resume: bool = False
    overwrite: bool = False
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


@dataclass(frozen=True)
class _Job:
    """A request with everything that it names: each step of `_train` needs some of it."""

    request: TrainRequest
    options: Options
    resumed: Run | None
    """The run that is resumed; None: a new one."""
    backend_name: str
    backend: Backend
    group: Group | None
    listen: Listener

    @property
    def device(self) -> str:
        """The device that this process computes on."""
        if self.group is not None:
            return self.group.device
        return self.backend.devices()[0] if self.request.device == "auto" else self.request.device


@dataclass(frozen=True)
class _Start:
    """Where training starts from."""

    state: State
    position: Position
    best: Best | None
    """The best weights so far, and the held-out images with them."""


def train(request: TrainRequest, listen: Listener, checker: Checker | None = None) -> None:
    """Train, or resume, the run in `request.out`; `checker` looks for problems in its history as it grows.

    KeyboardInterrupt is raised after the run has been saved, and the loop's TrainingError after the best weights have.
    If anything else happens, even a kill, the last checkpoint remains.
    """
    with rank_0_reports():
        run = open_run(request.out) if request.resume else None
        name, backend = registry.choose(
            request.backend, run.record["backend"].get("name") if run is not None else None
        )
    with join(backend, request.device) as group:
        if run is not None:
            options = resume(run.record["options"], request.options)
        else:
            check_available(request.out, overwrite=request.overwrite)
            options = resolve(request.options)
        _train(_Job(request, options, run, name, backend, group, listen), checker)


def _train(job: _Job, checker: Checker | None) -> None:
    features = _features(job)
    transform = _transform(job)
    with first_reads(job.group, cached=job.request.cache):
        data = _read(job, transform)
    if job.resumed is not None:
        require_unchanged(job.resumed.images, data.images)
    architecture, objective = _architecture(job, transform), _objective(job.options)
    start = _start(job, architecture, len(data.training))
    if job.group is not None:
        require_agreement(job.group, job.options, transform, data, start.position)
    # Nothing is written before the model is built: if that fails, an existing run stays as it was.
    model = job.backend.build(architecture, objective, start.state, device=job.device, **features)
    loop = Loop(model, data, job.options, objective, start.position, job.group)
    if job.group is not None and job.group.rank > 0:
        run_worker(loop, job.group)
        return
    record = (job.resumed.record if job.resumed is not None else {}) | _record(
        job, data, transform, architecture, objective
    )
    _write_start(job, data, record | start.position.best, start.position.step)
    if (text := _nothing_left(job, start.position, len(data.training))) is not None:
        job.listen(Message(text))
    job.listen(_started(job, data, architecture, start.position))
    writer = RunWriter(job.request.out, record, data, best=start.best, checker=checker)
    run_main(loop, writer, job.listen, job.group)


def _features(job: _Job) -> dict[str, Any]:
    """Return the optional arguments of the backend's `build`; raises BackendError for one that it does not take."""
    default = DEFAULTS.precision
    features: dict[str, Any] = {"compile": True} if job.request.compile else {}
    if job.options.precision != default:
        features["precision"] = job.options.precision
    advice = {
        "compile": "--compile: leave it out",
        "precision": f"--precision {job.options.precision}: use --precision {default}",
    }
    for feature in features:
        if not takes(job.backend, feature):
            raise BackendError(
                f"the {job.backend_name} backend does not support {advice[feature]}, or use --backend torch"
            )
    return features if job.group is None else features | {"group": job.group}


def _transform(job: _Job) -> Transform:
    """Return the transform of the run, or one that the options ask for."""
    if job.resumed is not None:
        return job.resumed.transform
    options, color = job.options, job.options.color
    if color == "auto":
        validation = find([options.validation]) if isinstance(options.validation, str) else []
        color, note = choose_color([*job.request.images, *validation], workers=job.request.workers)
        if note is not None:
            job.listen(Message(note))
    return Transform(options.size, color, options.fit)


def _read(job: _Job, transform: Transform) -> Data:
    """Read every image once, and divide them."""
    request, options = job.request, job.options
    with Cache() if request.cache else nullcontext() as cache:

        def read(sources: Sequence[Source]) -> ImageSet:
            images = load(
                sources,
                transform,
                workers=request.workers,
                cache=cache,
                progress=lambda done, total: job.listen(ImagesRead(done, total)),
            )
            if images.skipped:
                job.listen(ImagesSkipped(images.skipped, len(sources)))
            return images

        parts = by_folders(
            request.images, options.validation, job.resumed, named="validation" in request.options
        )
        images = read(parts.training)
        validation = parts.validation if isinstance(parts.validation, float) else read(parts.validation)
        if parts.text:
            job.listen(Message(parts.text))
        if cache is not None and cache.note:
            job.listen(Message(cache.note))
    data = divide(images, validation, options.seed)
    if data.leaked:
        job.listen(
            Message(
                f"{data.leaked} training images are skipped because they are in the validation folder too"
            )
        )
    return data


def _architecture(job: _Job, transform: Transform) -> Architecture:
    """Return the network of the run, or that of a recipe: an old run does not depend on today's recipes."""
    if job.resumed is not None:
        return job.resumed.architecture
    width = {} if job.options.width is None else {"width": job.options.width}
    return RECIPES[job.options.arch](transform.shape, job.options.latent, **width)


def _objective(options: Options) -> Objective:
    return Objective(**{field.name: getattr(options, field.name) for field in fields(Objective)})


def _steps(job: _Job, images: int) -> int:
    """Return the number of steps of the whole run."""
    return job.options.epochs * batches_per_epoch(images, job.options.batch)


def _start(job: _Job, architecture: Architecture, images: int) -> _Start:
    """Return the last checkpoint, or the initial weights."""
    if job.resumed is not None:
        return _Start(*restore(job.request.out))
    weights = initial_weights(architecture, job.options.seed)
    state: State = {f"weights/{name}": value for name, value in weights.items()}
    return _Start(state, Position.beginning(job.options, _steps(job, images)), None)


def _nothing_left(job: _Job, position: Position, images: int) -> str | None:
    """Return why a resumed run is over already, and how to train it longer; None if it is not."""
    options = job.options
    if position.step >= _steps(job, images):
        more = f"it has been trained for all {options.epochs} epochs; to train longer, add --epochs {2 * options.epochs}"
    elif position.schedule.is_over(options):
        more = f"it stopped early; to train longer, start a new run with --patience {2 * options.patience}"
    else:
        return None
    return f"nothing is left to do in {job.request.out}: {more}"


def _record(
    job: _Job, data: Data, transform: Transform, architecture: Architecture, objective: Objective
) -> dict[str, Any]:
    """Return the content of run.json, before the first validation."""
    return {
        "state": "running",
        "architecture": architecture.to_json(),
        "objective": vars(objective),
        "options": job.options.to_json(),
        "seed": job.options.seed,
        "images": {
            "count": len(data.images.ids),
            "train": len(data.training),
            "validation": len(data.validation),
            "digest": digest(data.images),
            "transform": transform.to_json(),
        },
        "backend": {
            "name": job.backend_name,
            "version": job.backend.version(),
            "device": job.device,
            "processes": size_of(job.group),
            "compiled": job.request.compile,
        },
        "best": None,
        "validation": None,
        "versions": versions("numpy") | {"python": sys.version.split()[0]},
    }


def _write_start(job: _Job, data: Data, record: Mapping[str, Any], step: int) -> None:
    """Write the files of a new run, or remove the history after the step at which a run is resumed."""
    path = job.request.out
    if job.resumed is not None:
        history.truncate(path / "history.jsonl", step)
    else:
        create(path, overwrite=job.request.overwrite)
    write_record(path, record)
    if job.resumed is None:
        write_images(path, data.images)
        training, random = data.training, generator(job.options.seed, "baseline")
        baseline = pixel_pca.fit(training.pixels, training.rows, job.options.latent, random)
        write_tensors(path / "baseline.safetensors", baseline._asdict(), {})


def _started(job: _Job, data: Data, architecture: Architecture, position: Position) -> Started:
    return Started(
        job.options,
        training=len(data.training),
        validation=len(data.validation),
        steps_done=position.step,
        steps=_steps(job, len(data.training)),
        parameters=sum(map(prod, parameters(architecture).values())),
        backend=job.backend.version(),
        device=job.device,
        processes=size_of(job.group),
        best=position.best.get("best"),
    )
