"""A folder of files that appears whole.

It is made under another name beside its place and then renamed. Where there is a folder of ours already, its files
are replaced one by one, the one that makes it ours last, and nothing else in it is touched; a folder with other
things in it is refused unless it may be used.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from latentkit.errors import ExportError
from latentkit.formats.atomic import naming

__all__ = ["replace_folder"]


@contextmanager
def replace_folder(
    path: Path, *, last: str, mark: str, ours: Callable[[str], bool], overwrite: bool
) -> Iterator[Path]:
    """Yield an empty folder whose files take the place of those in `path` when the block ends well.

    A folder is ours if its file `last` begins with `mark`; `ours` tells the names of the files that may stand in
    one, so that those no longer made go. Raises ExportError for a file, and for a folder that is not ours
    unless `overwrite`.
    """
    target = Path(os.path.realpath(path))
    _check(target, path, last, mark, overwrite)
    made = target.with_name(f".latentkit-{secrets.token_hex(6)}.tmp")
    with naming(path, instead_of=made):
        made.mkdir()
    try:
        yield made
        for file in made.iterdir():
            _sync(file)
        if not target.exists() or not any(target.iterdir()):
            made.rename(target)
        else:
            _move_in(made, target, last, ours)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _check(target: Path, path: Path, last: str, mark: str, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise ExportError(f"{path}: there is no folder {path.parent} to put it in; make that first")
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError(f"{path} is a file; name a folder")
    if not any(target.iterdir()) or overwrite:
        return
    file = target / last
    if not file.is_file() or not file.read_text(encoding="utf-8", errors="replace").startswith(mark):
        raise ExportError(
            f"{path} is a folder with other things in it; name a new one, or add --overwrite to put the files into it"
        )


def _move_in(made: Path, target: Path, last: str, ours: Callable[[str], bool]) -> None:
    names = sorted((file.name for file in made.iterdir()), key=lambda name: (name == last, name))
    for name in names:
        (made / name).replace(target / name)
    for file in target.iterdir():
        if file.name not in names and ours(file.name) and file.is_file():
            file.unlink()


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
