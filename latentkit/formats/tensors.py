"""Store named arrays in a .safetensors file, together with one JSON object.

The JSON is under a single metadata key, because with several the bytes of the file differ at every
save. Every array is made C-contiguous first, because safetensors silently writes wrong values otherwise.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.atomic import replace_file

__all__ = ["digest", "read_tensors", "write_tensors"]

METADATA_KEY = "latentkit"


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Replace the file atomically; the same content gives the same bytes."""
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    data = save(contiguous, {METADATA_KEY: json.dumps(about, sort_keys=True, allow_nan=False)})
    with replace_file(path) as file:
        file.write(data)


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the JSON object; raise FormatError naming the file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {}).get(METADATA_KEY, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118  # not a mapping
    except FileNotFoundError:
        raise FormatError(
            f"{path} is missing: {path.parent} is not a complete run; train it again with --overwrite"
        ) from None
    except (SafetensorError, ValueError) as error:
        raise FormatError(
            f"{path} is not a readable .safetensors file ({error}); train the run again"
        ) from None


def digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a hex digest of the arrays, which does not depend on their order."""
    content = blake2b(digest_size=16)
    for name in sorted(arrays):
        content.update(name.encode())
        content.update(np.ascontiguousarray(arrays[name]).tobytes())
    return content.hexdigest()
