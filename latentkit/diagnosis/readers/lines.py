"""Printed logs: progress bars, pasted with their control characters, lines of names and numbers, and printed dicts.

A line belongs to the last epoch that was printed, and to the last side that a heading announced.
"""

import re
from dataclasses import dataclass, field

from latentkit.diagnosis.facts import Framework, PastedCode
from latentkit.diagnosis.readers.columns import interpret, side_of, split_words
from latentkit.diagnosis.readers.json_log import numbers_of
from latentkit.diagnosis.readers.phrases import heading, read_line
from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import LogTable, parse_number, rounded_to_zero

__all__ = ["LINES", "parse"]

_ESCAPES = re.compile(r"\x1b[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)?|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
_EPOCH = re.compile(
    r"(?<![A-Za-z_])ep(?:och)?[\s:#=\[(.'\"-]{0,8}(\d{1,9}(?:\.\d{1,9})?)(?![\w%])",
    re.IGNORECASE,
)
_OTHER_EPOCH = re.compile(
    r"\b(?:best|last|per|each|every|from|current|max|since|after|until)[\s_(]{0,3}$", re.IGNORECASE
)
_BEST = re.compile(r"\b(?:best|lowest|restor\w{0,9}|early stopping)\b", re.IGNORECASE)
_EPOCHS = re.compile(r"(?<![\w./])(\d{1,9})\s{1,3}epochs?\b(?!\s{0,3}[:=])", re.IGNORECASE)
_BRACKETS = re.compile(r"\s{0,9}\[(\d{1,9})/\d{1,9}\]\s{0,3}\[\d{1,9}/\d{1,9}\]")
_BAR = re.compile(r"(\d{1,9})/(\d{1,9})\s{0,3}(?:\[[=>.]|━|- \d{1,6}s\b)")
_PER_STEP = re.compile(r"(\d{1,9})/(\d{1,9})\s[^\n]{0,80}?\d(us|µs|ms|s|m|h)/(step|epoch|sample)\b")
_SAMPLES = re.compile(r"\bTrain on (\d{1,9}) samples")
_PYTORCH = re.compile(
    r"\btorch\b|\btensor\(|grad_fn|\bpl_module\b|\bpytorch\b|Train Epoch: \d{1,9} \[\d{1,9}/\d{1,9} \(|DataLoader 0|'grad_norm'|"
    r"per_device_train_batch_size|====> Epoch:|[\w/]\.pt\b|\[ {0,6}\d{1,9}/\d{1,9}\]$|v_num=|\bAdam \($",
    re.IGNORECASE | re.MULTILINE,
)
_KERAS = re.compile(r"\bkeras\b|\btensorflow\b|time elapse for current epoch|tf\.Tensor", re.IGNORECASE)
_CODE = re.compile(
    r"\s{0,80}[A-Za-z_][\w.]{0,60}(?:\s{0,3},\s{0,3}[A-Za-z_][\w.]{0,60}){0,4} = (?:0(?:\.0?)?(?:, )?){1,5}\s{0,9}(?:#.{0,200})?"
)
"""Code that sets a sum to 0 before a loop."""
_NEXT = re.compile(r"validation_data\s{0,9}=\s{0,9}\(?\s{0,9}next\s{0,9}\([^)\n]{0,80}\)")
_VALIDATION_STEPS = re.compile(r"\bvalidation_steps\s{0,9}=\s{0,9}(\d{1,9})")
_VALIDATION_SPLIT = re.compile(r"\bvalidation_split\s{0,9}=\s{0,9}(0?\.\d{1,9})")


def parse(text: str) -> LogTable | None:
    """Parse every line that has metrics; None if there are neither metrics nor code. The last values of an epoch count."""
    plain = _ESCAPES.sub("", text)
    code = _find_code(plain)
    for pattern in (_NEXT, _VALIDATION_STEPS, _VALIDATION_SPLIT):
        plain = pattern.sub(" ", plain)
    parser = _Parser(LogTable("lines of names and numbers", code=code))
    for line in re.split(r"[\r\n\x08]+", plain):
        parser.add(line)
    return parser.result(plain)


@dataclass
class _Parser:
    table: LogTable
    epoch: float | None = None
    side: str | None = None
    """The side that a heading announced."""
    keras: bool = False
    samples: bool = False
    """True if Keras counts samples, not steps, as version 2.3 and older do."""
    zeros: dict[str, str] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Read one line."""
        self.progress(line)
        numbers = numbers_of(line)
        if numbers is not None:
            if numbers:
                self.append(numbers)
            return
        if _CODE.fullmatch(line):
            return
        match = _find_epoch(line)
        found = read_line(line if match is None else f"{line[: match.start()]} {line[match.end() :]}")
        if match is None and found.values:
            match = _EPOCHS.search(line)
        if match is not None:
            epoch = float(match[1])
            if epoch != self.epoch:
                self.side = None
            self.epoch = epoch
        values = self.numbers(found.values)
        if any((meaning := interpret(name)) is not None and meaning.side is not None for name in values):
            self.append({self.sided(name): value for name, value in values.items()})
        else:
            self.side = found.side or heading(_EPOCH.sub(" ", line)[:200]) or self.side
            if values:
                self.append(values)

    def append(self, values: dict[str, float]) -> None:
        self.table.lines.append({**({} if self.epoch is None else {"epoch": self.epoch}), **values})

    def sided(self, name: str) -> str:
        """Return the name with the side of the heading above, if it has none of its own."""
        meaning = interpret(name)
        if (
            self.side is None
            or meaning is None
            or meaning.side is None
            or any(map(side_of, split_words(name)))
        ):
            return name
        return f"{self.side}_{name}"

    def numbers(self, texts: dict[str, str]) -> dict[str, float]:
        """Convert the numbers of a line; rounded zeros go to `zeros` instead."""
        values: dict[str, float] = {}
        for name, text in texts.items():
            value = parse_number(text)
            meaning = interpret(name)
            if value is None or name == "eta" or (meaning is not None and meaning.quantity == "epoch"):
                continue
            if value == 0 and rounded_to_zero(text):
                self.zeros.setdefault(name, text)
                continue
            values[name] = value
        return values

    def progress(self, line: str) -> None:
        """Note what a progress bar of Keras says about the steps of an epoch."""
        if "/" not in line:
            if _SAMPLES.search(line):
                self.samples = True
            return
        bar, timed = _BAR.search(line), _PER_STEP.search(line)
        if timed is not None:
            # No step of a VAE takes microseconds: then Keras 2.3 or older counts samples.
            self.samples = (
                self.samples or timed[4] == "sample" or (timed[4] == "step" and timed[3] in ("us", "µs"))
            )
        match = bar or timed
        if match is not None:
            self.keras = True
            self.table.steps = max(int(match[2]), self.table.steps or 0) or None
        elif _SAMPLES.search(line):
            self.samples = True

    def result(self, text: str) -> LogTable | None:
        """Return the table, or None if nothing was found."""
        table = self.table
        if self.keras:
            table.kind = "a Keras progress log"
            if table.steps:
                table.kind += f" with {table.steps} {'samples' if self.samples else 'steps'} per epoch"
        if self.samples or not self.keras:
            table.steps = None
        table.framework = _framework(text, self.keras or table.code is not None)
        for name, zero in self.zeros.items():
            table.notes.append(
                f"{name} {zero} is ignored: it is rounded and may be any small number; print it with more digits"
            )
        return table if table.lines or table.notes or table.code else None


def _find_epoch(line: str) -> re.Match[str] | None:
    """Find where a line names its epoch."""
    if (match := _BRACKETS.match(line)) is not None:
        return match
    if _BEST.search(line) is not None and not line.lstrip().lower().startswith(("epoch", "[epoch")):
        return None
    for match in _EPOCH.finditer(line):
        if _OTHER_EPOCH.search(line[max(0, match.start() - 16) : match.start()]) is None:
            return match
    return None


def _framework(text: str, keras: bool) -> Framework | None:
    """Tell the framework by what only one of them prints."""
    if keras:
        return "keras"
    found = {name for name, pattern in (("keras", _KERAS), ("pytorch", _PYTORCH)) if pattern.search(text)}
    return "keras" if found == {"keras"} else "pytorch" if found == {"pytorch"} else None


def _find_code(text: str) -> PastedCode | None:
    """Find the validation arguments of code that was pasted with the log."""
    batch, steps, share = (pattern.search(text) for pattern in (_NEXT, _VALIDATION_STEPS, _VALIDATION_SPLIT))
    if batch is None and steps is None and share is None:
        return None
    return PastedCode(
        next_batch=None if batch is None else " ".join(batch[0].split()),
        validation_steps=None if steps is None else int(steps[1]),
        validation_split=None if share is None else float(share[1]),
    )


LINES = table_reader("printed log", parse)
