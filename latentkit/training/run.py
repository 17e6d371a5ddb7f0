"""One run from images to weights: what `latentkit train` does, apart from the shell.

It reads, divides, trains and writes; what it has to say it hands to a listener, as plain events.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any, Literal

from latentkit import registry
from latentkit.architecture import RECIPES, Architecture, initial_weights, parameters
from latentkit.errors import TrainingError
from latentkit.formats import history
from latentkit.formats.run import begin, check_free, read_images, read_record, write_images, write_record
from latentkit.formats.tensors import write_tensors
from latentkit.images import Cache, ImageSet, Skipped, Source, Transform, find, load, pixel_pca, resolve_color
from latentkit.objective import Objective
from latentkit.protocol import Model, State
from latentkit.randomness import generator
from latentkit.training.checkpoint import Checkpoint, restore
from latentkit.training.data import Data, digest, divide, refuse_change
from latentkit.training.diary import Diary, Examiner, Noticed
from latentkit.training.interrupt import BetweenSteps
from latentkit.training.loop import Event, Loop, Position, Stepped, Stopped, Validated, batches_per_epoch
from latentkit.training.options import Options, resolve, resume

__all__ = ["Began", "Ended", "LeftOut", "Listener", "Noticed", "Read", "Request", "Said", "train"]


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    images: list[Source]
    out: Path
    given: Mapping[str, Any]
    """The options that were named, as fields of Options."""
    backend: str | None = None
    device: str = "auto"
    resume: bool = False
    overwrite: bool = False
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


@dataclass(frozen=True)
class Read:
    """Images were read."""

    done: int
    total: int


@dataclass(frozen=True)
class Said:
    """Something to be told in words."""

    text: str


@dataclass(frozen=True)
class Began:
    """Training is about to begin, or to go on."""

    options: Options
    training: int
    validation: int
    steps_done: int
    steps: int
    parameters: int
    backend: str
    device: str


@dataclass(frozen=True)
class Ended:
    """Training is over, for the reason given in words."""

    text: str
    run: Path
    worries: tuple[str, ...] | None
    """Ids of the errors and warnings that were noticed; None where nobody looked."""


@dataclass(frozen=True)
class LeftOut:
    """Images that could not be read, of how many."""

    skipped: tuple[Skipped, ...]
    total: int


Listener = Callable[[Event | Read | LeftOut | Said | Began | Noticed | Ended], None]


def train(request: Request, listen: Listener, examiner: Examiner | None = None) -> None:
    """Train, or go on with, the run in `request.out`; `examiner` looks over its history as it grows.

    KeyboardInterrupt passes through after the run's state is saved, and a TrainingError of the loop after the best
    weights are. Whatever else happens, a kill too, leaves the checkpoint before it.
    """
    record: dict[str, Any] = {}
    if request.resume:
        record = read_record(request.out)
        options = resume(record["options"], request.given)
    else:
        check_free(request.out, overwrite=request.overwrite)
        options = resolve(request.given)
    name, backend = registry.choose(request.backend, record.get("backend", {}).get("name"))
    device = backend.devices()[0] if request.device == "auto" else request.device
    transform = _transform(options, record, request)
    data = _read(request, options, transform, listen)
    if request.resume:
        refuse_change(read_images(request.out), data.images)
    architecture, objective = _network(options, transform, record), _objective(options)
    steps = options.epochs * batches_per_epoch(len(data.training), options.batch)
    # Nothing is written before the model stands: what cannot be built costs no run that is there already.
    state, position, best = _start(request, architecture, options, steps)
    model = backend.build(architecture, objective, state, device=device)
    if request.resume:
        history.cut_back(request.out / "history.jsonl", position.step)
    else:
        begin(request.out, overwrite=request.overwrite)
    record |= {
        "state": "running",
        "architecture": architecture.to_json(),
        "objective": vars(objective),
        "options": options.to_json(),
        "seed": options.seed,
        "images": _about(data, transform),
        "backend": {"name": name, "version": backend.version(), "device": device},
        "best": None,
        "validation": None,
        "versions": {package: version(package) for package in ("latentkit", "numpy")}
        | {"python": sys.version.split()[0]},
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
        )
    )
    loop = Loop(model, data, options, objective, position)
    diary = Diary(request.out / "history.jsonl", data.images, examiner)
    _run(loop, model, Checkpoint(request.out, best), request.out, record, diary, listen)


def _transform(options: Options, record: Mapping[str, Any], request: Request) -> Transform:
    if record:
        return Transform.from_json(record["images"]["transform"])
    color = options.color
    if color == "auto":
        held_out = find([options.validation]) if isinstance(options.validation, str) else []
        color = resolve_color([*request.images, *held_out], workers=request.workers)
    return Transform(options.size, color, options.fit)  # type: ignore[arg-type]  # checked by Transform


def _read(request: Request, options: Options, transform: Transform, listen: Listener) -> Data:
    """Every image, read once and divided."""
    with Cache() if request.cache else nullcontext() as cache:

        def read(sources: list[Source]) -> ImageSet:
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


def _about(data: Data, transform: Transform) -> dict[str, Any]:
    return {
        "count": len(data.images.ids),
        "train": len(data.training),
        "validation": len(data.validation),
        "digest": digest(data.images),
        "transform": transform.as_json(),
    }


def _write_baseline(path: Path, data: Data, options: Options) -> None:
    training = data.training
    found = pixel_pca.fit(training.pixels, training.rows, options.latent, generator(options.seed, "baseline"))
    write_tensors(path / "baseline.safetensors", found._asdict(), {})


def _start(
    request: Request, architecture: Architecture, options: Options, steps: int
) -> tuple[State, Position, State | None]:
    """The state, the position and the best weights from which to go on, or to begin."""
    if request.resume:
        return restore(request.out)
    weights = initial_weights(architecture, options.seed)
    state: State = {f"weights/{name}": value for name, value in weights.items()}
    return state, Position.beginning(options, steps), None


def _run(
    loop: Loop,
    model: Model,
    checkpoint: Checkpoint,
    path: Path,
    record: dict[str, Any],
    diary: Diary,
    listen: Listener,
) -> None:
    """Drive the loop; whatever ends it, the record says so and the best weights are on disk."""
    position = loop.position

    def look_over(state: str) -> None:
        for noticed in diary.look_over(record | position.best | {"state": state}, position.step):
            listen(noticed)

    def end(state: str, text: str) -> None:
        look_over(state)
        listen(Ended(text, path, diary.worries()))

    def save(state: str) -> None:
        checkpoint.save(model, position)
        write_record(path, record | position.best | {"state": state})

    early = False
    with BetweenSteps() as signals:
        save("running")
        try:
            for event in loop.events(lambda: signals.asked):
                match event:
                    case Validated():
                        diary.append(event.record)
                        if event.improved:
                            checkpoint.improved(model)
                    case Stepped() if checkpoint.due():
                        loop.settle()
                        save("running")
                    case Stopped(early):
                        pass
                listen(event)
                if isinstance(event, Validated):
                    look_over("running")
        except TrainingError:
            checkpoint.save_best()
            write_record(path, record | position.best | {"state": "stopped"})
            end("stopped", "stopped by a figure that is not finite")
            raise
        if signals.asked:
            save("interrupted")
            end("interrupted", f"stopped after step {position.step}; go on with --resume")
            signals.act()
        else:
            save("done")
            end("done", "stopped early: the validation loss no longer fell" if early else "done")
