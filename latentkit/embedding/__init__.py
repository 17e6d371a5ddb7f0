"""Embed images with a trained run: mu and logvar of their posteriors, never samples.

Memory does not grow with the number of images. The same run, images and batch size give the same bytes, in one process
and in a group whose processes have as many threads each.
"""

from latentkit.embedding.embed import EmbedRequest, embed

__all__ = ["EmbedRequest", "embed"]
