"""Find images: folders, files, globs, arrays and lists of names become one sorted list of sources.

Promises:
- An id is the path below one root, with `/` between its parts, sorted and unique. The root is the
  folder, where one folder is all that is given; otherwise it is the deepest folder that holds
  everything given. So `photos`, `photos/*` and a list of every file in `photos` give the same ids,
  if `photos` holds more than one folder.
  A byte of a name that is not UTF-8 is written `\\xff`, so an id can be written anywhere.
- A label is the first folder below the root, and "" without one. Of several folders given side by
  side, each gives its own name as the label where images lie directly in every one of them
  (`cats dogs`); otherwise each is a root of its own (`train test`, with classes in both).
- Rows of an array have the ids `key/000012` (.npz) and `stem/000012` (.npy), and no label.
- In a folder an image is a file with one of SUFFIXES, or with no suffix and the first bytes of an
  image. A file that is named is always taken, so that it is reported when it cannot be read.
  Hidden files and folders, `._*`, `Thumbs.db` and `desktop.ini` are not images.
- Links are followed, every real folder once. Nothing is decoded here.
"""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from latentkit.errors import ImagesError
from latentkit.images import arrays
from latentkit.images.decode import sniff
from latentkit.images.sources import Source, Sources

__all__ = ["SUFFIXES", "find", "read_names", "shown"]

_KINDS = "jpg jpeg jpe jfif mpo png apng gif bmp dib tif tiff webp ppm pgm pbm pnm pfm"
SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split(" "))
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def find(arguments: Sequence[str]) -> Sources:
    """Every image the arguments name, sorted by id; ImagesError where one names none."""
    if not arguments:
        raise ImagesError("no images were named: give folders, files, X.npy or X.npz:key")
    rows: list[Iterator[Source]] = []
    folders: dict[str, str] = {}  # absolute path -> the path as it was given
    files: dict[str, str] = {}
    for argument in arguments:
        for given in _expanded(argument):
            if arrays.is_array(given):
                rows.append(_rows(given))
            else:
                (folders if Path(given).is_dir() else files)[_absolute(given)] = given
    sources = Sources(chain(*rows, _below_common_root(folders, files)))
    if not sources:
        raise ImagesError(f"nothing given is an image: {shown(arguments[0])} is litter of the file system")
    return Sources(_unique(sources))


def read_names(stream: BinaryIO, separator: str) -> list[str]:
    """The names in a stream, separated by '\\n' (as ls and find print them) or '\\0' (find -print0)."""
    data = stream.read()
    if separator == "\n":
        data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    names = [os.fsdecode(name) for name in data.split(separator.encode()) if name]
    if any("\0" in name for name in names):
        raise ImagesError("the list of files has zero bytes in it: read it with --files0-from")
    return names


def shown(path: str) -> str:
    """A path that can be written anywhere: its bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _expanded(argument: str) -> list[str]:
    """What an argument stands for: itself, or the matches of a glob that the shell left as it was."""
    path = Path(argument)
    if path.is_symlink() or path.exists() or arrays.is_array(argument):
        return [argument]
    if any(character in argument for character in "*?["):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - leaves hidden files out
        chosen = [name for name in matches if Path(name).is_dir() or _is_image(Path(name))]
        if chosen:
            return chosen
        raise ImagesError(f"no image matches {shown(argument)}: {len(matches)} files do; check the pattern")
    hint = "names on standard input are read with --files-from -" if argument == "-" else "check the name"
    raise ImagesError(f"there is no file or folder {shown(argument)}: {hint}")


def _rows(argument: str) -> Iterator[Source]:
    count = arrays.count(argument)
    digits = max(6, len(str(count - 1)))
    name = shown(arrays.name(argument))
    return (Source(f"{name}/{row:0{digits}d}", "", argument, row) for row in range(count))


def _below_common_root(folders: dict[str, str], files: dict[str, str]) -> Iterator[Source]:
    if not folders and not files:
        return
    if len(folders) == 1 and not files:
        root = next(iter(folders))
    else:
        root = os.path.commonpath([str(Path(path).parent) for path in (*folders, *files)])
    found: dict[str, Iterable[str]] = {path: _walk(given) for path, given in folders.items()}
    classes = False
    if len(found) + len(files) > 1:
        found = {path: list(names) for path, names in found.items()}
        classes = all(any("/" not in name for name in names) for names in found.values())
    for path, names in found.items():
        own = Path(path).name if classes else ""
        above, given = _relative(path, root), _prefix(folders[path])
        for name in names:
            yield _source(f"{above}{name}", own or _first_folder(name), f"{given}{name}")
    for path, given in files.items():
        if not _is_litter(Path(path).name):
            name = _relative(path, root).removesuffix("/")
            yield _source(name, _first_folder(name), given)


def _source(name: str, label: str, path: str) -> Source:
    return Source(shown(name), shown(label), path)


def _prefix(folder: str) -> str:
    """What stands before the name of a file in `folder`."""
    return str(Path(folder) / "name").removesuffix("name")


def _relative(path: str, root: str) -> str:
    """`path` below `root` with a `/` after it; "" for the root itself."""
    parts = Path(path).relative_to(root).parts
    return "".join(f"{part}/" for part in parts)


def _first_folder(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _walk(folder: str) -> Iterator[str]:
    """The images below `folder`, named relative to it; a folder reached twice by links is read once."""
    seen: set[tuple[int, int]] = set()
    waiting, linked = [""], list[str]()
    empty = True
    while waiting or linked:  # real folders first, so that a link never gives its name to one
        here = waiting.pop() if waiting else linked.pop(0)
        place = Path(folder) / here
        try:
            status = place.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as entries:
                here_are = sorted(
                    (it.name, it.is_dir(follow_symlinks=False), it.is_symlink()) for it in entries
                )
        except OSError as error:
            raise ImagesError(
                f"the folder {shown(str(place))} cannot be read ({error.strerror}): allow it or move it"
            ) from error
        for name, is_folder, is_link in here_are:
            path = place / name
            below = f"{here}/{name}" if here else name
            if name.startswith(".") or _is_litter(name):
                continue
            if is_folder:
                waiting.append(below)
            elif is_link and path.is_dir():
                linked.append(below)
            elif _is_image(path):
                empty = False
                yield below
    if empty:
        kinds = ", ".join(f".{kind}" for kind in _KINDS.split(" "))
        raise ImagesError(f"no images in {shown(folder)}: put files of these kinds there: {kinds}")


def _is_image(path: Path) -> bool:
    if path.suffix:
        return path.suffix.lower() in SUFFIXES and not _is_litter(path.name)
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return sniff(stream.read(16)) is not None
    except OSError:
        return True  # the loader says why it cannot be read


def _is_litter(name: str) -> bool:
    return name.startswith("._") or name.lower() in _LITTER


def _unique(sources: Sources) -> Iterator[Source]:
    """Sorted by id, each image once; ImagesError where two images have one id."""
    last = None
    for at in sorted(range(len(sources)), key=lambda at: sources[at].id):
        source = sources[at]
        if last is not None and last.id == source.id:
            if (_absolute(last.path), last.row) == (_absolute(source.path), source.row):
                continue
            both = f"{shown(last.path)} and {shown(source.path)}"
            raise ImagesError(f"two images have the id {source.id}: {both}; rename one of them")
        yield source
        last = source


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolves "..", and no links
