"""A run and images become latents: mu and logvar of the posterior, never a sample of it.

Memory does not grow with the number of images. The same run, images and batch size give the same bytes,
in one process and, each with as many threads, in a group of several.
"""

from latentkit.embedding.embed import Request, embed

__all__ = ["Request", "embed"]
