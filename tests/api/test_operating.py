"""docs/operating.md names every figure of `/api/health` and `/metrics`, and no other."""

import re
from pathlib import Path

from tests.support.web import Web

TEXT = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
THEIRS = ("python_", "process_", "_created")
"""What the Prometheus client adds of its own."""


def documented(table: str) -> set[str]:
    lines = TEXT.split(f"<!-- {table} -->")[1].split(f"<!-- /{table} -->")[0]
    return set(re.findall(r"^\| `(\w+)` \|", lines, re.MULTILINE))


async def test_every_figure_of_health_is_explained(web: Web) -> None:
    async with web.http() as http:
        assert set((await http.get("/api/health")).json()) == documented("health")


async def test_every_metric_is_explained(web: Web) -> None:
    async with web.http() as http:
        text = (await http.get("/metrics")).text
    names = set(re.findall(r"^# HELP (\w+)", text, re.MULTILINE))
    ours = {name for name in names if not name.startswith(THEIRS) and not name.endswith(THEIRS)}
    assert ours == documented("metrics")


def test_every_file_it_names_exists() -> None:
    folder = Path(__file__).parents[2] / "docs"
    named = [path for path in re.findall(r"\]\(([^)#]+)\)", TEXT) if not path.startswith("http")]
    assert named
    assert [path for path in named if not (folder / path).exists()] == []
