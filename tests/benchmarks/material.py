"""Images and latents made on the fly; the same seed makes the same ones."""

import io
import struct
from pathlib import Path

import numpy as np

from .row import Scale

PHOTOS, LIKENESSES = 960, 96


def noise(count: int, side: int, channels: int, seed: int = 0) -> np.ndarray:
    """(N, H, W, C) uint8: what training takes as long for as for pictures."""
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, channels), np.uint8)


def blobs(count: int, dims: int, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) float32 of overlapping Gaussian classes, and their names."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, count)
    centers = rng.standard_normal((classes, dims)) * 1.5
    rows = rng.standard_normal((count, dims), np.float32)
    rows += centers[codes].astype(np.float32)
    return rows, np.array([f"class {code}" for code in range(classes)])[codes]


def latents(path: Path, count: int, dims: int) -> Path:
    """A latents file of such rows, as `latentkit embed` writes them but for the pictures' own figures."""
    from latentkit.formats.latents import Latents, write_latents

    mu, labels = blobs(count, dims)
    ids = np.array([f"{row:08d}" for row in range(count)])
    with path.open("wb") as stream:
        write_latents(Latents({"ids": ids, "mu": mu, "labels": labels}), stream)
    return path


def photos(scale: Scale) -> Path:
    """A folder of JPEGs in three classes: the one that was named, else of pictures 400 to 888 pixels on a side.

    Few of those differ to the eye, and all in a comment: their contents have digests of their own.
    """
    if scale.photos is not None:
        return scale.photos
    folder = scale.folder / "photos"
    count = scale.of(PHOTOS, 120)
    rng = np.random.default_rng(0)
    pictures = [_photo(rng) for _ in range(min(LIKENESSES, count))]
    for index in range(count):
        path = folder / "abc"[index % 3] / f"{index:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_commented(pictures[index % len(pictures)], f"{index}".encode()))
    return folder


def _photo(rng: np.random.Generator) -> bytes:
    """A JPEG with as much detail at every scale as a photograph has (amplitude as 1 / frequency), and some grain."""
    from PIL import Image

    width, height = (int(side) for side in rng.integers(400, 889, 2))
    picture = np.full((height, width, 3), 128.0)
    for side in (4, 8, 16, 32, 64, 128):
        coarse = Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8))
        fine = coarse.resize((width, height), Image.Resampling.BICUBIC)
        picture += (np.asarray(fine, np.float64) - 128) * 4 / side
    picture += rng.normal(0, 2, picture.shape)
    stream = io.BytesIO()
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _commented(jpeg: bytes, text: bytes) -> bytes:
    """With a comment segment after the first marker (ITU T.81, B.2.4.5)."""
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + jpeg[2:]
