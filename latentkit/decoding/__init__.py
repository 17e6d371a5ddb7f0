"""Decode latents with a trained run: arrays first, then sheets of pictures with captions.

    decode        latents to images, in batches, in memory or in a file
    encode        one image, named on the command line, to its latent
    reconstruct   images and their reconstructions: some of them, or the worst
    sample        images of latents drawn from the prior, and from a mixture fitted to latents
    traverse      one dimension at a time from one end to the other
    interpolate   the images between two images, or four
    average       the decoded mean of each class, and the images nearest to it

Each function takes an open run and returns a value that holds the arrays and lays itself out as a `Sheet` and as `Frames`.
Nothing here draws. The same run, input and seed give the same arrays.
"""

from latentkit.decoding.average import Averages, average
from latentkit.decoding.decode import DecodedLatents, check_fits, decode, decode_batches, write_images
from latentkit.decoding.encode import EncodedImage, encode_image, typical_image
from latentkit.decoding.interpolate import Interpolation, grid_between, interpolate, path_between
from latentkit.decoding.reconstruct import Reconstructions, reconstruct
from latentkit.decoding.sample import Mixture, Samples, fit_mixture, sample
from latentkit.decoding.traverse import Traversal, traverse

__all__ = [
    "Averages",
    "DecodedLatents",
    "EncodedImage",
    "Interpolation",
    "Mixture",
    "Reconstructions",
    "Samples",
    "Traversal",
    "average",
    "check_fits",
    "decode",
    "decode_batches",
    "encode_image",
    "fit_mixture",
    "grid_between",
    "interpolate",
    "path_between",
    "reconstruct",
    "sample",
    "traverse",
    "typical_image",
    "write_images",
]
