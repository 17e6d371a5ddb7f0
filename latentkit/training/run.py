"""One run from images to weights: what `latentkit train` does, apart from the shell.

It reads, divides, trains and writes; what it has to say it hands to a listener, as plain events.
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
from latentkit.formats.run import (
    check_available,
    create,
    read_images,
    read_record,
    write_images,
    write_record,
)
from latentkit.formats.tensors import write_tensors
from latentkit.group import first_reads, join, size_of
from latentkit.images import Cache, ImageSet, Source, Transform, find, load, pixel_pca, resolve_color
from latentkit.installation import versions
from latentkit.launch import before_meeting
from latentkit.objective import Objective
from latentkit.protocol import Backend, Group, State, takes
from latentkit.randomness import generator
from latentkit.training.agreement import refuse_difference
from latentkit.training.checkpoint import Checkpoint, restore
from latentkit.training.data import Data, digest, divide, refuse_change
from latentkit.training.diary import Diary, Examiner
from latentkit.training.drive import drive, follow
from latentkit.training.events import Began, LeftOut, Listener, Read, Said
from latentkit.training.loop import Loop, Position, batches_per_epoch
from latentkit.training.options import DEFAULTS, Options, resolve, resume

__all__ = ["TrainRequest", "train"]


@dataclass(frozen=True)
class TrainRequest:
    """What a person asked for."""

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


def train(request: TrainRequest, listen: Listener, examiner: Examiner | None = None) -> None:
    """Train, or go on with, the run in `request.out`; `examiner` looks over its history as it grows.

    KeyboardInterrupt passes through after the run's state is saved, and a TrainingError of the loop after the best
    weights are. Whatever else happens, a kill too, leaves the checkpoint before it.
    """
    with before_meeting():
        record = read_record(request.out) if request.resume else {}
        name, backend = registry.choose(request.backend, record.get("backend", {}).get("name"))
    with join(backend, request.device) as group:
        _train(request, name, backend, record, group, listen, examiner)


def _train(
    request: TrainRequest,
    name: str,
    backend: Backend,
    record: dict[str, Any],
    group: Group | None,
    listen: Listener,
    examiner: Examiner | None,
) -> None:
    if request.resume:
        options = resume(record["options"], request.options)
    else:
        check_available(request.out, overwrite=request.overwrite)
        options = resolve(request.options)
    how = _how(name, backend, options, request, group)
    transform = _transform(options, record, request)
    with first_reads(group, cached=request.cache):
        data = _read(request, options, transform, listen)
    if request.resume:
        refuse_change(read_images(request.out), data.images)
    architecture, objective = _network(options, transform, record), _objective(options)
    steps = options.epochs * batches_per_epoch(len(data.training), options.batch)
    # Nothing is written before the model stands: what cannot be built costs no run that is there already.
    state, position, best = _start(request, architecture, options, steps)
    if group is None:
        device = backend.devices()[0] if request.device == "auto" else request.device
    else:
        device = group.device
        refuse_difference(group, options, transform, data, position)
    model = backend.build(architecture, objective, state, device=device, **how)
    loop = Loop(model, data, options, objective, position, group)
    if group is not None and group.rank > 0:
        follow(loop, group)
        return
    if request.resume:
        history.truncate(request.out / "history.jsonl", position.step)
    else:
        create(request.out, overwrite=request.overwrite)
    record |= {
        "state": "running",
        "architecture": architecture.to_json(),
        "objective": vars(objective),
        "options": options.to_json(),
        "seed": options.seed,
        "images": _about(data, transform),
        "backend": {
            "name": name,
            "version": backend.version(),
            "device": device,
            "processes": size_of(group),
            "compiled": request.compile,
        },
        "best": None,
        "validation": None,
        "versions": versions("numpy") | {"python": sys.version.split()[0]},
    }
    write_record(request.out, record | position.best)
    if not request.resume:
        write_images(request.out, data.images)
        _write_baseline(request.out, data, options)
    listen(
        Began(
            options,
            training=len(data.training),
            validation=len(data.validation),
            steps_done=position.step,
            steps=steps,
            parameters=sum(map(prod, parameters(architecture).values())),
            backend=backend.version(),
            device=device,
            processes=size_of(group),
        )
    )
    diary = Diary(request.out / "history.jsonl", data.images, examiner)
    drive(loop, model, Checkpoint(request.out, best), request.out, record, diary, listen, group)


def _transform(options: Options, record: Mapping[str, Any], request: TrainRequest) -> Transform:
    if record:
        return Transform.from_json(record["images"]["transform"])
    color = options.color
    if color == "auto":
        held_out = find([options.validation]) if isinstance(options.validation, str) else []
        color = resolve_color([*request.images, *held_out], workers=request.workers)
    return Transform(options.size, color, options.fit)


def _read(request: TrainRequest, options: Options, transform: Transform, listen: Listener) -> Data:
    """Every image, read once and divided."""
    with Cache() if request.cache else nullcontext() as cache:

        def read(sources: Sequence[Source]) -> ImageSet:
            images = load(
                sources,
                transform,
                workers=request.workers,
                cache=cache,
                progress=lambda done, total: listen(Read(done, total)),
            )
            if images.skipped:
                listen(LeftOut(images.skipped, len(sources)))
            return images

        images = read(request.images)
        folder = options.validation
        held_out = read(find([folder])) if isinstance(folder, str) else folder
        if cache is not None and cache.note:
            listen(Said(cache.note))
    data = divide(images, held_out, options.seed)
    if data.leaked:
        listen(Said(f"{data.leaked} training images are left out: the validation folder has them too"))
    return data


def _network(options: Options, transform: Transform, record: Mapping[str, Any]) -> Architecture:
    """That of the run, or of a recipe; a run's rows outlive the recipe that made them."""
    if record:
        return Architecture.from_json(record["architecture"])
    width = {} if options.width is None else {"width": options.width}
    return RECIPES[options.arch](transform.shape, options.latent, **width)


