"""Choose a projection that latents hold, and add one that was made."""

from latentkit.formats import latents as formats
from latentkit.formats.latents import Latents
from latentkit.projection.views import Projection

__all__ = ["Recorded", "chosen", "recorded", "with_projection"]

Recorded = formats.Projection


def with_projection(latents: Latents, projection: Projection) -> Latents:
    """The latents with the projection added, or put in the place of that of the same method; it is now
    the latest. Those of other methods stay."""
    return latents.with_projection(Recorded(projection.reducer.method, projection.points, projection.info))


def recorded(latents: Latents, method: str | None = None) -> Recorded:
    """The projection by a method, or the latest; latents of 2 or 3 dimensions are their own picture ("mu").

    Raises ProjectionError naming the methods there are.
    """
    if method in (None, "mu") and latents.mu.shape[1] in (2, 3) and not latents.projections():
        return Recorded("mu", latents.mu, {})
    return latents.projection(method)


def chosen(latents: Latents, method: str | None = None) -> list[Recorded]:
    """The projections to be drawn: all there are, in the order of the file, for "all", else the one that `recorded`
    finds."""
    if method != "all":
        return [recorded(latents, method)]
    return list(latents.projections().values()) or [recorded(latents)]
