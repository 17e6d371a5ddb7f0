"""A module imports only from floors below its own, and only the registry's strings name a backend."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "latentkit"

FLOORS = {
    0: {"choices", "errors", "fields", "__init__", "installation", "launch", "randomness", "text"},
    1: {"architecture", "methods", "objective", "protocol"},
    1.5: {"formats", "stats"},
    2: {"group", "images", "registry"},
    2.5: {"run"},
    3: {"training", "embedding", "summary", "projection", "diagnosis", "pictures", "testing"},
    3.3: {"clustering"},
    3.4: {"separation"},
    3.5: {"decoding", "exporting", "page"},
    3.75: {"analysis"},
    4: {"shell", "progress", "analysis_progress", "demo"},
    5: {"cli", "commands", "__main__"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
BESIDE = {
    ("protocol", "architecture"),
    ("protocol", "objective"),
    ("shell", "cli"),
    ("progress", "shell"),
    ("analysis_progress", "progress"),
    ("__main__", "shell"),
    ("cli", "commands"),
}
"""Imports on one floor, or upwards, that are meant: main() starts the app it is given by name."""
TESTING_MAY = {"protocol", "architecture", "objective", "errors", "randomness"}


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(module: Path) -> set[str]:
    """The rooms of latentkit that a module imports anywhere, in functions too."""
    rooms = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "latentkit":
            parts = node.module.split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("latentkit.")}
    return {name for name in rooms if name in FLOOR_OF or not name.startswith("__")}


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR_OF)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_floors_below(module):
    here = room_of(module)
    upward = {
        there
        for there in imported_rooms(module) - {here}
        if there in FLOOR_OF and FLOOR_OF[there] >= FLOOR_OF[here] and (here, there) not in BESIDE
    }
    assert upward == set()


@pytest.mark.parametrize("module", sorted((PACKAGE / "testing").glob("*.py")), ids=lambda path: path.name)
def test_the_contract_imports_what_a_backend_may(module):
    assert imported_rooms(module) - {"testing"} <= TESTING_MAY


@pytest.mark.parametrize("module", sorted((ROOT / "backends").rglob("*.py")), ids=lambda path: path.name)
def test_a_backend_imports_what_a_backend_may(module):
    assert imported_rooms(module) <= {"protocol", "architecture", "objective", "errors"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_names_a_backend_package(module):
    text = module.read_text(encoding="utf-8")
    assert "latentkit_torch" not in text
    assert "latentkit_keras" not in text


def test_no_module_is_over_300_lines():
    every = [*MODULES, *(ROOT / "backends").rglob("*.py")]
    long = {
        str(module): count
        for module in every
        if (count := len(module.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is(module):
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


def floors_in_the_document() -> dict[float, set[str]]:
    """The floors in the table of ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d.]+) \| ([^|]+) \|", text, re.MULTILINE)
    return {float(floor): set(re.findall(r"`(\w+)`", names)) for floor, names in rows}


def test_the_document_shows_the_same_floors():
    assert floors_in_the_document() == {float(floor): rooms for floor, rooms in FLOORS.items()}
