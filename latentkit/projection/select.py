"""Select the projections of latents to draw or to export."""

from latentkit.formats.latents import Latents
from latentkit.formats.projections import Projection

__all__ = ["select_projection", "select_projections"]


def select_projection(latents: Latents, method: str | None = None) -> Projection:
    """Return the projection by a method, or the latest.

    Latents of 2 or 3 dimensions without a projection are their own picture, by the method "mu". Raises ProjectionError,
    naming the methods there are.
    """
    if method in (None, "mu") and latents.mu.shape[1] in (2, 3) and not latents.projections():
        return Projection("mu", latents.mu, {})
    return latents.projection(method)


def select_projections(latents: Latents, method: str | None = None) -> list[Projection]:
    """Return every projection in the order of the file for "all", and otherwise the one of `select_projection`."""
    if method != "all":
        return [select_projection(latents, method)]
    return list(latents.projections().values()) or [select_projection(latents)]
