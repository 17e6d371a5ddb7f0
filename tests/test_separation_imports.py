"""Imports between the parts of latentkit.separation point one way."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "latentkit" / "separation"
MAY_IMPORT = {
    "__init__": set(),
    "options": set(),
    "rows": set(),
    "separable": {"options", "rows"},
    "visible": {"options", "rows"},
    "report": {"options", "rows", "separable", "visible"},
    "compare": {"options", "rows", "separable", "visible", "report"},
}


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(module: Path) -> set[str]:
    parts = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("latentkit.separation"):
            names = node.module.split(".")[2:]
            parts |= {names[0]} if names else {alias.name for alias in node.names}
    return parts


def test_every_part_is_in_the_table():
    assert {part_of(module) for module in PACKAGE.rglob("*.py")} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_part_imports_only_from_the_parts_below(module):
    part = part_of(module)
    assert imported_parts(module) - {part} <= MAY_IMPORT[part]


def test_the_threshold_of_active_units_is_that_of_the_statistics():
    from latentkit.separation.options import Thresholds
    from latentkit.stats import ACTIVE_VARIANCE

    assert Thresholds().active_variance == ACTIVE_VARIANCE
