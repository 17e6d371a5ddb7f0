"""How large images would have to be for a loss to be possible with pixels in 0..1."""

import math

__all__ = ["GREY", "ORDINARY", "would_need"]

GREY = math.log(2)
"""Nats a number: binary cross-entropy of predicting plain grey (0.5), the worst that a model need ever do."""
ORDINARY = 1024 * 1024 * 3
"""Numbers in the largest image that people ordinarily train a VAE on."""


def would_need(loss: float, pixels: int | None) -> str | None:
    """The words for a loss that images of 0..1 of ordinary, or of the given, size do not give."""
    if loss <= GREY * (pixels or ORDINARY):
        return None
    side = math.isqrt(int(loss / GREY / 3))
    yours = f"yours have {pixels} numbers" if pixels else "no ordinary image has as many pixels"
    return (
        f"predicting plain grey for pixels in 0..1 costs {GREY:.3f} nats a number, "
        f"so this would need images of {side} x {side} RGB: {yours}, so these pixels are hardly within 0..1"
    )
