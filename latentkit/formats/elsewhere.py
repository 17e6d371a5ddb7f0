"""Formats of other programs that begin with a mark of their own: AnnData is read, pickles and the like are refused.

A pickle can run any code when it is loaded, so it is never loaded: the error has the line that converts it.
"""

import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.table import Reading

__all__ = ["HEAD", "recognize"]

HEAD = 128
"""Bytes of a file that `recognize` needs."""
Read = Callable[[BinaryIO, str, Reading], tuple[dict[str, NDArray[Any]], list[str]]]
_HDF5 = b"\x89HDF\r\n\x1a\n"


def recognize(head: bytes, name: str, file: BinaryIO) -> Read | None:
    """Return the function that reads a file that begins with `head`; None if it is none of these formats.

    Raises FormatError with the line that converts a format that is never read.
    """
    if head.startswith(_HDF5):
        from latentkit.formats.h5ad import from_h5ad

        return from_h5ad
    kind = line = ""
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and len(head) > 2:
        kind = "a pickle"
        line = f"import pickle, numpy as np; np.save('mu.npy', np.asarray(pickle.load(open({name!r}, 'rb'))))"
    elif head.startswith(b"MATLAB 5.0"):
        kind = "a MATLAB file"
        line = f"import scipy.io, numpy as np; np.save('mu.npy', scipy.io.loadmat({name!r})['mu'])"
    elif head.startswith(b"PAR1"):
        kind = "a Parquet file"
        line = f"import pandas; pandas.read_parquet({name!r}).to_csv('latents.csv', index=False)"
    elif head.startswith(b"PK\x03\x04") and _is_torch(file):
        kind = "a PyTorch file (a pickle)"
        line = (
            f"import torch, numpy as np; np.save('mu.npy', torch.load({name!r}, map_location='cpu').numpy())"
        )
    if not kind:
        return None
    raise FormatError(f"{name} is {kind}, which is not read. If you trust it, convert it in Python: {line}")


def _is_torch(file: BinaryIO) -> bool:
    names: list[str] = []
    with (
        suppress(zipfile.BadZipFile, OSError, ValueError, NotImplementedError),
        zipfile.ZipFile(file) as archive,
    ):
        names = archive.namelist()
    file.seek(0)
    return any(name.endswith("/data.pkl") for name in names)
