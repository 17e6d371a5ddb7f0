"""What a run's decoder makes of latents: numbers first, and sheets of pictures that say what they show.

    means         latents to decoded means, in batches, into memory or a file
    one           the image that one argument names
    reconstruct   images beside what the run makes of them, any of them or the worst
    sample        images of latents drawn from the prior
    decoded       the images of latents that a file holds
    traverse      one dimension at a time from one end to the other
    path          straight lines and arcs between latents
    interpolate   the images between two images, or four
    average       the decoded mean of each class, and the images nearest to it

Each takes an open run and gives a value with the arrays in it, which lays itself out as a `Sheet` and as
`Frames`. Nothing here draws. The same run, input and seed give the same arrays.
"""

from latentkit.decoding.average import Averages, average
from latentkit.decoding.decoded import Decoded, decoded
from latentkit.decoding.interpolate import Interpolation, interpolate
from latentkit.decoding.means import check_fits, means, write_means
from latentkit.decoding.one import one_image
from latentkit.decoding.path import between, plane
from latentkit.decoding.reconstruct import Reconstructions, reconstruct
from latentkit.decoding.sample import Samples, sample
from latentkit.decoding.traverse import Traversal, traverse

__all__ = [
    "Averages",
    "Decoded",
    "Interpolation",
    "Reconstructions",
    "Samples",
    "Traversal",
    "average",
    "between",
    "check_fits",
    "decoded",
    "interpolate",
    "means",
    "one_image",
    "plane",
    "reconstruct",
    "sample",
    "traverse",
    "write_means",
]
