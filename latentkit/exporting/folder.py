"""A folder of files that appears complete or not at all.

The folder is written under a temporary name beside its destination and then renamed. In an earlier folder of the same
kind the files are replaced one by one, the marker file last, and no other file is touched. A folder that holds other files is
refused, unless overwriting is allowed.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from latentkit.errors import ExportError
from latentkit.formats.atomic import errors_naming

__all__ = ["replace_folder"]


@contextmanager
def replace_folder(
    path: Path, *, marker: str, mark: str, owns: Callable[[str], bool], overwrite: bool
) -> Iterator[Path]:
    """Yield an empty folder whose files replace those in `path` when the block ends without an exception.

    An earlier folder is recognized by its file `marker`, which begins with `mark`; its files whose names `owns` accepts are
    removed if they were not written again. Raises ExportError for a file, and for any other folder unless `overwrite`.
    """
    target = Path(os.path.realpath(path))
    _check(target, path, marker, mark, overwrite)
    temporary = target.with_name(f".latentkit-{secrets.token_hex(6)}.tmp")
    with errors_naming(path, instead_of=temporary):
        temporary.mkdir()
    try:
        yield temporary
        for file in temporary.iterdir():
            _sync(file)
        if not target.exists() or not any(target.iterdir()):
            temporary.rename(target)
        else:
            _move_in(temporary, target, marker, owns)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check(target: Path, path: Path, marker: str, mark: str, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise ExportError(f"{path}: there is no folder {path.parent}; make it first")
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError(f"{path} is a file; name a folder")
    if not any(target.iterdir()) or overwrite:
        return
    file = target / marker
    if not file.is_file() or not file.read_text(encoding="utf-8", errors="replace").startswith(mark):
        raise ExportError(
            f"{path} is a folder that holds other files; name a new one, or use --overwrite to add the files to it"
        )


def _move_in(temporary: Path, target: Path, marker: str, owns: Callable[[str], bool]) -> None:
    names = sorted((file.name for file in temporary.iterdir()), key=lambda name: (name == marker, name))
    for name in names:
        (temporary / name).replace(target / name)
    for file in target.iterdir():
        if file.name not in names and owns(file.name) and file.is_file():
            file.unlink()


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
