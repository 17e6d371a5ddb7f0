"""The methods of projecting, clustering and exporting latents, as records.

Each table below is the only list of its methods. The choices and help of the commands, the titles in plots, the
errors and the validation of stored reducers and cluster models are derived from it. To add a method, write a module with the
name of the method, and add one record here.

Importing a table imports no method: `Table.module` does that on first use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Generic, TypeVar

from latentkit.errors import ExportError, LatentkitError, ProjectionError, SeparationError
from latentkit.installation import how_to_install, versions

__all__ = [
    "CLUSTERINGS",
    "EXPORTS",
    "PROJECTIONS",
    "ClusteringMethod",
    "ExportFormat",
    "Method",
    "ProjectionMethod",
    "Table",
    "check_installed",
]


@dataclass(frozen=True, eq=False, repr=False)
class Method:
    """One row of a table: a name for the command line and files, a title for plots and messages, and a clause for the help."""

    name: str
    title: str
    summary: str
    fewest: int = 1
    """Minimum number of images for which the method is defined."""
    packages: tuple[str, ...] = ("numpy",)
    """Distributions whose versions are recorded with a result."""


@dataclass(frozen=True, eq=False, repr=False)
class ProjectionMethod(Method):
    """Its module has ARRAYS, PARAMETERS, `fit` and `place`: see `projection.layout`."""

    linear: bool = False
    """Distances along the axes are meaningful."""
    threads: bool = False
    """The points depend on the number of threads."""


@dataclass(frozen=True, eq=False, repr=False)
class ClusteringMethod(Method):
    """Its module has ARRAYS, PARAMETERS, `fit` and `assign`: see `clustering.assignment`."""

    largest: int = 20_000
    """Maximum number of images to fit; of more, a sample is fitted and the rest assigned."""
    block: int | None = 50_000
    """Images to assign at a time, to bound the memory; None for all at once."""
    chooses_number: bool = False
    """The method finds the number of clusters itself."""


@dataclass(frozen=True, eq=False, repr=False)
class ExportFormat(Method):
    """Its module has `write`: see `exporting`."""

    requires: str | None = None
    """A module that is not installed by default."""
    extra: str | None = None
    """The optional dependency that installs it."""
    table: bool = False
    """One row per image: --method and --no-mu apply."""
    folder: bool = False
    """A folder instead of a file: --seed and --overwrite apply."""
    suffix: str | None = None
    """The suffix that the file name must have."""
    raw_text: bool = False
    """Names are written unchanged, so the format is never written to a terminal."""


AnyMethod = TypeVar("AnyMethod", bound=Method)


class Table(Generic[AnyMethod]):
    """The methods of one kind, in the order of the choices; `kind` and `error` are for error messages."""

    def __init__(
        self, kind: str, package: str, error: type[LatentkitError], methods: tuple[AnyMethod, ...]
    ) -> None:
        self._kind = kind
        self._package = package
        self._error = error
        self._methods = {method.name: method for method in methods}

    @property
    def names(self) -> list[str]:
        """The names, in order."""
        return list(self._methods)

    def __iter__(self) -> Iterator[AnyMethod]:
        return iter(self._methods.values())

    def __contains__(self, name: object) -> bool:
        return name in self._methods

    def __getitem__(self, name: str) -> AnyMethod:
        """Return a method by name; raise the error of the table, naming the choices, for an unknown name."""
        if name not in self._methods:
            raise self._error(f"unknown {self._kind} '{name}': choose one of {', '.join(self.names)}")
        return self._methods[name]

    def module(self, name: str) -> ModuleType:
        """Import the module that implements a method."""
        return import_module(f"{self._package}.{self[name].name}")

    def title(self, name: str) -> str:
        """Return the title of a method, or the name itself for an unknown method in a file."""
        return self._methods[name].title if name in self._methods else name

    def check_count(self, name: str, n: int) -> None:
        """Raise the error of the table if n images are too few for a method."""
        fewest = self[name].fewest
        if n < fewest:
            raise self._error(
                f"{name} needs at least {fewest} images, but there {_are(n)}: embed more images"
            )

    def versions(self, name: str) -> dict[str, str]:
        """Return the versions to record with a result: of latentkit, and of the packages behind a method."""
        return versions(*self[name].packages)


PROJECTIONS = Table(
    "projection",
    "latentkit.projection",
    ProjectionError,
    (
        ProjectionMethod("pca", "PCA", "exact, with meaningful axes", 2, linear=True),
        ProjectionMethod("tsne", "t-SNE", "shows neighborhoods", 4, ("numpy", "openTSNE"), threads=True),
        ProjectionMethod("umap", "UMAP", "shows neighborhoods", 4, ("numpy", "umap-learn", "numba")),
    ),
)

SKLEARN = ("numpy", "scikit-learn")
CLUSTERINGS = Table(
    "clustering",
    "latentkit.clustering",
    SeparationError,
    (
        ClusteringMethod("kmeans", "k-means", "round clusters", 3, SKLEARN, largest=100_000),
        ClusteringMethod("gmm", "Gaussian mixture", "elongated clusters", 3, SKLEARN),
        ClusteringMethod(
            "hdbscan",
            "HDBSCAN",
            "dense clusters of any shape; other images stay unassigned",
            10,
            SKLEARN,
            largest=10_000,
            chooses_number=True,
        ),
        ClusteringMethod(
            "n2d",
            "N2D",
            "UMAP, then a mixture; often closest to classes, and slowest",
            15,
            (*SKLEARN, "umap-learn"),
            largest=50_000,
            block=None,
        ),
    ),
)

EXPORTS = Table(
    "export format",
    "latentkit.exporting",
    ExportError,
    (
        ExportFormat("csv", "CSV", "one line per image", table=True, raw_text=True),
        ExportFormat(
            "parquet",
            "Parquet",
            "one row per image, with vectors and thumbnails",
            requires="pyarrow",
            extra="parquet",
            table=True,
        ),
        ExportFormat(
            "anndata", "AnnData", ".h5ad for scanpy, where X is mu", requires="anndata", extra="anndata"
        ),
        ExportFormat(
            "projector",
            "TensorBoard's projector",
            "a folder for `tensorboard --logdir`; of more than 100,000 images a sample",
            folder=True,
        ),
        ExportFormat(
            "atlas",
            "Embedding Atlas",
            "Parquet for Apple's embedding-atlas",
            requires="pyarrow",
            extra="parquet",
            table=True,
            suffix=".parquet",
        ),
    ),
)


def check_installed(format: ExportFormat) -> None:
    """Raise ExportError, saying what to install, if the module that a format requires is missing."""
    from importlib.util import find_spec

    if format.requires and format.extra and find_spec(format.requires) is None:
        raise ExportError(
            f"--to {format.name} needs {format.requires}, which is not installed: {how_to_install(format.extra)}"
        )


def _are(n: int) -> str:
    return {0: "are none", 1: "is 1"}.get(n, f"are {n}")
