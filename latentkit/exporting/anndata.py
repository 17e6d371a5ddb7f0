"""AnnData .h5ad: X is mu, for scanpy.

    obs_names                ids
    obs                      labels, split, clusters (categories: scanpy colours by those), mse,
                             cluster_confidence, digest, and every other array with one value an image
    var_names                mu_0, mu_1, ...
    layers                   logvar
    obsm                     X_<method> of every projection; baseline, thumbnails, and every other matrix
    uns["latentkit"]         where it comes from: texts, most of them JSON

A missing label or cluster is no category. Zero bytes and what is not Unicode are written as escapes, and a slash
in a name as an underscore: HDF5 has no place for them.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.parts import Parts, about, left_out, part
from latentkit.exporting.table import free
from latentkit.exporting.text import CSTRING, spelled
from latentkit.formats.incoming import naming_temporary
from latentkit.formats.latents import Latents
from latentkit.formats.sink import Sink
from latentkit.methods import EXPORTS

__all__ = ["write"]

CATEGORIES = ("labels", "split", "clusters")


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents. HDF5 needs to seek, so the file is made elsewhere and copied."""
    parts = part(latents)
    made = _anndata(latents, parts, tell)
    with tempfile.TemporaryDirectory(prefix="latentkit-") as folder:
        path = Path(folder) / "latents.h5ad"
        with naming_temporary():
            made.write_h5ad(path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, Sink(stream), 1 << 20)
    for sentence in left_out(latents, {*parts.keys, "thumbnails", *about(latents)}, EXPORTS.title("anndata")):
        tell(sentence)


def _anndata(latents: Latents, parts: Parts, tell: Tell) -> Any:
    import anndata
    import pandas as pd

    ids = _text("ids", parts.columns["ids"], tell)
    taken = {"_index"}
    obs = {
        _name(key, taken): _fact(key, values, tell) for key, values in parts.columns.items() if key != "ids"
    }
    matrices = {**parts.matrices, **parts.deeper}
    if latents.thumbnails is not None:
        matrices["thumbnails"] = latents.thumbnails
    return anndata.AnnData(
        X=latents.mu,
        obs=pd.DataFrame(obs, index=pd.Index(ids, dtype=object)),
        var=pd.DataFrame(index=[f"mu_{index}" for index in range(latents.mu.shape[1])]),
        layers={} if latents.logvar is None else {"logvar": latents.logvar},
        obsm=_named(
            {f"X_{method}": points for method, points in parts.projections.items()}
            | {key: values for key, values in matrices.items() if key != "logvar"}
        ),
        uns={"latentkit": _named({key: spelled([text], CSTRING)[0] for key, text in about(latents).items()})},
    )


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    taken: set[str] = set()
    return {_name(key, taken): value for key, value in values.items()}


def _name(key: str, taken: set[str]) -> str:
    """A name that HDF5 can hold: no path, and none that is taken."""
    name = spelled([key.replace("/", "_")], CSTRING)[0]
    return free("_" if name in (".", "..") else name, taken)


def _fact(key: str, values: NDArray[Any], tell: Tell) -> Any:
    import pandas as pd

    if key not in CATEGORIES:
        return np.array(_text(key, values, tell), object) if values.dtype.kind == "U" else np.asarray(values)
    kinds, codes = np.unique(values, return_inverse=True)
    texts = _text(key, kinds, tell) if kinds.dtype.kind == "U" else [str(kind) for kind in kinds.tolist()]
    missing = np.array([text == "" or (key == "clusters" and text.startswith("-")) for text in texts])
    numbers = np.cumsum(~missing) - 1  # none and below zero sort first, and so become -1: no category
    kept = [text for text, gone in zip(texts, missing, strict=True) if not gone]
    return pd.Categorical.from_codes(numbers[codes], kept)


def _text(key: str, values: NDArray[Any], tell: Tell) -> list[str]:
    texts = values.tolist()
    safe = spelled(texts, CSTRING)
    if safe != texts:
        tell(
            f"{key} holds text that HDF5 cannot, such as names of files that are not Unicode: written with escapes"
        )
    return safe
