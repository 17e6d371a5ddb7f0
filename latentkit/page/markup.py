"""HTML of which no file can become a part: every text is escaped here, and nothing else writes tags.

A `Markup` is HTML that is known to be well formed; a plain string given to `tag` is text.
"""

import html
import re
from collections.abc import Iterable, Sequence

__all__ = ["Markup", "table", "tag", "text"]

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_VOID = frozenset({"br", "img"})


class Markup(str):
    """HTML that may stand as it is."""

    __slots__ = ()


def text(value: str) -> Markup:
    """A text as HTML: markup is shown, not obeyed, and what would hide or reorder is shown as an escape."""
    seen = _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), value)
    return Markup(html.escape(seen))


def tag(name: str, *children: str | None, **attributes: str | None) -> Markup:
    """One element. Children that are not Markup are text, and None is nothing; `class_` stands for class, and
    other underscores for hyphens."""
    inside = "".join(
        child if isinstance(child, Markup) else text(child) for child in children if child is not None
    )
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{named}>" if name in _VOID else f"<{name}{named}>{inside}</{name}>")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Markup:
    """A table; its first column names the row, and the last `words - 1` columns hold words, not figures."""
    ends = len(head) - (words - 1)

    def cells(kind: str, row: Sequence[str], **more: str) -> list[Markup]:
        return [
            tag(kind, value, class_="words" if at >= ends else None, **more) for at, value in enumerate(row)
        ]

    body = [tag("tr", tag("th", row[0], scope="row"), *cells("td", row, **{})[1:]) for row in rows]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", *cells("th", head, scope="col"))), tag("tbody", *body)),
        class_="scroll",
    )
