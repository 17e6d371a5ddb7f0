"""One scale for the whole latent space.

Dimensions are never standardised one by one: that would blow dead dimensions up to the size of live
ones. The space is centred, turned onto its principal axes (distances stay as they are) and divided by
one number, so nothing that follows depends on how the latents were rotated.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def one_scale(mu: NDArray[np.floating]) -> Floats:
    """(N, D) -> (N, R): centred principal coordinates with 1 <= R <= D, the largest variance being 1.

    Directions without variance are dropped; a constant latent space comes back as one column of zeros.
    """
    X = mu.astype(np.float64)
    X -= X.mean(axis=0)
    variances, axes = np.linalg.eigh(X.T @ X / max(len(X) - 1, 1))
    top = variances[-1]
    # A constant column leaves rounding noise of the size of its value, never of the size of a signal.
    noise = 1e-12 * max(top, float(np.abs(mu).max(initial=0.0)) ** 2 * 1e-2)
    keep = variances > noise
    return (X @ axes[:, keep][:, ::-1]) / np.sqrt(top) if keep.any() else np.zeros((len(X), 1))
