"""Diagnose a run, a log or latents: read the source, add latents and images of the same model, apply the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.judge import Diagnosis, judge
from latentkit.diagnosis.measure import Progress, embed_and_measure
from latentkit.diagnosis.readers import from_latents, from_run, read_path, read_stream
from latentkit.errors import DiagnosisError
from latentkit.formats.latents import Latents, refuse_other_run
from latentkit.formats.run import is_run
from latentkit.images import ImageSet, Source
from latentkit.run import Run, open_run

__all__ = ["DiagnosisRequest", "diagnose"]


@dataclass(frozen=True)
class DiagnosisRequest:
    """A source to diagnose, and what is known about the same model."""

    source: str | BinaryIO | Run
    """A file, a folder, an open stream, or an open run."""
    latents: Latents | None = None
    """Latents of the same model."""
    images: Sequence[Source] | ImageSet | None = None
    """Images to embed and reconstruct with the run; if loaded, then with its transform."""
    pixels: int | None = None
    """height * width * channels, if the log does not say."""
    cache: bool = True


def diagnose(request: DiagnosisRequest, progress: Progress | None = None) -> Diagnosis:
    """Read the source and apply every rule. Raises DiagnosisError or FormatError naming what cannot be read."""
    facts, run = _read(request.source, request.pixels)
    if request.latents is not None:
        if run is not None:
            refuse_other_run(request.latents, run.weights_digest, "the file", str(run.path))
        facts = _add_latents(facts, request.latents)
    if request.images is not None:
        if run is None:
            raise DiagnosisError(
                "images can be used only with the model of a run; name a run folder, or omit --images"
            )
        posterior, space, reconstructions = embed_and_measure(
            run, request.images, cache=request.cache, progress=progress
        )
        facts = replace(facts, posterior=posterior, space=space, reconstructions=reconstructions)
    return judge(facts)


def _read(source: str | BinaryIO | Run, pixels: int | None) -> tuple[Facts, Run | None]:
    """Read the source. Return its facts, and the run if it is one."""
    if isinstance(source, str) and is_run(Path(source)):
        source = open_run(Path(source))
    if isinstance(source, Run):
        return from_run(source), source
    if isinstance(source, str):
        return read_path(source, pixels), None
    return read_stream(source, "standard input", pixels), None


def _add_latents(facts: Facts, latents: Latents) -> Facts:
    added = from_latents(latents, "the latents")
    return replace(
        facts,
        source=f"{facts.source}; {added.source}",
        latent=facts.latent or added.latent,
        posterior=added.posterior or facts.posterior,
        space=added.space,
        reconstructions=added.reconstructions,
        clusters=added.clusters,
        split=facts.split or added.split,
    )
