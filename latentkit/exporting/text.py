"""Text of any kind in formats that cannot hold all of it.

File names are bytes, and those that are not Unicode arrive as lone surrogates. What a format cannot hold
is written as the escape that Python would show (`\\\\udcff`); everything else stays as it is.
"""

import re
from collections.abc import Iterable

__all__ = ["BYTES", "CSTRING", "LINE", "UNICODE", "spelled"]

BYTES = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
"""What cannot be turned back into the bytes of a file's name."""
UNICODE = re.compile(r"[\ud800-\udfff]")
"""What is not Unicode."""
CSTRING = re.compile(r"[\x00\ud800-\udfff]")
"""What is not Unicode, and the zero that ends a text in C."""
LINE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\\\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What could end a line or a cell, or deceive the eye; and the backslash, so that escapes can be undone."""


def spelled(texts: Iterable[str], cannot: re.Pattern[str]) -> list[str]:
    """The texts with every character that `cannot` finds written as an escape."""
    return [cannot.sub(_escape, text) for text in texts]


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
