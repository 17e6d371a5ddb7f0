"""Growth: time and peak memory of whole processes as the images become ten and a hundred times as many.

The exponent of the bar is that of the last decade, where starting up hardly counts; `all` is of a line through
all three. Time of training is that of its second epoch.
"""

import json
from pathlib import Path

import numpy as np

from .. import material
from ..measure import LATENTKIT, Process, at_most, exponent, process
from ..row import Line, Scale, alone

LATENT = 32
MLP = ["--arch", "mlp", "--size", "28", "--latent", str(LATENT), "--batch", "128"]
LINEAR = 1.1  # what a fit of linear growth may come to, by the noise of two measurements


def growth(scale: Scale) -> list[Line]:
    """Train (an epoch), embed, project (PCA) and report."""
    counts = [1000, 10_000] if scale.quick else [1000, 10_000, 100_000]
    taken: dict[str, list[tuple[int, Process]]] = {}
    for count in counts:
        images, run, z = scale.folder / f"X{count}.npy", scale.folder / f"run{count}", scale.folder / "z.npz"
        np.save(images, material.noise(count, 28, 1))
        done = process([*LATENTKIT, "train", images, "-o", run, *MLP, "--epochs", "2", "--no-pictures"])
        taken.setdefault("train", []).append((count, Process(_epoch(run), done.peak)))
        for name, how in (
            ("embed", [run, images, "-o", z]),
            ("project", [_latents(scale, count), "-o", scale.folder / "p.npz"]),
            ("report", [_latents(scale, count), "--json"]),
        ):
            done = process([*LATENTKIT, name, *how])
            taken.setdefault(name, []).append((count, done))
    found = []
    for name, points in taken.items():
        seconds = [(count, done.seconds) for count, done in points]
        peaks = [(count, done.peak / 2**20) for count, done in points]
        found += [
            _line(f"growth of {name}, time", seconds, "s"),
            _line(f"growth of {name}, peak memory", peaks, "MiB"),
        ]
    return found


def _line(what: str, points: list[tuple[int, float]], unit: str) -> Line:
    last = exponent(points[-2:])
    count, figure = points[-1]
    words = f"{what}: {figure:.3g} {unit} at {count}; all {exponent(points):.2f}"
    return alone(words, "exponent", [last], at_most(LINEAR), points=points)


def _latents(scale: Scale, count: int) -> Path:
    path = scale.folder / f"z{count}.npz"
    return path if path.exists() else material.latents(path, count, LATENT)


def _epoch(run: Path) -> float:
    """Seconds of the second epoch, validation included."""
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    first, second = (line["seconds"] for line in lines if "epoch" in line)
    return second - first
