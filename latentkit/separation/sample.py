"""Samples for what cannot be exact on very many rows. Every use is named in a caveat of the report."""

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]


def sample(rows: Index, limit: int, rng: np.random.Generator) -> Index:
    """At most `limit` of the row numbers, in their order; all of them where they are few enough."""
    return rows if len(rows) <= limit else np.sort(rng.choice(rows, limit, replace=False))


def stratified(rows: Index, codes: Index, limit: int, rng: np.random.Generator) -> Index:
    """At most about `limit` of the rows, every class in proportion and none below 2 rows; codes (N,) of all."""
    if len(rows) <= limit:
        return rows
    picked = []
    for code in np.unique(codes[rows]):
        members = rows[codes[rows] == code]
        picked.append(sample(members, max(2, round(limit * len(members) / len(rows))), rng))
    return np.sort(np.concatenate(picked))
