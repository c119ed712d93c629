"""Small and plain: no function of more than 60 lines, no module of the product of more than 400."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION, LONGEST_MODULE = 60, 400


def sources() -> Iterator[tuple[str, str]]:
    for folder in ("whop_crm", "benchmarks", "tests"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), file.read_text()


def long_functions(path: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{path}: {node.name} has {lines} lines"


def test_functions_are_short() -> None:
    assert [found for path, source in sources() for found in long_functions(path, source)] == []


def test_modules_are_short() -> None:
    lengths = {path: source.count("\n") for path, source in sources() if not path.startswith("tests/")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_a_long_function_is_seen() -> None:
    body = "\n".join(["async def f():", *["    x = 1"] * LONGEST_FUNCTION])
    assert list(long_functions("here.py", body)) == ["here.py: f has 61 lines"]
