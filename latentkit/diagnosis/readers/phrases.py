"""Find the numbers of one printed line and the words that name them: `train loss 0.9 | KL: 3.2`, bars, dicts and tuples.

A number belongs to the words right before it, after `:`, `=` or a space. A side belongs to the words that it is written
with, to what follows a heading (`[val] loss 0.9 kl 3`), or to a whole line that mentions no other.
Every expression here takes time in proportion to the line.
"""

import re
from dataclasses import dataclass, field

from latentkit.diagnosis.readers.columns import ColumnMeaning, interpret, side_of, split_words, word_set

__all__ = ["Line", "heading", "read_line"]

MOST_WORDS = 8
_NOISE = re.compile(
    r"\b\d{4}[-/]\d\d[-/]\d\d(?:[T_ ]{0,2}\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?)?Z?"  # dates
    r"|\b\d{1,3}(?::\d\d){1,2}(?:[.,]\d{1,6})?\b"  # times
    r"|(?<![\w.])\d{1,12}(?:\.\d{1,9})?\s?(?:us|µs|ms|s|m|min|h|it|sec|seconds)(?:/(?:us|s|step|epoch|sample|it|batch))?(?!\w)"  # durations
)
_WRAPPERS = re.compile(
    r"\b(?:np\.|numpy\.|torch\.)?(?:tensor|array|float(?:16|32|64))\(|<tf\.Tensor: [^>=]{0,40}=[^>=]{0,40}=?[^>=]{0,40}numpy="
)
_REMARK = re.compile(r"\(([A-Za-z][A-Za-z /-]{0,30})\)(?=\s{0,3}[:=])")
_QUOTED = re.compile(r"(['\"])([A-Za-z_][\w/. -]{0,60})\1\s{0,4}[,:]\s{0,4}")
_TOKEN = re.compile(
    r"(?P<number>[-+]?(?>\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?>[eE][-+]?\d{1,4})?(?!\w)"
    r"|[-+]?(?:nan|inf(?:inity)?)(?!\w))"
    r"|(?P<word>[A-Za-z_]\w*(?:[./-][A-Za-z_]\w*)*)"
    r"|(?P<junk>\d[\w.]*)"
    r"|(?P<mark>\S)"
    r"|(?P<tab>\t)",
    re.IGNORECASE,
)
_COPULAS = frozenset({"is", "was", "of", "at", "now", "equals", "value"})
_ELSEWHERE = word_set(
    "best lowest minimum min max maximum improved improve previous prev last from to patience target threshold final initial loaded loading "
    "resume resumed resuming saved saving checkpoint early than reached if when until since best_val_loss"
)
"""Words with a number that is not the metric of this line."""
_HEADING = word_set(
    "error errors set subset phase results result metrics loop epoch mode performance stage evaluation model on the data dataset step begin start started "
    "starting finished done running summary statistics stats loss losses batch"
)
_LINKS = ":=~('\"["


@dataclass
class Line:
    """Content of one line."""

    values: dict[str, str] = field(default_factory=dict)
    """Name to number, as written."""
    side: str | None = None
    """The side that a line without numbers announces: "train", "val" or "test"."""


def read_line(line: str) -> Line:
    """Read the numbers of a line."""
    text = _NOISE.sub(" ", _WRAPPERS.sub("", _QUOTED.sub(r"\2: ", line)))
    text = _REMARK.sub(lambda match: match[0] if any(map(side_of, split_words(match[1]))) else "", text)
    reader = _Reader(text)
    for token in _TOKEN.finditer(text):
        reader.take(token)
    reader.finish()
    return Line(reader.named(), None if reader.pairs else heading(text))


def heading(line: str) -> str | None:
    """Return the side that a line announces for what follows: "Validation:", "Test Error:", "--- eval ---"."""
    words = split_words(line) if len(line) <= 80 else []
    words = [word for word in words if not word.isdigit()]
    sides = {_side_name(word) for word in words if side_of(word) is not None}
    rest = [word for word in words if side_of(word) is None]
    if len(sides) == 1 and len(words) <= 4 and all(word in _HEADING for word in rest):
        return sides.pop()
    return None


def _side_name(word: str) -> str:
    """Return one spelling for a word in lower case that names a side; validation and test sets stay apart."""
    return "train" if side_of(word) == "train" else "test" if word in ("test", "testing") else "val"


