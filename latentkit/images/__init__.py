"""Find, decode, cache, split and augment images. Pixels are always (N, H, W, C) uint8.

    sources     one image and where it is; many images; how to add a kind of source
    files       image files
    arrays      rows of .npy and .npz
    content     content of one image: encoded bytes, or values
    find        arguments to sources
    decode      bytes to pixels
    convert     any mode of Pillow to 8 bits
    transform   one size and color for all images of a run
    load        sources to pixels, in parallel, through the cache
    color       `--color auto`
    cache       the cache of decoded images; cache_file is its file
    scratch     memory for pixels: RAM, or an unlinked file
    split       training and validation
    augment     `--augment denoise`
    pixel_pca   the baseline
    pillow      pixels to Pillow images, PNG and thumbnails

Images are read by threads, and nothing here prints.
"""

from latentkit.images.augment import denoise
from latentkit.images.cache import Cache
from latentkit.images.color import choose_color, describe_mismatch, resolve_color
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
    "choose_color",
    "denoise",
    "describe_mismatch",
    "find",
    "load",
    "read_names",
    "resolve_color",
    "split",
    "stream",
]
