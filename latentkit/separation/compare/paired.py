"""Test whether two spaces score differently on the same images: accuracies and clusterings, in pairs.

The standard error of a mean gain is that of paired images, about 0 as in McNemar's test, times a correction: the
classifiers of all folds share most of their training images, so their errors agree more than those of independent
images. Nadeau and Bengio (2003) multiply the variance by 1 + K / (K - 1) for K folds, which is 2.11 for 10. Neighbors
vote among the same images as well, and get the same correction.

How well clusters agree with the classes can hang on which of two solutions k-means finds, so its error is that of
clustering random halves of the images again, with the same correction.

Measured on equal spaces (3 classes of 7 to 200 images, 16 and 64 latents, distances 0 to 3.5): the variance of a gain is
0.9 to 2.1 times that of independent images. Two-sided tests at 5% give 3 to 17% false alarms without the correction, and
0 to 5% with it. The jackknife of a fixed clustering gives up to 16% even with it, and halves 2%.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.separable.folds import FOLDS

__all__ = ["PairedTest", "test_accuracies", "test_clusterings"]

INFLATION = 1 + FOLDS / (FOLDS - 1)
"""Variance of a mean gain in units of that of independent images (Nadeau and Bengio 2003)."""

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


class PairedTest(NamedTuple):
    """A difference, second minus first, with one-sided bounds and a two-sided p under no difference."""

    difference: float
    low: float
    high: float
    p: float
    error: float
    """Standard error of the difference."""
    freedom: int
    """Degrees of freedom of its t distribution."""

    def visible(self, alpha: float) -> float:
        """Return the smallest difference that would have had p < alpha."""
        from scipy.stats import t

        return float(t.isf(alpha / 2, self.freedom)) * self.error


def test_accuracies(first: Floats, second: Floats, codes: Index, groups: Index, alpha: float) -> PairedTest:
    """Compare the shares of right answers (N,), each class counted alike; copies of one image count as one."""
    gain = second - first
    present = np.unique(codes)
    difference, variance, images = 0.0, 0.0, 0
    for code in present:
        rows = codes == code
        _, image = np.unique(groups[rows], return_inverse=True)
        difference += float(gain[rows].mean())
        variance += float(np.square(np.bincount(image, gain[rows])).sum()) / rows.sum() ** 2
        images += int(image.max()) + 1
    classes = len(present)
    return _test(difference / classes, variance / classes**2, images - classes, alpha)


def test_clusterings(difference: float, halves: Floats, alpha: float) -> PairedTest:
    """Compare two clusterings, given the difference between their agreements with the classes in random halves (H,).

    The variance over halves is that of the whole, if the agreement behaves as a mean does.
    """
    return _test(difference, float(halves.var(ddof=1)), len(halves) - 1, alpha)


def _test(difference: float, variance: float, freedom: int, alpha: float) -> PairedTest:
    from scipy.stats import t

    error = (INFLATION * variance) ** 0.5
    freedom = max(freedom, 1)
    p = 1.0 if error == 0 else min(2 * float(t.sf(abs(difference) / error, freedom)), 1.0)
    margin = float(t.isf(alpha, freedom)) * error
    return PairedTest(difference, difference - margin, difference + margin, p, error, freedom)
