"""The parts that the steps of an analysis share: the images, the run, the latents and the report are each opened once."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentkit.analysis.events import Counted, Listener
from latentkit.analysis.request import AnalyzeRequest
from latentkit.diagnosis import Diagnosis, DiagnosisRequest, diagnose
from latentkit.formats.atomic import replace_file
from latentkit.formats.labels import read_labels
from latentkit.formats.latents import Latents, read_latents, write_latents
from latentkit.images import Cache, ImageSet, Source, find, load
from latentkit.images.sources import open_all
from latentkit.run import Run, open_run
from latentkit.separation.options import Options as ReportOptions
from latentkit.separation.report import Report, judge
from latentkit.training.events import Message
from latentkit.training.options import Options, resolve

__all__ = ["Workspace"]

AT_ONCE = 512
"""Images whose digests are looked up together."""


class Workspace:
    """The request, and everything that was opened for it."""

    def __init__(self, request: AnalyzeRequest, listen: Listener) -> None:
        self.request, self.listen = request, listen
        self.options: Options = resolve(request.options)
        self._latents: Latents | None = None

    def path(self, name: str) -> Path:
        """Return the path of a file of the analysis."""
        return self.request.out / name

    def count(self, done: int, total: int) -> None:
        """Report how many images of the current step are done."""
        self.listen(Counted(done, total))

    def write(self, name: str, content: bytes | str) -> None:
        """Replace a file atomically; text gets a newline at its end."""
        with replace_file(self.path(name)) as file:
            file.write(content if isinstance(content, bytes) else f"{content}\n".encode("utf-8", "replace"))

    def read_labels(self, ids: Sequence[str], file: str) -> NDArray[np.str_]:
        """Return the labels of a table, and report what was decided about it."""
        table = read_labels(ids, file)
        for note in table.notes:
            self.listen(Message(note))
        return table.labels

    @cached_property
    def images_digest(self) -> str:
        """A digest of the id, label and content of every image, and of every image of a validation folder."""
        digest, folder = blake2b(digest_size=16), self.options.validation
        for sources in (self.request.images, find([folder]) if isinstance(folder, str) else ()):
            for source, content in self._contents(sources):
                line = "\0".join((source.id, source.label, content, ""))
                digest.update(line.encode("utf-8", "surrogatepass"))
            digest.update(b"\n")
        return digest.hexdigest()

    def _contents(self, sources: Sequence[Source]) -> Iterator[tuple[Source, str]]:
        """Yield each image with its content digest, or with the reason why it cannot be read.

        Files that the cache knows are not read again.
        """
        with Cache() if self.request.cache else nullcontext() as cache, open_all(sources):
            for start in range(0, len(sources), AT_ONCE):
                some = sources[start : start + AT_ONCE]
                stamped = [(one.location, stamp) for one in some if cache and (stamp := one.stamp())]
                found = cache.digests(stamped) if cache else []
                known = {location: digest for (location, _), digest in zip(stamped, found, strict=True)}
                for source in some:
                    yield source, known.get(source.location) or _digest(source)

    @property
    def run_path(self) -> Path:
        """The folder of the run."""
        return self.path("run")

    @cached_property
    def run(self) -> Run:
        """The trained run, open."""
        return open_run(self.run_path, self.request.backend, self.request.device)

    def forget_run(self) -> None:
        """Open the run again when it is next needed: training has changed it."""
        self.__dict__.pop("run", None)

    @cached_property
    def images(self) -> ImageSet:
        """The images as the run sees them."""
        request = self.request
        with Cache() if request.cache else nullcontext() as cache:
            return load(
                request.images,
                self.run.transform,
                workers=request.workers,
                cache=cache,
                progress=self.count,
            )

    @property
    def latents(self) -> Latents:
        """The latents with everything that was added to them so far."""
        if self._latents is None:
            file = self.path("latents.npz")
            self._latents = read_latents(file, name=str(file))
        return self._latents

    def save(self, latents: Latents) -> None:
        """Replace the latents, also on disk."""
        with replace_file(self.path("latents.npz")) as file:
            write_latents(latents, file)
        self._forget_results()
        self._latents = latents

    def forget_latents(self) -> None:
        """Read the latents again when they are next needed."""
        self._forget_results()
        self._latents = None

    def _forget_results(self) -> None:
        for name in ("report", "diagnosis"):
            self.__dict__.pop(name, None)

    @cached_property
    def report(self) -> Report:
        """The report on the latents."""
        return judge(self.latents, ReportOptions(seed=self.options.seed))

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The diagnosis of the run, its latents and its reconstructions."""
        return diagnose(DiagnosisRequest(self.run, latents=self.latents, images=self.images))


def _digest(source: Source) -> str:
    content = source.read()
    return content if isinstance(content, str) else content.digest()
