"""Find images: turn folders, files, globs, arrays and lists of names into one sorted list of sources.

Promises:
- An id is a path relative to one root, with `/` as the separator; ids are sorted and unique. If a single
  folder is given, it is the root; otherwise the root is the deepest folder that contains
  everything given. So `photos`, `photos/*` and a list of every file in `photos` give the same ids
  if `photos` contains more than one folder.
  A byte of a name that is not UTF-8 is written `\\xff`, so an id can be written anywhere.
- A label is the first folder below the root, and "" if there is none; splits and wrappers above the classes are
  recognized (see `folders`). If several folders are given and all of them directly contain images (`cats dogs`), each
  is a label; otherwise each is a root of its own (`train test`, with classes in both).
- Rows of an array have the ids `key/000012` (.npz) and `stem/000012` (.npy), and no label.
- In a folder, an image is a file with one of SUFFIXES, or with no suffix and the first bytes of an
  image. A file that is named is always included, so that it is reported if it cannot be read.
  Hidden files and folders, `._*`, `Thumbs.db` and `desktop.ini` are not images.
- Links are followed, and every real folder is read once. Nothing is decoded here.
"""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from latentkit.errors import ImagesError
from latentkit.images import arrays
from latentkit.images.decode import sniff
from latentkit.images.files import path_text
from latentkit.images.folders import AUTO, Folders, Kind, read_folders
from latentkit.images.sources import Source, Sources

__all__ = ["SUFFIXES", "find", "read_names"]

KINDS = (arrays,)
"""Modules of the kinds of source that are not files and folders, each with `matches`, `find_in` and `note`: see `sources`."""
_SUFFIX_NAMES = "jpg jpeg jpe jfif mpo png apng gif bmp dib tif tiff webp ppm pgm pbm pnm pfm"
SUFFIXES = frozenset(f".{name}" for name in _SUFFIX_NAMES.split(" "))
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def find(arguments: Sequence[str], kind: Kind = AUTO) -> Sources:
    """Return every image that the arguments name, sorted by id; raise ImagesError if an argument names none.

    `kind` says what the folders below a root are: classes, splits above classes, or what their names tell.
    """
    if not arguments:
        raise ImagesError("no images were named: give folders, files, X.npy or X.npz:key")
    found: dict[str, tuple[ModuleType, str]] = {}  # by absolute path, as below
    folders: dict[str, str] = {}  # absolute path -> the path as it was given
    files: dict[str, str] = {}
    for argument in arguments:
        for given in _expand(argument):
            if (module := _kind(given)) is not None:
                found[_absolute(given)] = module, given
            else:
                (folders if Path(given).is_dir() else files)[_absolute(given)] = given
    below, meaning = _below_common_root(folders, files, kind)
    sources = Sources(chain(*(module.find_in(given) for module, given in found.values()), below))
    if not sources:
        raise ImagesError(
            f"nothing given is an image: {path_text(arguments[0])} is a system file; name image files"
        )
    result = Sources(_unique(sources))
    result.folders = meaning
    notes = [meaning.text, *(module.note(given) for module, given in found.values())]
    result.notes = [note for note in notes if note]
    return result


def read_names(stream: BinaryIO, separator: str) -> list[str]:
    """Read names from a stream, separated by '\\n' (as ls and find print them) or '\\0' (find -print0)."""
    data = stream.read()
    if separator == "\n":
        data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    names = [os.fsdecode(name) for name in data.split(separator.encode()) if name]
    if any("\0" in name for name in names):
        raise ImagesError("the list of files contains zero bytes: read it with --files0-from")
    return names


def _kind(argument: str) -> ModuleType | None:
    """Return the module of the kind of source that an argument names; None for a file or folder."""
    return next((kind for kind in KINDS if kind.matches(argument)), None)


def _expand(argument: str) -> list[str]:
    """Return an argument itself, or the matches of a glob that the shell did not expand."""
    path = Path(argument)
    if path.is_symlink() or path.exists() or _kind(argument) is not None:
        return [argument]
    if any(character in argument for character in "*?["):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 - leaves out hidden files
        chosen = [name for name in matches if Path(name).is_dir() or _is_image(Path(name))]
        if chosen:
            return chosen
        raise ImagesError(
            f"no image matches {path_text(argument)}, only {len(matches)} other files: check the pattern"
        )
    hint = "to read names from standard input, use --files-from -" if argument == "-" else "check the name"
    raise ImagesError(f"there is no file or folder {path_text(argument)}: {hint}")


