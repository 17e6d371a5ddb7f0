"""Read latents made elsewhere into the arrays of our own schema: a bare .npz, an .npy.

    .npz   `mu` (or `z_mean`), or the only two-dimensional array of numbers; arrays that have a name of the schema
           must have its meaning, all others pass through. Labels may be numbers, booleans, one column or one
           column a class, and be called `y`, `y_train` or `target`.
    .npy   one two-dimensional array of numbers

Axes of length 1, as layers of convolution leave them, are dropped. Images without ids are called 000000, 000001, ... in
the order of the rows. See `csv_latents` for tables and `h5ad` for AnnData.
"""

import io
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import names, npy
from latentkit.formats.classes import class_names
from latentkit.formats.csv_latents import numbered_ids
from latentkit.formats.schema import spec_of
from latentkit.formats.table import Reading

__all__ = ["from_npy", "from_npz"]

Arrays = dict[str, NDArray[Any]]


def from_npz(arrays: Mapping[str, NDArray[Any]], name: str, reading: Reading) -> tuple[Arrays, list[str]]:
    """Convert the arrays of a bare .npz, and say in notes what was decided; FormatErrors begin with `name`."""
    notes: list[str] = []
    key = reading.latents or _find_mu(arrays, name)
    if key not in arrays:
        raise FormatError(f"{name} has no array {key!r} for --latents, only {', '.join(arrays) or 'nothing'}")
    mu = _squeeze(arrays[key], key, name, notes)
    if key not in ("mu", "the array"):
        notes.append(f"{name}: {key} is taken for the latents")
    found: Arrays = {
        "ids": arrays["ids"] if "ids" in arrays else numbered_ids(len(mu) if mu.ndim else 0),
        "mu": mu,
    }
    if "logvar" not in arrays and (other := _find(arrays, names.LOGVARS)) is not None:
        found["logvar"] = _squeeze(arrays[other], other, name, notes)
        notes.append(f"{name}: {other} is taken for the log variances")
    found |= {other: array for other, array in arrays.items() if other not in (key, *found)}
    label = reading.label_column or _find_labels(arrays, key, len(found["ids"]), name, notes)
    if label is not None:
        found = _with_labels(found, arrays, label, name)
    return {key: _to_schema(key, array) for key, array in found.items()}, notes


def _find(arrays: Mapping[str, NDArray[Any]], known: tuple[str, ...]) -> str | None:
    return next((key for one in known for key in arrays if names.plain(key) == one), None)


def _find_mu(arrays: Mapping[str, NDArray[Any]], name: str) -> str:
    if "mu" in arrays:
        return "mu"
    if (key := _find(arrays, names.MEANS)) is not None and arrays[key].ndim > 1:
        return key
    numbers = {
        key: array
        for key, array in arrays.items()
        if array.dtype.kind in "fiu"
        and not names.is_label(key)
        and names.plain(key) not in names.LOGVARS
        and spec_of(key) is None
    }
    matrices = [key for key, array in numbers.items() if array.ndim == 2]
    if len(matrices) == 1:
        return matrices[0]
    if not matrices and len(numbers) == 1:
        return next(iter(numbers))
    content = ", ".join(f"{key} {array.shape} {array.dtype}" for key, array in arrays.items()) or "nothing"
    raise FormatError(
        f"{name} has {len(matrices) or 'no'} two-dimensional arrays of numbers that could be latents: "
        f"name the right one mu{_line_for(arrays, matrices, name)} (it has {content})"
    )


def _line_for(arrays: Mapping[str, NDArray[Any]], matrices: list[str], name: str) -> str:
    """Return how to name the arrays of an encoder that returns [mu, logvar, z]."""
    if not matrices:
        return ""
    if len(matrices) in (2, 3) and len({arrays[key].shape for key in matrices}) == 1:
        mu, logvar = matrices[:2]
        return (
            f". They look like [mu, logvar{', z' * (len(matrices) == 3)}] of an encoder: "
            f"z = np.load({name!r}); np.savez({_renamed(name)!r}, mu=z[{mu!r}], logvar=z[{logvar!r}]), "
            f"or read one of them with --latents {mu}"
        )
    return f", or add --latents {matrices[0]}"


