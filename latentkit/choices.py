"""The values that options choose from, as types: the options of a command, its help and its errors come from them."""

from typing import Literal

__all__ = ["Arch", "Augment", "Fit", "Likelihood", "Optimizer", "Pictures", "Precision"]

Arch = Literal["conv", "mlp", "resnet"]
Augment = Literal["none", "denoise"]
Fit = Literal["crop", "pad", "stretch"]
Likelihood = Literal["gaussian", "bernoulli"]
Optimizer = Literal["adam", "rmsprop"]
Pictures = Literal["stored", "all"]
Precision = Literal["float32", "bfloat16"]
"""The arithmetic of updates. With bfloat16, weights, sums and losses are float32 all the same."""
