"""What `latentkit diagnose` does, apart from the shell: read, add what lies beside it, judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from latentkit.diagnosis.from_latents import from_latents
from latentkit.diagnosis.judge import Diagnosis, judge
from latentkit.diagnosis.look import Opened, Progress, look
from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.read import read_bytes, read_source
from latentkit.errors import DiagnosisError
from latentkit.formats.latents import Latents, refuse_other_run
from latentkit.formats.run import is_run, weights_digest
from latentkit.images import Source

__all__ = ["Request", "diagnose"]


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    source: str | BinaryIO
    """A file, a folder, or an open stream."""
    latents: Latents | None = None
    """Of the same model, to look at beside the log."""
    images: Sequence[Source] | None = None
    """For a run: to be embedded and reconstructed."""
    pixels: int | None = None
    """height * width * channels, where the log does not tell."""
    cache: bool = True


def diagnose(
    request: Request,
    open_run: Callable[[Path], Opened],
    progress: Progress | None = None,
) -> Diagnosis:
    """Read the source and judge it; `open_run` loads a run's model where images were given."""
    if isinstance(request.source, str):
        found = read_source(request.source, request.pixels)
    else:
        found = read_bytes(request.source, "standard input", request.pixels)
    folder = _run_folder(request.source)
    if request.latents is not None:
        if folder is not None:
            refuse_other_run(request.latents, weights_digest(folder), "the file", str(folder))
        found = _with_latents(found, request.latents)
    if request.images is not None:
        if folder is None:
            raise DiagnosisError(
                "images are looked at through a run's model: name a run's folder, or leave --images out"
            )
        run = open_run(folder)
        posterior, space, pictures = look(run, request.images, cache=request.cache, progress=progress)
        found = replace(found, posterior=posterior, space=space, pictures=pictures)
    return judge(found)


def _run_folder(source: str | BinaryIO) -> Path | None:
    return Path(source) if isinstance(source, str) and is_run(Path(source)) else None


def _with_latents(log: Quantities, latents: Latents) -> Quantities:
    beside = from_latents(latents, "the latents")
    return replace(
        log,
        source=f"{log.source}; {beside.source}",
        latent=log.latent or beside.latent,
        posterior=beside.posterior or log.posterior,
        space=beside.space,
        pictures=beside.pictures,
        clusters=beside.clusters,
        split=log.split or beside.split,
    )
