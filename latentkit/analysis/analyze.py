"""Analyze images in one folder: do each step whose inputs changed, and keep the others."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from latentkit.analysis.events import Listener, StepDone, StepKept, StepLeftOut, StepStarted, StepStopped
from latentkit.analysis.request import AnalyzeRequest
from latentkit.analysis.steps import PAGE, Step, steps_of
from latentkit.analysis.workspace import Workspace
from latentkit.errors import ImagesError, LatentkitError
from latentkit.formats.analysis import StepRecord, read_steps, write_steps
from latentkit.formats.labels import read_labels

__all__ = ["analyze", "read_verdict"]

NOT_OPTIONS = {"images": "the images", "labels": "the labels", "version": "the version of latentkit"}
"""Inputs of steps that are not options of the command line."""


def analyze(request: AnalyzeRequest, listen: Listener) -> Path:
    """Do what is left to do, and return the path of the page.

    An error or Ctrl-C stops the analysis, and what was done before remains. A later call continues from there.
    """
    work = Workspace(request, listen)  # raises an error for impossible options
    if request.labels is not None:  # a wrong table is an error before anything is trained
        read_labels([source.id for source in request.images], request.labels)
    progress = _Progress(work, _open(request.out))
    for number, step in enumerate(progress.steps, 1):
        try:
            progress.do(step, number)
        except BaseException:
            listen(StepStopped(number, len(progress.steps), step.name))
            raise
    return work.path(PAGE)


def read_verdict(out: Path) -> str:
    """Return the verdict of the report in words."""
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return str(report["verdict"]["sentence"])


def _open(out: Path) -> dict[str, StepRecord]:
    """Return what was done in the folder; create it if needed, and refuse one with anything else in it."""
    if out.exists() and not out.is_dir():
        raise ImagesError(f"{out} is a file; name a folder for the analysis")
    records = read_steps(out)
    if not records and out.is_dir() and any(out.iterdir()):
        raise ImagesError(f"{out} is a folder with other files in it, not an analysis; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    return records


class _Progress:
    """The steps, and the record of those that were done."""

    def __init__(self, work: Workspace, records: dict[str, StepRecord]) -> None:
        self._work, self._records = work, records
        self.steps = steps_of(work)

    def do(self, step: Step, number: int) -> None:
        """Do a step unless its result is there, made from the same."""
        work, name = self._work, step.name
        place = (number, len(self.steps), name)
        before = self._records.get(name)
        if before is not None and self._is_current(step, before):
            self._keep(step, replace(before, made=step.made(work)))
            work.listen(StepKept(*place) if before.state == "done" else StepLeftOut(*place, before.note))
            return
        work.listen(StepStarted(*place, () if before is None else _changes(before, step.inputs(work))))
        for dependent in _dependents(name, self.steps):
            self._records.pop(dependent, None)
        # Until the step says otherwise, what lies in the folder was made from the inputs before.
        self._keep(step, StepRecord("started", {} if before is None else before.inputs))
        state = "done"
        try:
            note = step.make(work, before, lambda: self._keep(step, self._now(step, "started")))
        except LatentkitError as error:
            if not step.optional:
                raise
            state, note = "left out", str(error)
        self._keep(step, replace(self._now(step, state), made=step.made(work), note=note))
        work.listen(StepDone(*place, note) if state == "done" else StepLeftOut(*place, note))

    def _now(self, step: Step, state: str) -> StepRecord:
        """Return the record of a step that is made from the inputs of this request."""
        after = {name: self._records[name].token for name in step.after}
        return StepRecord(state, step.inputs(self._work), after)

    def _is_current(self, step: Step, before: StepRecord) -> bool:
        now = self._now(step, before.state)
        return (
            before.state != "started"
            and (before.inputs, before.after) == (now.inputs, now.after)
            and (before.state == "left out" or all(self._work.path(file).exists() for file in step.outputs))
        )

    def _keep(self, step: Step, record: StepRecord) -> None:
        if self._records.get(step.name) != record:
            self._records[step.name] = record
            write_steps(self._work.request.out, self._records)


def _dependents(name: str, steps: Sequence[Step]) -> list[str]:
    """Return the steps that use the result of a step, or of one of these."""
    found = {name}
    for step in steps:  # in order, so that one pass is enough
        if found & set(step.after):
            found.add(step.name)
    return sorted(found - {name})


def _changes(before: StepRecord, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what changed since a step was done."""
    changed = {
        name: (before.inputs[name], value)
        for name, value in inputs.items()
        if name in before.inputs and before.inputs[name] != value
    }
    texts = []
    for name, (old, new) in changed.items():
        if name in NOT_OPTIONS:
            verb = "have" if name != "version" else "has"
            texts.append(f"{NOT_OPTIONS[name]} {verb} changed")
        else:
            texts.append(f"--{name.replace('_', '-')} was {_text(old)} and is {_text(new)}")
    return tuple(texts)


def _text(value: Any) -> str:
    return "not given" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
