"""Decide what the folders above images are: classes, splits above classes, or a wrapper around either.

The decision depends only on the names of folders, so a folder, a glob and a list of its files are read alike:
- a folder that contains everything and no image of its own is a wrapper, not a class (`archive/dataset/<class>`);
- folders named train and val or test, in any usual spelling, are splits; the folders below them are the classes;
- anything else is a class.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["AUTO", "Folders", "Kind", "Side", "read_folders"]

Kind = Literal["auto", "classes", "splits"]
Side = Literal["train", "validation", "test", "masks"]
AUTO: Kind = "auto"
_WORDS: Mapping[str, Side] = {
    **dict.fromkeys(("train", "training", "trn", "tr", "trainset", "traindata", "trainingset", "trainingdata", "trains"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "validate", "validating", "dev", "eval", "evaluation", "holdout", "valset", "validset", "vals"),
        "validation",
    ),
    **dict.fromkeys(("test", "testing", "tests", "tst", "testset", "testdata", "testingset", "tests"), "test"),
    **dict.fromkeys(("pred", "predict", "prediction", "inference", "unlabeled"), "test"),
}  # fmt: skip
_MASKS = frozenset(("groundtruth", "gt", "mask", "masks", "segmentation", "segmentations", "annotations"))
_GENERIC = frozenset(
    ("images", "image", "imgs", "img", "data", "dataset", "pictures", "photos", "jpg", "jpeg", "png", "all")
)
_ORDER = ("train", "validation", "test", "masks")
MOST_NAMED = 6


@dataclass(frozen=True)
class Folders:
    """The meaning of the folders above images; paths are relative to the root of the ids."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Folder to label."""
    sides: Mapping[str, Side] = field(default_factory=dict)
    """Top folder of each split to its side; empty if there are no splits."""
    text: str = ""
    """Note to the user; "" if the first folder is the class, as usual."""

    def side(self, id: str) -> Side | None:
        """Return the split of an image; None if it is in none."""
        for top, side in self.sides.items():
            if id.startswith(f"{top}/"):
                return side
        return None


def read_folders(counts: Mapping[str, int], kind: Kind = AUTO) -> Folders:
    """Read the folders that contain images; `counts` has the number of images directly in each, "" is the root."""
    plain = {folder: folder.partition("/")[0] for folder in counts}
    if kind == "classes" or not counts:
        return Folders(plain)
    paths = {folder: folder.split("/") if folder else [] for folder in counts}
    depth = _wrapper(list(paths.values()))
    wrapper = "/".join(next(iter(paths.values()))[:depth])
    tops = sorted({path[depth] for path in paths.values() if len(path) > depth})
    direct = any(len(path) == depth for path in paths.values())
    sides = {} if direct else _sides(tops)
    if not sides and kind == "splits":
        sides = {top: _side(top) or "train" for top in tops}
    if sides:
        return _splits(paths, counts, depth, wrapper, sides)
    if depth and tops:
        labels = {folder: path[depth] if len(path) > depth else "" for folder, path in paths.items()}
        text = (
            f"the folder {wrapper} is not a class: classes are the folders below it, {_list(tops)}. "
            f"To read {paths[next(iter(paths))][0]} as the class, add --folders classes"
        )
        return Folders(labels, text=text)
    if len(tops) == 1 and not direct and _bare(tops[0]) in _GENERIC and len(paths) == 1:
        text = f"the folder {tops[0]} is not a class, so the images have none. To read it as one, add --folders classes"
        return Folders(dict.fromkeys(paths, ""), text=text)
    return Folders(plain, text=_doubt(tops))


def _wrapper(paths: Sequence[Sequence[str]]) -> int:
    """Return the number of folders, from the root, that contain everything and no image of their own."""
    depth = 0
    while all(len(path) > depth + 1 for path in paths) and len({path[depth] for path in paths}) == 1:
        depth += 1
    return depth


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _tokens(name: str) -> list[str]:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return re.findall(r"[a-z]+", words.lower())


def _side(name: str) -> Side | None:
    if _bare(name) in _WORDS:
        return _WORDS[_bare(name)]
    sides = [_WORDS[token] for token in _tokens(name) if token in _WORDS]
    return sides[0] if len(sides) == 1 else None


def _rest(name: str) -> tuple[str, ...]:
    """Return the other words of the name of a split: those of asl_train and asl_test are alike."""
    if _bare(name) in _WORDS:
        return ()
    return tuple(
        token for token in _tokens(name) if token not in (*_WORDS, "set", "data", "images", "image", "imgs")
    )


def _sides(tops: Sequence[str]) -> dict[str, Side]:
    """Return the side of each folder if they are splits: one for training, another one, and nothing else but masks."""
    sides: dict[str, Side] = {}
    for top in tops:
        side = "masks" if _bare(top) in _MASKS else _side(top)
        if side is None:
            return {}
        sides[top] = side
    sides = dict(sorted(sides.items(), key=lambda item: _ORDER.index(item[1])))
    named = [top for top in sides if sides[top] != "masks"]
    kinds = {sides[top] for top in named}
    alike = len({_rest(top) for top in named}) == 1
    return sides if alike and "train" in kinds and len(kinds) > 1 else {}


def _splits(
    paths: Mapping[str, Sequence[str]],
    counts: Mapping[str, int],
    depth: int,
    wrapper: str,
    sides: dict[str, Side],
) -> Folders:
    labels: dict[str, str] = {}
    images: dict[str, int] = dict.fromkeys(sides, 0)
    for top in sides:
        inside = {folder: path[depth + 1 :] for folder, path in paths.items() if path[depth] == top}
        skipped = _wrapper(list(inside.values()))
        labels |= {folder: path[skipped] if len(path) > skipped else "" for folder, path in inside.items()}
        images[top] = sum(counts[folder] for folder in inside)
    prefix = f"{wrapper}/" if wrapper else ""
    kept = [top for top in sides if sides[top] != "masks"]
    listed = ", ".join(f"{top} {images[top]}" for top in kept)
    masks = [top for top in sides if sides[top] == "masks"]
    classes = sorted({labels[folder] for folder, path in paths.items() if path[depth] in kept} - {""})
    text = (
        f"the folders {listed} are read as splits"
        + (f", and classes are the folders below: {_list(classes)}" if classes else ", without classes")
        + (f"; {_list(masks)} is left out" if masks else "")
        + ". To read them as classes, add --folders classes"
    )
    return Folders(labels, {f"{prefix}{top}": side for top, side in sides.items()}, text)


def _doubt(tops: Sequence[str]) -> str:
    """Return what to say of classes some of which are named as splits."""
    named = [top for top in tops if _side(top) is not None and not _rest(top)]
    if not ({_side(top) for top in named} >= {"train"} and len({_side(top) for top in named}) > 1):
        return ""
    other = (
        next(top for top in tops if top not in named) if len(named) < len(tops) else "the images beside them"
    )
    return (
        f"the folders {_list(named)} look like splits, but {other} does not, so all are read as classes. "
        "To read them as splits, add --folders splits"
    )


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
