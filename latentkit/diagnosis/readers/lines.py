"""Printed logs: Keras progress bars, pasted with their control characters, and lines of `name: number`."""

import re

from latentkit.diagnosis.facts import PastedCode
from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import LogTable, parse_number, rounded_to_zero

__all__ = ["LINES", "parse"]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07?|\x1b[@-_]")
_EPOCH = re.compile(r"(?:={2,}>?\s*)?epoch[\s:#\[(]*(\d{1,9})(?:\s*(?:/|of)\s*\d+)?", re.IGNORECASE)
_PROGRESS = re.compile(
    r"(\d{1,9})/(\d{1,9})\s*(?:\[|━|$|\s-\s)|(\d{1,9})/(\d{1,9}) .{0,80}?\d+(?:us|µs|ms|s|m|h)/(?:step|epoch|sample)"
)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?|[-+]?(?:nan|inf(?:inity)?)\b"
_PAIR = re.compile(
    rf"(?:\b(train(?:ing)?|val(?:id(?:ation)?)?|test|eval(?:uation)?)(?:\s+set)?[\s_-]+)?"
    rf"([A-Za-z][A-Za-z0-9_./@-]{{0,60}})['\"]?\s*[:=]\s*(?:tensor\()?({_NUMBER})(?![\w/:])",
    re.IGNORECASE,
)
_DURATIONS = re.compile(r"\b\d+(?:\.\d+)?(?:us|µs|ms|s|m|h)(?:/(?:step|epoch|sample|it))?\b")
_NEXT = re.compile(r"validation_data\s*=\s*\(?\s*next\s*\([^)\n]{0,80}\)")
_VALIDATION_STEPS = re.compile(r"\bvalidation_steps\s*=\s*(\d{1,9})")
_VALIDATION_SPLIT = re.compile(r"\bvalidation_split\s*=\s*(0?\.\d{1,9})")


def parse(text: str) -> LogTable | None:
    """Parse every line that has metrics; None if there are neither metrics nor code. The last values of an epoch count."""
    plain = _ESCAPES.sub("", text)
    code = _find_code(plain)
    for pattern in (_NEXT, _VALIDATION_STEPS, _VALIDATION_SPLIT):
        plain = pattern.sub(" ", plain)
    table = LogTable("lines of names and numbers", code=code)
    epoch: float | None = None
    keras = False
    zeros: dict[str, str] = {}
    for line in re.split(r"[\r\n\x08]+", plain):
        if (match := _EPOCH.search(line)) is not None:
            epoch = float(match[1])
        progress = _PROGRESS.search(line)
        if progress is not None:
            keras = True
            table.steps = max(int(progress[2] or progress[4]), table.steps or 0) or None
        values = _values(line, zeros)
        if values:
            table.lines.append({**({} if epoch is None else {"epoch": epoch}), **values})
    if keras:
        table.kind = "a Keras progress log"
        if table.steps:
            table.kind += f" with {table.steps} steps per epoch"
    for name, zero in zeros.items():
        table.notes.append(
            f"{name} {zero} is ignored: it is rounded and may be any small number; print it with more digits"
        )
    return table if table.lines or table.notes or code else None


def _values(line: str, zeros: dict[str, str]) -> dict[str, float]:
    """Find the metrics of a line; rounded zeros go to `zeros` instead."""
    values: dict[str, float] = {}
    for side, name, text in _PAIR.findall(_DURATIONS.sub(" ", line)):
        full_name = (f"{side}_{name}" if side else name).lower()
        if full_name in ("epoch", "train_epoch", "eta"):
            continue
        value = parse_number(text)
        if value is None:
            continue
        if value == 0 and rounded_to_zero(text):
            zeros.setdefault(full_name, text)
            continue
        values[full_name] = value
    return values


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