def _objective(options: Options) -> Objective:
    shared = {field.name: getattr(options, field.name) for field in fields(Objective)}
    return Objective(**shared)


def _how(
    name: str, backend: Backend, options: Options, request: TrainRequest, group: Group | None
) -> dict[str, Any]:
    """What is asked of a backend that not every one has; raises BackendError where this one has it not."""
    usual = DEFAULTS.precision
    asked: dict[str, Any] = {"compile": True} if request.compile else {}
    if options.precision != usual:
        asked["precision"] = options.precision
    words = {
        "compile": "--compile: leave it out",
        "precision": f"--precision {options.precision}: give --precision {usual}",
    }
    for option in asked:
        if not takes(backend, option):
            raise BackendError(f"the {name} backend cannot do {words[option]}, or use --backend torch")
    return asked if group is None else asked | {"group": group}


def _about(data: Data, transform: Transform) -> dict[str, Any]:
    return {
        "count": len(data.images.ids),
        "train": len(data.training),
        "validation": len(data.validation),
        "digest": digest(data.images),
        "transform": transform.to_json(),
    }


def _write_baseline(path: Path, data: Data, options: Options) -> None:
    training = data.training
    found = pixel_pca.fit(training.pixels, training.rows, options.latent, generator(options.seed, "baseline"))
    write_tensors(path / "baseline.safetensors", found._asdict(), {})


def _start(
    request: TrainRequest, architecture: Architecture, options: Options, steps: int
) -> tuple[State, Position, State | None]:
    """The state, the position and the best weights from which to go on, or to begin."""
    if request.resume:
        return restore(request.out)
    weights = initial_weights(architecture, options.seed)
    state: State = {f"weights/{name}": value for name, value in weights.items()}
    return state, Position.beginning(options, steps), None
