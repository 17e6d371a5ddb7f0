"""AnnData .h5ad for scanpy, where X is mu.

    obs_names                ids
    obs                      labels, split, clusters (categories, by which scanpy colors), mse, cluster_confidence,
                             digest, and every other array with one value per image
    var_names                mu_0, mu_1, ...
    layers                   logvar
    obsm                     X_<method> of every projection; baseline, thumbnails, and every other matrix
    uns["latentkit"]         provenance: texts, most of them JSON

A missing label or cluster has no category. HDF5 cannot hold zero bytes and text that is not Unicode, which are written as
escapes, nor a slash in a name, which becomes an underscore.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.arrays import (
    NOT_C_STRING,
    ArraysByKind,
    arrays_by_kind,
    escape_all,
    omission_notes,
    provenance,
)
from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.table import unique_name
from latentkit.formats.latents import Latents
from latentkit.formats.regular_file import temporary_file_errors
from latentkit.formats.sink import Sink
from latentkit.methods import EXPORTS

__all__ = ["write"]

CATEGORIES = ("labels", "split", "clusters")


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents; HDF5 needs to seek, so a temporary file is written and copied."""
    arrays = arrays_by_kind(latents)
    data = _anndata(latents, arrays, tell)
    with tempfile.TemporaryDirectory(prefix="latentkit-") as folder:
        path = Path(folder) / "latents.h5ad"
        with temporary_file_errors():
            data.write_h5ad(path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, Sink(stream), 1 << 20)
    for sentence in omission_notes(
        latents, {*arrays.keys, "thumbnails", *provenance(latents)}, EXPORTS.title("anndata")
    ):
        tell(sentence)


def _anndata(latents: Latents, arrays: ArraysByKind, tell: Tell) -> Any:
    import anndata
    import pandas as pd

    ids = _escape_text("ids", arrays.columns["ids"], tell)
    taken = {"_index"}
    obs = {
        _hdf5_name(key, taken): _observation(key, values, tell)
        for key, values in arrays.columns.items()
        if key != "ids"
    }
    matrices = {**arrays.matrices, **arrays.tensors}
    if latents.thumbnails is not None:
        matrices["thumbnails"] = latents.thumbnails
    return anndata.AnnData(
        X=latents.mu,
        obs=pd.DataFrame(obs, index=pd.Index(ids, dtype=object)),
        var=pd.DataFrame(index=[f"mu_{index}" for index in range(latents.mu.shape[1])]),
        layers={} if latents.logvar is None else {"logvar": latents.logvar},
        obsm=_rename_keys(
            {f"X_{method}": points for method, points in arrays.projections.items()}
            | {key: values for key, values in matrices.items() if key != "logvar"}
        ),
        uns={
            "latentkit": _rename_keys(
                {key: escape_all([text], NOT_C_STRING)[0] for key, text in provenance(latents).items()}
            )
        },
    )


def _rename_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    taken: set[str] = set()
    return {_hdf5_name(key, taken): value for key, value in values.items()}


def _hdf5_name(key: str, taken: set[str]) -> str:
    """Return a name that HDF5 can hold: not a path, and not taken."""
    name = escape_all([key.replace("/", "_")], NOT_C_STRING)[0]
    return unique_name("_" if name in (".", "..") else name, taken)


def _observation(key: str, values: NDArray[Any], tell: Tell) -> Any:
    import pandas as pd

    if key not in CATEGORIES:
        return (
            np.array(_escape_text(key, values, tell), object)
            if values.dtype.kind == "U"
            else np.asarray(values)
        )
    kinds, codes = np.unique(values, return_inverse=True)
    texts = (
        _escape_text(key, kinds, tell) if kinds.dtype.kind == "U" else [str(kind) for kind in kinds.tolist()]
    )
    missing = np.array([text == "" or (key == "clusters" and text.startswith("-")) for text in texts])
    numbers = np.cumsum(~missing) - 1  # missing ones sort first and become -1, which is no category
    categories = [text for text, absent in zip(texts, missing, strict=True) if not absent]
    return pd.Categorical.from_codes(numbers[codes], categories)


def _escape_text(key: str, values: NDArray[Any], tell: Tell) -> list[str]:
    texts = values.tolist()
    safe = escape_all(texts, NOT_C_STRING)
    if safe != texts:
        tell(
            f"{key} has text that HDF5 cannot hold, such as names of files that are not Unicode: written with escapes"
        )
    return safe
