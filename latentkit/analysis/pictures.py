"""The pictures of a run: its curves, and held-out images above their reconstructions."""

from collections.abc import Sequence
from typing import Literal

from latentkit import decoding
from latentkit.formats.atomic import replace_file
from latentkit.images import Source, find
from latentkit.pictures import curves
from latentkit.pictures.grid import draw_sheet
from latentkit.pictures.history import read_run_history
from latentkit.run import Run, open_run
from latentkit.training.train import TrainRequest

__all__ = ["CURVES", "RECONSTRUCTIONS", "draw_curves", "draw_reconstructions", "draw_run"]

CURVES, RECONSTRUCTIONS = "curves.png", "reconstructions.png"
IMAGES = 16
"""Number of images that are reconstructed."""


def draw_curves(run: Run) -> bytes:
    """Return the training curves as PNG; raise PictureError before the first validation."""
    return curves([read_run_history(run, run.path.resolve().name)])


def draw_reconstructions(
    run: Run, images: Sequence[Source], *, workers: int | Literal["auto"] = "auto", cache: bool = True
) -> bytes:
    """Return held-out images above their reconstructions as PNG; `images` are those of the run."""
    folder = run.record["options"].get("validation")
    if isinstance(folder, str):
        images = find([folder])
    held_out = set(run.images.ids[run.images.split == "validation"].tolist())
    chosen = [image for image in images if image.id in held_out]
    return draw_sheet(decoding.reconstruct(run, chosen or images, IMAGES, workers=workers, cache=cache))


def draw_run(request: TrainRequest) -> str | None:
    """Draw both pictures into the folder of a run that was trained.

    Return why it failed, or None: a run is complete without them.
    """
    try:
        run = open_run(request.out, request.backend, request.device)
        pictures = {
            CURVES: draw_curves(run),
            RECONSTRUCTIONS: draw_reconstructions(
                run, request.images, workers=request.workers, cache=request.cache
            ),
        }
        for name, picture in pictures.items():
            with replace_file(run.path / name) as file:
                file.write(picture)
    except Exception as error:  # noqa: BLE001  # of matplotlib, of the backend: hours of training must not end with a failure
        return str(error) or type(error).__name__
    return None