def _squeeze(array: NDArray[Any], key: str, name: str, notes: list[str]) -> NDArray[Any]:
    """Drop axes of length 1 behind the first; refuse any other shape that is no matrix with the line that mends it."""
    shape = array.shape
    if array.ndim == 1 and key == "the array" and class_names(array) is not None:
        raise FormatError(
            f"{name} holds {len(array)} single values, not latents: if they are labels, add --labels {name} to the latents"
        )
    if array.ndim <= 2 or array.dtype.kind not in "fiu":
        return array
    long = [axis for axis, length in enumerate(shape) if axis and length != 1]
    if shape[0] > 1 and len(long) <= 1:
        notes.append(f"{name}: {key} is {shape}: read as ({shape[0]}, {shape[long[0]] if long else 1})")
        return array.reshape(shape[0], -1)
    load = f"z = np.load({name!r})" + ("" if key == "the array" else f"[{key!r}]")
    if array.ndim == 3 and shape[0] in (2, 3):
        rest = ", z" * (shape[0] == 3)
        raise FormatError(
            f"{name}: {key} is {shape}, which looks like [mu, logvar{rest}], as an encoder in Keras returns it: "
            f"{load}; np.savez({_renamed(name)!r}, mu=z[0], logvar=z[1])"
        )
    if shape[0] == 1:
        raise FormatError(
            f"{name}: {key} is {shape}, which looks like a list of one array: {load}; np.save({_renamed(name, 'npy')!r}, z[0])"
        )
    places = "places in the image" if array.ndim == 4 else "places"
    axes = "(1, 2)" if array.ndim == 4 and shape[1] == shape[2] else "(2, 3)" if array.ndim == 4 else "1"
    raise FormatError(
        f"{name}: {key} is {shape}, not two-dimensional, but latents of several {places}. Use all of them, {load}; "
        f"np.save({_renamed(name, 'npy')!r}, z.reshape(len(z), -1)), or their mean, z.mean(axis={axes})"
    )


def _renamed(name: str, suffix: str = "npz") -> str:
    """Return the name of a new file beside one that must stay as it is."""
    return f"{name.rsplit('.', 1)[0]}-latents.{suffix}" if "." in name else f"latents.{suffix}"


def _find_labels(
    arrays: Mapping[str, NDArray[Any]], mu: str, rows: int, name: str, notes: list[str]
) -> str | None:
    """Return the array that has the name, the length and the values of labels, if there is none called labels."""
    if "labels" in arrays:
        return "labels"
    fitting = sorted(
        (
            key
            for key, array in arrays.items()
            if key != mu
            and spec_of(key) is None
            and names.is_label(key)
            and array.shape[:1] == (rows,)
            and class_names(array) is not None
        ),
        key=names.label_rank,
    )
    if not fitting:
        return None
    notes.append(f"{name}: {fitting[0]} is taken for the labels")
    return fitting[0]


def _with_labels(found: Arrays, arrays: Mapping[str, NDArray[Any]], key: str, name: str) -> Arrays:
    if key not in arrays:
        raise FormatError(f"{name} has no array {key!r} for --label-column, only {', '.join(arrays)}")
    labels = class_names(arrays[key])
    if labels is None and key != "labels":
        raise FormatError(
            f"{name}: {key} {arrays[key].shape} {arrays[key].dtype} holds no labels: one class per row is needed"
        )
    return found if labels is None else {**found, "labels": labels}


def _to_schema(key: str, array: NDArray[Any]) -> NDArray[Any]:
    """Convert an array to the dtype of the schema if no meaning is lost; else leave it for `check` to refuse."""
    spec = spec_of(key)
    if spec is None or array.dtype.kind not in "fiuS":
        return array
    if spec.dtype == "f4" and array.dtype.kind in "fiu":
        with np.errstate(over="ignore"):  # infinity is refused later, by row
            return array.astype(np.float32, copy=False)
    if spec.dtype == "U" and array.dtype.kind in "iuS" and (text := class_names(array)) is not None:
        return text
    if spec.dtype == "i4" and array.dtype.kind in "iu" and abs(array.astype(float)).max(initial=0) < 2**31:
        return array.astype(np.int32)
    return array


def from_npy(file: BinaryIO, name: str, reading: Reading) -> tuple[Arrays, list[str]]:
    """Read an .npy from its start; FormatErrors begin with `name`."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    header = npy.read_header(file, size, name)
    return from_npz({"the array": npy.read_data(file, header, name)}, name, reading)
