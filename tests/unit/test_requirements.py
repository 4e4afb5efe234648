"""Every requirement of the table has a test that bears its number, and no test bears one that is not in the table."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = {"AR": 37, "RG": 32}
"""Rows of the requirements table: autoregistration and registration, numbered from 1."""
REQUIREMENTS = [f"{area}-{number:02}" for area, last in ROWS.items() for number in range(1, last + 1)]


def _marks(node: ast.AST) -> Iterator[str]:
    """The numbers of ``pytest.mark.req("…")`` within this expression."""
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Attribute(attr="req"), args=[ast.Constant(value=str(number))]):
                yield number


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def marked(text: str) -> Iterator[tuple[str, str]]:
    """Every number, and the name of a test that bears it: by itself, by its class, or by its module.

    A mark on something that is never run, a fixture or a class without tests, is none.
    """
    module = ast.parse(text)
    wide = [
        number
        for node in module.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
        for number in _marks(node.value)
    ]
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            tests = [each for each in node.body if _is_test(each)]
            yield from ((number, each.name) for d in node.decorator_list for number in _marks(d) for each in tests)  # type: ignore[attr-defined]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_test(node):
            yield from ((number, node.name) for d in node.decorator_list for number in _marks(d))
            yield from ((number, node.name) for number in wide)


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    """The tests of each requirement."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("*.py")):
        for number, name in marked(path.read_text(encoding="utf-8")):
            found[number].append(f"{path.relative_to(TESTS)}::{name}")
    return found


@pytest.mark.parametrize("number", REQUIREMENTS)
def test_a_requirement_has_a_test(tests: dict[str, list[str]], number: str) -> None:
    assert tests.get(number), f"no test bears {number}"


def test_no_test_bears_a_number_of_no_requirement(tests: dict[str, list[str]]) -> None:
    assert set(tests) - set(REQUIREMENTS) == set()


def test_only_what_is_run_counts() -> None:
    text = """
@pytest.mark.req("AR-01")
def test_one(): ...
@pytest.mark.req("AR-02")
def helper(): ...
@pytest.mark.req("AR-03")
class TestMany:
    def test_two(self): ...
    @pytest.mark.req("AR-04")
    async def test_three(self): ...
@pytest.mark.req("AR-05")
class Empty: ...
# @pytest.mark.req("AR-06")
"""
    assert sorted(marked(text)) == [
        ("AR-01", "test_one"),
        ("AR-03", "test_three"),
        ("AR-03", "test_two"),
        ("AR-04", "test_three"),
    ]
    assert list(marked('pytestmark = [pytest.mark.req("RG-29")]\ndef test_four(): ...')) == [("RG-29", "test_four")]
