"""HTML that text from files cannot become part of: all text is escaped here, and nothing else writes tags.

A `Markup` is well-formed HTML; a plain string given to `tag` is text.
"""

import html
from collections.abc import Iterable, Sequence

from latentkit.text import escape

__all__ = ["Markup", "table", "tag", "text"]

_VOID = frozenset({"br", "img"})


class Markup(str):
    """HTML that needs no escaping."""

    __slots__ = ()


def text(value: str) -> Markup:
    """Return text as HTML; characters that would hide or reorder text are shown as escapes."""
    return Markup(html.escape(escape(value)))


def tag(name: str, *children: str | None, **attributes: str | None) -> Markup:
    """Return one element. Children that are not Markup are text, and None is skipped.

    In the names of attributes `class_` stands for class, and other underscores for hyphens.
    """
    inside = "".join(
        child if isinstance(child, Markup) else text(child) for child in children if child is not None
    )
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{pairs}>" if name in _VOID else f"<{name}{pairs}>{inside}</{name}>")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Markup:
    """Return a table. The first column names the row, and the last `words - 1` columns hold words, not numbers."""
    first_words = len(head) - (words - 1)

    def cells(kind: str, row: Sequence[str], **attributes: str) -> list[Markup]:
        return [
            tag(kind, value, class_="words" if index >= first_words else None, **attributes)
            for index, value in enumerate(row)
        ]

    body = [tag("tr", tag("th", row[0], scope="row"), *cells("td", row, **{})[1:]) for row in rows]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", *cells("th", head, scope="col"))), tag("tbody", *body)),
        class_="scroll",
    )
