"""`python -m tests.benchmarks`: see the package."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from . import __doc__ as about
from . import table
from .row import Bar, Line, Row, Scale
from .rows import ROWS

MISSED = 3


def main() -> int:
    """Measure the rows that are named, or all of them."""
    asked = _arguments()
    by_name = {row.name: row for row in ROWS}
    unknown = [name for name in asked.rows if name not in by_name]
    if unknown:
        sys.stderr.write(f"no row is called {unknown[0]}: {', '.join(by_name)}\n")
        return 2
    if asked.list:
        for row in ROWS:
            sys.stdout.write(f"{row.name:14} {row.seconds:4} s, with --quick {row.quick:3} s\n")
        return 0
    if asked.here:
        _here(by_name[asked.rows[0]], asked)
        return 0
    lines: list[Line] = []
    failed = False
    for row in [by_name[name] for name in asked.rows] or ROWS:
        sys.stderr.write(f"{row.name} (about {row.quick if asked.quick else row.seconds} s)\n")
        done = _elsewhere(row, asked)
        failed |= done is None
        for line in done or []:
            lines.append(line)
            if asked.json:
                sys.stdout.write(json.dumps({"row": row.name, **line.to_json()}) + "\n")
                sys.stdout.flush()
    if not asked.json:
        sys.stdout.write(table.text(lines) + "\n")
    if asked.picture and any(line.points for line in lines):
        table.picture(lines, asked.picture)
    return 1 if failed else MISSED if any(line.passed is False for line in lines) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all of them without one")
    parser.add_argument("--quick", action="store_true", help="on less, for a trial")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--photos", type=Path, help="a folder of JPEGs in classes, in place of those made")
    parser.add_argument("--picture", type=Path, help="where the picture of growth goes, as growth.png")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process
    return parser.parse_args()


def _elsewhere(row: Row, asked: argparse.Namespace) -> list[Line] | None:
    """The lines of a row, measured in a process of its own; None where it failed, which it says on stderr."""
    argv = [sys.executable, "-m", __package__, row.name, "--here"]
    argv += ["--quick"] if asked.quick else []
    argv += ["--photos", str(asked.photos)] if asked.photos else []
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.stderr.write(f"{row.name} failed\n")
        return None
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"what"')]
    return [Line(**{**one, "bar": one["bar"] and Bar(*one["bar"])}) for one in found]


def _here(row: Row, asked: argparse.Namespace) -> None:
    """Measure a row and print its lines."""
    from dataclasses import asdict

    module, function = row.place.split(":")
    with tempfile.TemporaryDirectory(prefix="latentkit-bench-") as folder:
        os.environ["LATENTKIT_CACHE"] = f"{folder}/cache"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        work = getattr(import_module(f"{__package__}.rows.{module}"), function)
        for line in work(Scale(asked.quick, Path(folder), asked.photos)):
            sys.stdout.write(json.dumps(asdict(line)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
