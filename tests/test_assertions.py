"""Every test asserts something."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def asserts(function: ast.FunctionDef) -> bool:
    """Whether a function asserts, expects an exception or calls a function named after asserting."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")[-1]
            if name in ("raises", "warns") or name.startswith(("assert_", "check", "refuse")):
                return True
    return False


@pytest.mark.parametrize("module", sorted(TESTS.glob("test_*.py")), ids=lambda path: path.name)
def test_every_test_asserts_something(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    tests = [each for each in functions if each.name.startswith("test_")]
    assert tests
    assert [each.name for each in tests if not asserts(each)] == []
