"""Read latents from AnnData (.h5ad), as scanpy and scvi-tools keep them: an array of `obsm`, and a column of `obs` as labels."""

from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import names
from latentkit.formats.classes import class_names
from latentkit.formats.table import Reading
from latentkit.installation import how_to_install

__all__ = ["from_h5ad"]

Arrays = dict[str, NDArray[Any]]


def from_h5ad(file: BinaryIO, name: str, reading: Reading) -> tuple[Arrays, list[str]]:
    """Read the latents and the labels; FormatErrors begin with `name`. Requires the extra `anndata`."""
    try:
        import anndata
        import h5py
    except ImportError as error:
        raise FormatError(f"{name} is an HDF5 file; to read AnnData: {how_to_install('anndata')}") from error
    try:
        with h5py.File(file, "r") as root:
            if "obs" not in root:
                raise FormatError(
                    f"{name} is an HDF5 file, but not AnnData. Convert it in Python: import h5py, numpy as np; "
                    f"np.save('mu.npy', h5py.File({name!r})[{next(iter(root), 'mu')!r}][:])"
                )
            obs = anndata.io.read_elem(root["obs"])
            obsm = {key: _matrix(anndata.io.read_elem(root["obsm"][key])) for key in root.get("obsm", {})}
            matrices = {key: array for key, array in obsm.items() if array is not None}
            own = "uns" in root and "latentkit" in root["uns"]
            if own or reading.latents == "X":
                matrices["X"] = np.asarray(anndata.io.read_elem(root["X"]))
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{name} is not AnnData that can be read: {' '.join(str(error).split())}"
        ) from error
    key = reading.latents or ("X" if own else _choose(matrices, name))
    if key not in matrices:
        raise FormatError(f"{name} has no obsm {key!r} for --latents, only {', '.join(matrices) or 'none'}")
    mu = matrices[key].reshape(len(obs), -1).astype(np.float32)
    arrays: Arrays = {"ids": np.array([str(one) for one in obs.index], np.str_), "mu": mu}
    notes = [
        f"{name}: obsm {key} is taken for the latents"
        if key != "X"
        else f"{name}: X is taken for the latents"
    ]
    column = reading.label_column or _label(obs, notes, name)
    if column is not None:
        if column not in obs.columns:
            raise FormatError(
                f"{name} has no column {column!r} in obs for --label-column, only {', '.join(map(str, obs.columns))}"
            )
        arrays["labels"] = _labels(obs[column], column, name)
    return arrays, notes


def _matrix(element: Any) -> NDArray[Any] | None:
    values = element.toarray() if hasattr(element, "toarray") else np.asarray(element)
    return values if values.ndim >= 2 and values.dtype.kind in "fiu" else None


def _choose(matrices: Arrays, name: str) -> str:
    left = [
        key for key, array in matrices.items() if not names.is_projection(key) and key not in ("spatial", "X")
    ]
    if len(left) == 1:
        return left[0]
    listed = ", ".join(f"{key} {array.shape}" for key, array in matrices.items()) or "nothing"
    example = (left or list(matrices) or ["X_vae"])[0]
    raise FormatError(
        f"{name}: obsm has {listed}; name the one that holds the latents, as in --latents {example}"
    )


def _label(obs: Any, notes: list[str], name: str) -> str | None:
    fitting = sorted(
        (str(column) for column in obs.columns if names.is_label(str(column))), key=names.label_rank
    )
    if not fitting:
        with suppress(StopIteration):
            column = next(str(column) for column in obs.columns if str(obs[column].dtype) == "category")
            notes.append(f"{name}: for labels, name a column of obs, as in --label-column {column}")
        return None
    notes.append(f"{name}: labels are the column {fitting[0]} of obs")
    return fitting[0]


def _labels(column: Any, title: str, name: str) -> NDArray[np.str_]:
    missing = column.isna().to_numpy()
    if column.dtype.name != "category" and column.dtype.kind in "fiub":
        labels = class_names(column.to_numpy())
        if labels is None:
            raise FormatError(f"{name}: column {title!r} of obs holds fractions, which are not labels")
        return labels
    return np.array(["" if gone else str(one) for one, gone in zip(column, missing, strict=True)], np.str_)
