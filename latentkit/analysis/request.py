"""A request for an analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from latentkit.images import Source

__all__ = ["AnalyzeRequest"]


@dataclass(frozen=True)
class AnalyzeRequest:
    """The images to analyze, the folder of the results, and the options of the parts."""

    images: Sequence[Source]
    out: Path
    options: Mapping[str, Any]
    """The options of training that were named, as fields of `training.options.Options`."""
    labels: str | None = None
    """A CSV of labels, to be used instead of folder names."""
    projections: tuple[str, ...] = ("pca", "umap")
    clustering: str = "n2d"
    backend: str | None = None
    device: str = "auto"
    workers: int | Literal["auto"] = "auto"
    cache: bool = True
    named: str = "IMAGES"
    """The images as they were named on the command line, quoted, for commands to copy."""
