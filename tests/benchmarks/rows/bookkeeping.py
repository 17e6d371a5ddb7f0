"""What a run does beside computing: batches, checkpoints, figures, history, progress and diagnosis as it goes."""

import io
import sys
import time
from contextlib import redirect_stderr
from dataclasses import replace

import numpy as np

from latentkit import registry
from latentkit.diagnosis import watch
from latentkit.images import find
from latentkit.progress import TrainingProgress
from latentkit.training.events import Ended, Started
from latentkit.training.train import TrainRequest, train

from .. import material
from ..measure import at_most
from ..row import Line, Scale, alone
from .training import CONV


class Timed:
    """A model that keeps the time spent in it."""

    def __init__(self, model) -> None:
        self._model = model
        self.spent = {"step": 0.0, "evaluate": 0.0, "state": 0.0}

    def __getattr__(self, name: str):
        return getattr(self._model, name)

    def step(self, batch, **how):
        return self._timed("step", batch, **how)

    def evaluate(self, batch):
        return self._timed("evaluate", batch)

    def state(self):
        return self._timed("state")

    def _timed(self, name: str, *given, **how):
        begun = time.perf_counter()
        found = getattr(self._model, name)(*given, **how)
        self.spent[name] += time.perf_counter() - begun
        return found


class Terminal(io.StringIO):
    """Something that progress is drawn on."""

    def isatty(self) -> bool:
        return True


def share(scale: Scale) -> list[Line]:
    """Of the time from the first step to the last word, what is not spent in updates and evaluations."""
    path = scale.folder / "X.npy"
    np.save(path, material.noise(scale.of(1000, 400), 64, 3))
    backend = registry.load("torch")
    models: list[Timed] = []

    def build(*given, **how) -> Timed:
        models.append(Timed(backend_build(*given, **how)))
        return models[-1]

    backend_build, backend.build = backend.build, build
    found = []
    for turn in range(scale.of(3, 1)):
        times: dict[type, float] = {}
        with redirect_stderr(Terminal()), TrainingProgress() as shown:

            def listen(
                event: object, shown: TrainingProgress = shown, times: dict[type, float] = times
            ) -> None:
                times.setdefault(type(event), time.perf_counter())
                shown(event)

            given = {"epochs": scale.of(10, 4), "latent": CONV["latent"], "batch": CONV["batch"]}
            train(TrainRequest(find([str(path)]), scale.folder / f"run{turn}", given), listen, watch)
            over = time.perf_counter()
        whole = over - times[Started]
        if Ended not in times:
            raise AssertionError("the run did not end")
        spent = models[-1].spent
        found.append(100 * (1 - (spent["step"] + spent["evaluate"]) / whole))
    backend.build = backend_build
    sys.stderr.flush()
    copies = 100 * spent["state"] / whole
    why = f"copies of the state {copies:.1f} %, the rest batches, files, figures, diagnosis and words"
    line = alone("all of a run but updates and evaluations", "% of its time", found, at_most(3))
    return [line if line.passed else replace(line, why=why)]
