"""Training from a folder of photographs: the first epoch, those after it, and from disk beyond memory."""

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from latentkit.images import Transform, find, load
from latentkit.training.train import TrainRequest, train

from .. import material
from ..measure import at_least, explained, in_turn, resident, speeds
from ..row import Line, Scale, against
from .training import CONV, MLP, ours

SIZE, LATENT, BATCH = 64, CONV["latent"], CONV["batch"]


def first_epoch(scale: Scale) -> list[Line]:
    """A whole run of one epoch, nothing cached, against an epoch of what reads the folder as it trains.

    Frameworks are warm on both sides. Ours also holds out and validates a tenth, and keeps weights and baseline.
    """
    import torch  # noqa: F401  # before TensorFlow

    from .. import peers_keras, peers_torch

    folder = material.photos(scale)
    count = len(find([str(folder)]))
    mine = _uncached(folder, scale.folder)
    warm = material.noise(2 * BATCH, SIZE, 3)
    ours("torch", warm, CONV)()
    rounds = scale.of(5, 1)
    found = []
    for name, theirs in (
        ("image_dataset_from_directory + fit", peers_keras.from_folder(folder, SIZE, LATENT, BATCH)),
        ("Pillow + DataLoader", peers_torch.from_folder(folder, SIZE, LATENT, BATCH, os.cpu_count() or 1)),
    ):
        pairs = in_turn(mine, theirs, rounds)
        line = against(
            f"first epoch of {count} JPEGs / {name}", "images/s", speeds(pairs, count), at_least(2)
        )
        found.append(explained(line, mine))
    return found


def _uncached(folder: Path, scratch: Path) -> Callable[[], None]:
    """`latentkit train FOLDER --epochs 1` within this process, each time with a cache that is empty."""
    sources = find([str(folder)])
    turn = iter(range(10**6))

    def run() -> None:
        mine = scratch / f"turn{next(turn)}"
        os.environ["LATENTKIT_CACHE"] = str(mine / "cache")
        given = {"epochs": 1, "size": SIZE, "color": "rgb", "latent": LATENT, "batch": BATCH}
        train(TrainRequest(sources, mine / "run", given, backend="torch"), lambda event: None)

    return run


def later_epochs(scale: Scale) -> list[Line]:
    """Epochs over what was read from the folder against epochs over the same as an array."""
    pixels = load(find([str(material.photos(scale))]), Transform(SIZE)).pixels
    return [_line("epochs from the folder / in memory", pixels, np.array(pixels), scale, 0.95, lambda: None)]


def from_disk(scale: Scale) -> list[Line]:
    """Epochs over a map of a file of which nothing is in memory when an epoch begins, against epochs in memory.

    So every image comes from the disk once an epoch, as from a set many times larger than memory.
    """
    found = []
    for name, count, side, channels, given in (
        ("conv 64x64x3", scale.of(1024, 256), 64, 3, CONV),
        ("mlp 28x28", scale.of(16384, 4096), 28, 1, MLP),
    ):
        pixels = material.noise(count, side, channels)
        path = scale.folder / "pixels"
        pixels.tofile(path)
        with path.open("r+b") as file:
            os.fsync(file.fileno())
            mapped = np.memmap(file, np.uint8, "r+", shape=pixels.shape)

        def forget(mapped: np.memmap = mapped, path: Path = path) -> None:
            mapped.base.madvise(mmap.MADV_DONTNEED)
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

        forget()
        if resident(mapped).any():
            raise RuntimeError(f"{path.parent} keeps its files in memory: set TMPDIR to a folder on a disk")
        what = f"epochs from disk, nothing in memory / in memory, {name}"
        found.append(_line(what, mapped, pixels, scale, 0.8, forget, given))
    return found


def _line(
    what: str,
    mine: np.ndarray,
    theirs: np.ndarray,
    scale: Scale,
    bar: float,
    before: Callable[[], None],
    given: dict = CONV,
) -> Line:
    epoch, other = ours("torch", mine, given), ours("torch", theirs, given)

    def forgetful() -> None:
        before()
        epoch()

    pairs = in_turn(forgetful, other, scale.of(7, 3))
    return explained(against(what, "images/s", speeds(pairs, len(mine)), at_least(bar)), forgetful)
