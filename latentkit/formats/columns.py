"""Decide what each column of a table is: latents, id, labels, or none of them.

Names are believed first, and values are checked: whole numbers among fractions are no latents, nor is a running number or
a column far larger than the others. What cannot be told is refused by name, with the option that settles it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import names
from latentkit.formats.classes import class_names, is_number, whole_numbers
from latentkit.formats.table import Reading, Roles, Table

__all__ = ["assign"]

LATENT_STEMS = ("z", "latent", "latents", "emb", "embedding", "embeddings", "dim", "code", "scvi", "vae", "")
LARGER = 30
"""Times the scale of the next column: beyond all others. A column with a number in its name must be three times that."""
LARGE = 10.0
"""Root mean square below which no column is called large: dimensions that collapsed may be of any smallness."""
STRICT_IDS = ("id", "ids", "file", "filename", "path", "image")


def assign(table: Table, reading: Reading, name: str) -> Roles:
    """Return the role of every column; FormatErrors begin with `name`."""
    roles = Roles()
    left = list(range(len(table.names)))
    chosen = None if reading.latents is None else _select(table, reading.latents, name)
    if chosen is not None:
        roles.mu = chosen
        left = [at for at in left if at not in chosen]
    if reading.label_column is not None:
        roles.label = _position(table, reading.label_column, "--label-column", name)
        left = [at for at in left if at != roles.label]
    left = _set_times_aside(table, left, roles, name, refuse=chosen is None)
    left = _find_id(table, left, roles)
    left = _find_label(table, left, roles)
    if chosen is not None:
        roles.unused |= {table.names[at]: "not in --latents" for at in left}
        return roles
    numeric = [at for at in left if at in table.numbers]
    roles.unused |= {table.names[at]: "text" for at in left if at not in numeric}
    roles.mu = _find_latents(table, numeric, roles, name)
    return roles


def _position(table: Table, column: str, option: str, name: str) -> int:
    for fold in (str, str.strip, lambda text: text.strip().casefold()):
        for at, known in enumerate(table.names):
            if fold(known) == fold(column):
                return at
    known = ", ".join(table.names[:8]) + (", ..." if len(table.names) > 8 else "")
    kind = "columns" if table.has_header else "columns, which have no names and are numbered"
    raise FormatError(f"{name} has no column {column!r} for {option}: its {kind} are {known}")


def _select(table: Table, text: str, name: str) -> list[int]:
    chosen: list[int] = []
    for part in text.split(","):
        first, colon, last = part.partition(":") if part not in table.names else (part, "", "")
        start = _position(table, first, "--latents", name)
        end = _position(table, last, "--latents", name) if colon else start
        chosen += range(start, end + 1)
    for at in chosen:
        if at not in table.numbers and all(map(is_number, table.texts[at])):
            table.numbers[at] = np.array(table.texts[at], np.float64)
        if at not in table.numbers:
            raise FormatError(f"{name}: column {table.names[at]!r} of --latents holds text, not numbers")
    return list(dict.fromkeys(chosen))


def _set_times_aside(table: Table, left: list[int], roles: Roles, name: str, *, refuse: bool) -> list[int]:
    for at in [at for at in left if table.has_header and names.is_time(table.names[at])]:
        column = table.names[at]
        constant = at not in table.numbers or not np.ptp(table.numbers[at])
        if refuse and not constant:
            raise FormatError(
                f"{name} has a column {column!r}, so it is a training log, not latents: read it with `latentkit diagnose`, "
                "or name the columns of latents, as in --latents z0:z9"
            )
        roles.unused[column] = "the same in all rows" if constant else "a time"
        left = [other for other in left if other != at]
    return left


def _find_id(table: Table, left: list[int], roles: Roles) -> list[int]:
    named = [at for at in left if table.has_header and names.is_id(table.names[at])]
    running = [at for at in left if table.has_header and names.is_index(table.names[at])]
    first = [at for at in left[:1] if at == 0 and at in table.texts and not names.is_label(table.names[at])]
    candidates = list(dict.fromkeys([*named, *running, *first]))
    unique = [at for at in candidates if _is_unique(_cells(table, at))]
    if unique:
        roles.id = unique[0]
    elif candidates and (
        not table.has_header or names.plain(table.names[candidates[0]]) in ("", *STRICT_IDS)
    ):
        roles.id = candidates[0]  # its duplicates are refused
    for at in [*named, *running]:
        if at != roles.id and (at in running or at in table.numbers):
            roles.unused[table.names[at] or "the first column"] = (
                "a running number" if at in running else "ids"
            )
            left = [other for other in left if other != at]
    return [at for at in left if at != roles.id]


def _find_label(table: Table, left: list[int], roles: Roles) -> list[int]:
    named = sorted(
        (at for at in left if table.has_header and names.is_label(table.names[at])),
        key=lambda at: names.label_rank(table.names[at]),
    )
    for at in named:
        if at in table.numbers and class_names(table.numbers[at]) is None:
            if names.plain(table.names[at]) == "y" and any(names.plain(one) == "x" for one in table.names):
                continue  # a coordinate
            roles.unused[table.names[at]] = "fractions are not classes"
        elif roles.label is None:
            roles.label = at
        else:
            roles.unused[table.names[at]] = (
                f"labels are {table.names[roles.label]!r}; --label-column takes it"
            )
        left = [other for other in left if other not in (at, roles.label)]
    if roles.label is None:
        words = [at for at in left if at in table.texts and _repeats(table.texts[at])]
        if len(words) == 1:
            roles.label = words[0]
        else:
            roles.unused |= {table.names[at]: "labels? --label-column takes it" for at in words}
        left = [at for at in left if at not in words]
    return left


def _cells(table: Table, at: int) -> Sequence[Any]:
    return table.texts[at] if at in table.texts else table.numbers[at].tolist()


def _is_unique(cells: Sequence[Any]) -> bool:
    return len(set(cells)) == len(cells)


def _repeats(cells: Sequence[str]) -> bool:
    return len(set(cells)) <= max(1, len(cells) // 2)


def _find_latents(table: Table, numeric: list[int], roles: Roles, name: str) -> list[int]:
    if not numeric:
        raise FormatError(f"{name} has no column of numbers")
    if table.has_header:
        pictures = [at for at in numeric if names.is_projection(table.names[at])]
        if pictures == numeric:
            raise FormatError(
                f"{name} holds only a projection ({table.list(pictures)}), no latents: give the latents themselves, "
                f"or take it for latents with --latents {table.list(pictures)}"
            )
        roles.unused |= {table.names[at]: "a projection" for at in pictures}
        numeric = [at for at in numeric if at not in pictures]
        numeric = _largest_family(table, numeric, roles, name)
    return _check_values(table, numeric, roles, name)


def _largest_family(table: Table, numeric: list[int], roles: Roles, name: str) -> list[int]:
    """Return the columns z0, z1, ... if most names are such, and set the others aside."""
    stems = {at: split.stem for at in numeric if (split := names.numbered(table.names[at])) is not None}
    sizes = Counter(stems.values())
    if not sizes or len(numeric) == 1 or max(sizes.values()) == len(numeric):
        return numeric

    def rank(stem: str) -> tuple[int, int]:
        word = names.plain(stem)
        known = 0 if word in names.MEANS else 1 if word in LATENT_STEMS else 3 if word in names.LOGVARS else 2
        return known, -sizes[stem]

    best, *others = sorted((stem for stem in sizes if sizes[stem] > 1), key=rank) or [""]
    family = [at for at, stem in stems.items() if stem == best]
    for stem in others:
        if names.plain(stem) in names.LOGVARS and sizes[stem] == sizes[best]:
            roles.logvar = [at for at, other in stems.items() if other == stem]
    rest = [at for at in numeric if at not in family and at not in roles.logvar]
    equal = [stem for stem in others if rank(stem)[0] == rank(best)[0] and sizes[stem] == sizes[best]]
    if not family or (rank(best)[0] > 1 and (equal or len(rest) >= len(family))):
        if not family and not equal:
            return numeric
        raise FormatError(
            f"{name}: it cannot be told which of the columns {table.list(numeric)} are latents: "
            f"name them, as in --latents {table.list(family)}"
        )
    roles.unused |= {table.names[at]: f"not one of {table.list(family)}" for at in rest}
    return family


def _check_values(table: Table, mu: list[int], roles: Roles, name: str) -> list[int]:
    finite = {at: column[np.isfinite(column)] for at in mu for column in [table.numbers[at]]}
    whole = [at for at in mu if whole_numbers(finite[at]) and len(np.unique(finite[at])) > 1]
    fractions = [at for at in mu if not whole_numbers(finite[at])]
    if fractions:
        for at in list(whole):
            if len(finite[at]) > 2 and (np.diff(finite[at]) == 1).all():
                whole.remove(at)
                mu = [other for other in mu if other != at]
                if roles.id is None:
                    roles.id = at
                else:
                    roles.unused[table.names[at]] = "a running number"
        for at in whole:
            rest = [other for other in mu if other not in whole]
            low, high = finite[at].min(), finite[at].max()
            raise FormatError(
                f"{name}: column {table.names[at]!r} holds whole numbers ({low:g} to {high:g}) and the others fractions. "
                f"If it holds labels, add --label-column {_quoted(table.names[at])}; otherwise name the latents, "
                f"as in --latents {_quoted(table.list(rest))}"
            )
    if (large := _beyond(table, mu, finite)) is not None:
        rest = [other for other in mu if other != large]
        raise FormatError(
            f"{name}: the numbers in column {table.names[large]!r} are far larger than in all others "
            f"({finite[large].min():g} to {finite[large].max():g}), so it may not be a latent dimension: "
            f"name the latents, as in --latents {_quoted(table.list(rest))} or --latents {_quoted(table.list(mu))}"
        )
    return mu


def _beyond(table: Table, mu: list[int], finite: Mapping[int, NDArray[np.float64]]) -> int | None:
    """Return a column whose scale is beyond that of all others."""
    if len(mu) < 3:
        return None
    with np.errstate(over="ignore"):
        scales = {at: float(np.sqrt(np.mean(np.square(finite[at])))) if len(finite[at]) else 0.0 for at in mu}
    at, second, *_ = sorted(scales, key=lambda at: -scales[at])
    numbered = table.has_header and names.numbered(table.names[at]) is not None
    times = LARGER * (3 if numbered else 1)
    return at if scales[at] > LARGE and scales[at] > times * scales[second] else None


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w:,.\-]+", text) else f"'{text}'"