def _below_common_root(
    folders: dict[str, str], files: dict[str, str], kind: Kind
) -> tuple[Iterable[Source], Folders]:
    """Return the images below one root, or below several, and what their folders are."""
    if not folders and not files:
        return (), Folders()
    if len(folders) > 1:
        return _below_several_roots(folders, files, kind)
    if folders and not files:
        root = next(iter(folders))
    else:
        root = os.path.commonpath([str(Path(path).parent) for path in (*folders, *files)])
    sources = Sources(
        chain(
            *(_in_folder(path, given, root) for path, given in folders.items()),
            (
                _source(name, _folder(name), given)
                for path, given in files.items()
                if not _is_system_file(Path(path).name)
                for name in [_relative(path, root).removesuffix("/")]
            ),
        )
    )
    meaning = read_folders(sources.count_labels(), kind)
    sources.relabel(meaning.labels)
    if "masks" in meaning.sides.values():
        return (source for source in sources if meaning.side(source.id) != "masks"), meaning
    return sources, meaning


def _in_folder(path: str, given: str, root: str) -> Iterator[Source]:
    """Yield the images in a folder; their labels are, for now, the folders that they are in."""
    above, prefix = _relative(path, root), _prefix(given)
    for name in _walk(given):
        yield _source(f"{above}{name}", _folder(f"{above}{name}"), f"{prefix}{name}")


def _below_several_roots(
    folders: dict[str, str], files: dict[str, str], kind: Kind
) -> tuple[Iterable[Source], Folders]:
    root = os.path.commonpath([str(Path(path).parent) for path in (*folders, *files)])
    names_in = {path: list(_walk(given)) for path, given in folders.items()}
    flat = all(any("/" not in name for name in names) for names in names_in.values())
    meaning = Folders()
    if flat:
        counts = {Path(path).name: len(names) for path, names in names_in.items()}
        meaning = read_folders(counts, kind)
        meaning = Folders(meaning.labels, text=meaning.text if meaning.sides else "")
    return _label_several(folders, files, names_in, root, meaning), meaning


def _label_several(
    folders: dict[str, str],
    files: dict[str, str],
    names_in: dict[str, list[str]],
    root: str,
    meaning: Folders,
) -> Iterator[Source]:
    for path, names in names_in.items():
        own = Path(path).name
        above, given = _relative(path, root), _prefix(folders[path])
        for name in names:
            label = (meaning.labels[own] if meaning.text else own) if meaning.labels else _first_folder(name)
            yield _source(f"{above}{name}", label, f"{given}{name}")
    for path, given in files.items():
        if not _is_system_file(Path(path).name):
            name = _relative(path, root).removesuffix("/")
            yield _source(name, _first_folder(name), given)


def _source(name: str, label: str, path: str) -> Source:
    return Source(path_text(name), path_text(label), path)


def _prefix(folder: str) -> str:
    """Return the prefix that makes the name of a file in `folder` its path."""
    return str(Path(folder) / "name").removesuffix("name")


def _relative(path: str, root: str) -> str:
    """Return `path` relative to `root` with a `/` after it; "" for the root itself."""
    parts = Path(path).relative_to(root).parts
    return "".join(f"{part}/" for part in parts)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _first_folder(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _walk(folder: str) -> Iterator[str]:
    """Yield the images below `folder`, named relative to it; a folder that links reach twice is read once."""
    seen: set[tuple[int, int]] = set()
    waiting, linked = [""], list[str]()
    empty = True
    while waiting or linked:  # real folders first, so that an id never goes through a link
        here = waiting.pop() if waiting else linked.pop(0)
        place = Path(folder) / here
        try:
            status = place.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as entries:
                listing = sorted(
                    (it.name, it.is_dir(follow_symlinks=False), it.is_symlink()) for it in entries
                )
        except OSError as error:
            raise ImagesError(
                f"the folder {path_text(str(place))} cannot be read ({error.strerror}): change its permissions or leave it out"
            ) from error
        for name, is_folder, is_link in listing:
            path = place / name
            below = f"{here}/{name}" if here else name
            if name.startswith(".") or _is_system_file(name):
                continue
            if is_folder:
                waiting.append(below)
            elif is_link and path.is_dir():
                linked.append(below)
            elif _is_image(path):
                empty = False
                yield below
    if empty:
        suffixes = ", ".join(f".{name}" for name in _SUFFIX_NAMES.split(" "))
        raise ImagesError(f"no images in {path_text(folder)}: it must contain files that end in {suffixes}")


def _is_image(path: Path) -> bool:
    if path.suffix:
        return path.suffix.lower() in SUFFIXES and not _is_system_file(path.name)
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            return sniff(stream.read(16)) is not None
    except OSError:
        return True  # loading it will say why it cannot be read


def _is_system_file(name: str) -> bool:
    return name.startswith("._") or name.lower() in _SYSTEM_FILES


def _unique(sources: Sources) -> Iterator[Source]:
    """Yield the sources sorted by id, each image once; raise ImagesError if two images have the same id."""
    last = None
    for at in sorted(range(len(sources)), key=lambda at: sources[at].id):
        source = sources[at]
        if last is not None and last.id == source.id:
            if last.container == source.container and _absolute(last.location) == _absolute(source.location):
                continue
            both = f"{path_text(last.location)} and {path_text(source.location)}"
            raise ImagesError(f"two images have the id {source.id}: {both}; rename one of them")
        yield source
        last = source


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolves "..", but no links
