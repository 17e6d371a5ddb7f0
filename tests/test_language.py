"""Rules of the language that a machine can hold: summaries, first lines of docstrings, American spelling."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from latentkit.cli import app

ROOT = Path(__file__).parent.parent
FRAGMENT = re.compile(r"(Of|As|By|So|The same|What|Where|Whether)\b")
BRITISH = re.compile(
    r"colour|grey|centre|centring|neighbour|normalis|labell|optimis|behaviour|initialis|favour|catalogue|organis|recognis"
    r"|regularis|generalis|serialis|summaris|visualis|analyse|analysing|modell|travell|artefact|honour|neutralis|minimis"
    r"|maximis|standardis|quantis|vectoris|utilis|defence|licence|judgement",
    re.IGNORECASE,
)
KEPT = re.compile(
    r'aria-labelledby|"neighbours"|"_?centres"|cluster_model_centres|"unlabelled"|unlabelled: images|neighbours, neighbours_by_chance|"neighbours_by_chance"'
)
"""Names that are part of an interface: an attribute of HTML, keys of JSON and of stored models."""
SUMMARY = 45


MODULES = [path for folder in ("latentkit", "backends") for path in sorted((ROOT / folder).rglob("*.py"))]


def docstrings(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """The docstring of a module and of every public object in it, by name."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        if (text := ast.get_docstring(node)) is not None:
            yield name, text
        for child in ast.iter_child_nodes(node):
            child_name = getattr(child, "name", "_")
            if not child_name.startswith("_") or child_name.startswith("__"):
                yield from docstrings(child, f"{name}.{child_name}")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_of_a_public_object_begins_with_a_fragment(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert [name for name, text in docstrings(tree, module.stem) if FRAGMENT.match(text)] == []


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def test_spelling_is_american():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        for number, line in enumerate(text.splitlines(), 1):
            if BRITISH.search(KEPT.sub("", line)) or BRITISH.search(path.name):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def commands(group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The help of every command, by the words that name it."""
    for name, command in group.commands.items():
        yield " ".join((*above, name)), command.help
        if hasattr(command, "commands"):
            yield from commands(command, (*above, name))


def test_every_summary_is_short_and_stands_alone():
    wrong = {
        name: summary
        for name, text in commands(typer.main.get_command(app))
        if len(summary := text.split("\n\n")[0].strip()) > SUMMARY
        or not summary.endswith(".")
        or FRAGMENT.match(summary)
    }
    assert wrong == {}
