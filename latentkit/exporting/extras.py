"""What has to be installed for which format; asked before anything is read."""

from importlib.util import find_spec

from latentkit.errors import ExportError
from latentkit.installation import how_to_install

__all__ = ["require"]

MODULES = {"parquet": "pyarrow", "atlas": "pyarrow", "anndata": "anndata"}
EXTRAS = {"pyarrow": "parquet", "anndata": "anndata"}


def require(format: str) -> None:
    """Raise ExportError with the line that installs it if what writes this format is missing."""
    module = MODULES.get(format)
    if module is not None and find_spec(module) is None:
        raise ExportError(
            f"--to {format} needs {module}, which is not installed: {how_to_install(EXTRAS[module])}"
        )
