"""Images: found, decoded, cached, split and augmented. Everything is (N, H, W, C) uint8."""

from latentkit.images.augment import denoise
from latentkit.images.cache import Cache
from latentkit.images.color import resolve_color
from latentkit.images.find import find, read_names
from latentkit.images.load import ImageSet, Skipped, load, stream
from latentkit.images.sources import Source, Sources
from latentkit.images.split import split
from latentkit.images.transform import Transform

__all__ = [
    "Cache",
    "ImageSet",
    "Skipped",
    "Source",
    "Sources",
    "Transform",
    "denoise",
    "find",
    "load",
    "read_names",
    "resolve_color",
    "split",
    "stream",
]