class _Reader:
    """Reads the tokens of a line in order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[str] = []
        self.colon = False
        self.metric: str | None = None
        self.side: str | None = None
        self.mentioned: list[tuple[str, int]] = []
        """Sides that were written as words of their own, and the number of pairs before each."""
        self.pairs: list[tuple[str, str | None, str]] = []
        """(name, side of the heading that it follows, number)"""

    def take(self, token: re.Match[str]) -> None:
        if token["word"] is not None:
            if self.colon:
                self.end_phrase()
            self.words = [*self.words[-MOST_WORDS:], token["word"]]
        elif token["number"] is not None:
            self.number(token)
        elif token["mark"] is not None and token["mark"] in _LINKS:
            if token["mark"] in ":=" and self.words:
                self.colon = True
            elif token["mark"] == "[" and not self.colon:
                self.end_phrase()
        elif token["mark"] is None:
            if not self.colon:
                self.end_phrase()
        elif token["mark"] not in ".)'\"\\*_`%":
            self.end_phrase()

    def number(self, token: re.Match[str]) -> None:
        after = self.text[token.end() : token.end() + 2].lstrip()
        before = self.text[max(0, token.start() - 2) : token.start()].rstrip()
        if self.words:
            name = self.name()
            meaning = None if name is None else interpret(name)
            counted = after.startswith("/") or before.endswith("/")
            percent = after.startswith("%") and (meaning is None or meaning.quantity != "accuracy")
            close = self.text[max(0, token.start() - 1) : token.start()] == ":"  # file.py:12 has no metric
            named = meaning is not None or (self.colon and not close)
            if name is not None and not counted and not percent and named:
                self.pairs.append((name, self.side, token["number"].replace(",", "")))
                self.note_side(meaning)
            elif counted or percent:
                self.end_phrase()
        self.words, self.colon = [], False

    def note_side(self, meaning: ColumnMeaning | None) -> None:
        """Remember a side that was written as a word of its own; one inside an identifier says nothing about others."""
        for word in self.words:
            if meaning is not None and side_of(word.lower()) is not None:
                self.mentioned.append((_side_name(word.lower()), len(self.pairs) - 1))

    def end_phrase(self) -> None:
        """End a phrase without a number; it may be a heading for the rest of the line."""
        if self.words:
            if (side := heading(" ".join(self.words))) is not None:
                self.side = side
                self.mentioned.append((side, len(self.pairs)))
            else:
                name = self.name()
                meaning = None if name is None else interpret(name)
                if meaning is not None and meaning.side is not None and self.colon:
                    self.metric = name
        self.words, self.colon = [], False

    def finish(self) -> None:
        self.end_phrase()

    def name(self) -> str | None:
        """Return the name of a number: the longest end of the phrase whose words are all understood, else the last word."""
        words = [word for word in self.words if word.lower() not in _COPULAS] or self.words
        if any(word.lower() in _ELSEWHERE for word in words):
            return None
        for start in range(max(0, len(words) - 6), len(words)):
            name = "_".join(words[start:])
            meaning = interpret(name)
            if meaning is not None and meaning.exact:
                if len(words) - start > 1 and side_of(words[-1].lower()) is not None:
                    self.metric = "_".join(words[start:-1])  # "loss train 0.9 valid 1.1"
                if meaning.quantity == "unnamed" and self.metric is not None:
                    return f"{self.metric}_{name}"
                return name
        sides = [word for word in words[:-1] if side_of(word.lower()) is not None]
        return "_".join([*sides[-1:], words[-1]])

    def named(self) -> dict[str, str]:
        """Return the numbers by name, with the sides that headings and the line as a whole give to them."""
        values: dict[str, str] = {}
        implicit = False
        for at, (name, side, number) in enumerate(self.pairs):
            meaning = interpret(name)
            full = name
            if meaning is not None and meaning.side is not None and not any(map(side_of, split_words(name))):
                before = [mention for mention, place in self.mentioned if place <= at]
                if (
                    side is None
                    and before
                    and ((not implicit and len(set(before)) == 1) or name.lower() in values)
                ):
                    side = before[-1]
                implicit = implicit or side is None
                full = name if side is None else f"{side}_{name}"
            named_by_log = meaning is not None and meaning.quantity == "output"
            values[full if named_by_log else full.lower()] = number
        return values
