"""Embedding: photographs that were decoded before, and memory that does not grow with their number."""

import io
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from latentkit.embedding import EmbedRequest, embed
from latentkit.images import Cache, Source, Transform, find, stream
from latentkit.training import train as training

from .. import material
from ..measure import LATENTKIT, at_least, at_most, explained, process
from ..row import Line, Scale, against

SIZE = 64


def cached(scale: Scale) -> list[Line]:
    """Photographs that were decoded before against the first time: the reading alone, and all of `embed`."""
    sources = find([str(material.photos(scale))])
    run = _run(scale)
    time.sleep(2.5)  # files changed in the last seconds are read again, for they could change once more
    first, again = _reading(sources), _reading(sources)
    reading, embedding = [], []
    for turn in range(scale.of(5, 2)):
        os.environ["LATENTKIT_CACHE"] = str(scale.folder / f"cache{turn}")
        cold = _seconds(first)
        reading.append((len(sources) / _seconds(again), len(sources) / cold))
        shutil.rmtree(os.environ["LATENTKIT_CACHE"])
        cold = _seconds(lambda: _embed(run, sources))
        embedding.append((len(sources) / _seconds(lambda: _embed(run, sources)), len(sources) / cold))
    count = len(sources)
    line = against(f"{count} JPEGs, read again / first decode", "images/s", reading, at_least(5))
    return [
        explained(line, again),
        against(f"{count} JPEGs, all of embed again / first time", "images/s", embedding, None),
    ]


def _reading(sources: Sequence[Source]):
    def read() -> None:
        with Cache() as cache:
            for _ in stream(sources, Transform(SIZE), batch=256, cache=cache):
                pass

    return read


def _embed(run: Path, sources: Sequence[Source]) -> None:
    embed(EmbedRequest(run, sources), io.BytesIO())


def _seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _run(scale: Scale, size: int = SIZE, **given) -> Path:
    """A run of one epoch on next to nothing."""
    images, out = scale.folder / "images.npy", scale.folder / "run"
    np.save(images, material.noise(64, size, 3))
    given = {"epochs": 1, "size": size, "color": "rgb", **given}
    training.train(
        training.TrainRequest(find([str(images)]), out, given, backend="torch"), lambda event: None
    )
    return out


def memory(scale: Scale) -> list[Line]:
    """`latentkit embed` of so many files and of ten times as many: peak memory of the process."""
    from PIL import Image

    few, many = scale.of(20_000, 2_000), scale.of(200_000, 20_000)
    folder, pictures = scale.folder / "files", scale.folder / "pictures"
    pictures.mkdir()
    for index, image in enumerate(material.noise(1000, 16, 3)):
        Image.fromarray(image).save(pictures / f"{index}.png")
    peaks = []
    for count in (few, many):
        for index in range(0 if count == few else few, count):
            link = folder / f"{index // 1000:03d}" / f"{index:06d}.png"
            if index % 1000 == 0:
                link.parent.mkdir(parents=True)
            os.link(pictures / f"{index % 1000}.png", link)
        cache = {"LATENTKIT_CACHE": str(scale.folder / f"cache{count}")}
        run = scale.folder / "run"
        if not run.exists():
            _run(scale, 16, latent=16, width=4)
        done = process([*LATENTKIT, "embed", run, folder, "-o", scale.folder / "z.npz"], cache)
        peaks.append(done.peak / 2**20)
    return [
        against(f"peak memory of embed, {many} files / {few}", "MiB", [(peaks[1], peaks[0])], at_most(1.1))
    ]
