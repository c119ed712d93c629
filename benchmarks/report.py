"""The table on the screen, the JSON, and docs/performance.md."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Figure, Row, Section

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_INTRODUCTION = """# Performance

What was measured, not what was hoped. `make bench` measures anew and rewrites the sections below; a section that a run
does not measure stays as it was.

<!-- services -->
<!-- /services -->

<!-- live -->
<!-- /live -->

<!-- asking -->
<!-- /asking -->

<!-- webhooks -->
<!-- /webhooks -->

<!-- tabs -->
<!-- /tabs -->

<!-- sync -->
<!-- /sync -->

<!-- starts -->
<!-- /starts -->
"""
_FIGURES_HEAD = ("What", "measured", "bar", "")
_HEAD = ("What", "p50 ms", "p95 ms", "by hand p50", "ratio", "bars", "")


def machine() -> dict[str, object]:
    """Where it was measured. `load` is the machine's load over the last minute when the run ended."""
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def table(section: Section) -> str:
    """For the terminal."""
    text = [section.title]
    if section.rows:
        text += ["", *_aligned([_HEAD, *map(_cells, section.rows)])]
    if section.figures:
        text += ["", *_aligned([_FIGURES_HEAD, *map(_figure_cells, section.figures)])]
    return "\n".join(text)


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text: list[str] = []
    for name, *figures in lines:
        padded = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True))]
        text.append("  ".join(padded).rstrip())
    return text


def _figure_cells(figure: Figure) -> tuple[str, ...]:
    digits = 0 if abs(figure.value) >= 100 else 1
    return figure.name, f"{figure.value:,.{digits}f} {figure.unit}", figure.bar, "" if figure.met else "missed"


def _cells(row: Row) -> tuple[str, ...]:
    bars = [f"≤ {row.bar_p95:g} ms"] if row.bar_p95 else []
    bars += [f"≤ {row.bar_ratio:g}×"] if row.bar_ratio else []
    return (
        row.name,
        f"{row.p50:.1f}",
        f"{row.p95:.1f}",
        f"{row.by_hand:.1f}" if row.by_hand else "",
        f"{row.ratio:.2f}×" if row.ratio else "",
        ", ".join(bars),
        "" if row.met else "missed",
    )


def as_json(sections: list[Section], where: dict[str, object]) -> str:
    return json.dumps(
        {
            "machine": where,
            **{each.key: [row.as_json() for row in (*each.rows, *each.figures)] for each in sections},
        },
        indent=2,
    )


def write_document(sections: list[Section], where: dict[str, object]) -> None:
    """Replaces each section between its marks, and leaves the rest of the page alone."""
    page = DOCUMENT.read_text() if DOCUMENT.exists() else _INTRODUCTION
    for section in sections:
        before, found, rest = page.partition(f"<!-- {section.key} -->")
        _, _, after = rest.partition(f"<!-- /{section.key} -->")
        page = (before if found else before + "\n") + _markdown(section, where) + (after if found else "\n")
    DOCUMENT.write_text(page)


def _markdown(section: Section, where: dict[str, object]) -> str:
    lines = [f"<!-- {section.key} -->", f"## {section.title}", "", section.words, ""]
    if section.rows:
        lines += [*_markdown_table([_HEAD, *map(_cells, section.rows)]), ""]
    if section.figures:
        lines += [*_markdown_table([_FIGURES_HEAD, *map(_figure_cells, section.figures)]), ""]
    place = ", ".join(f"{key} {value}" for key, value in where.items() if key != "at")
    return "\n".join([*lines, f"Measured {where['at']}: {place}.", f"<!-- /{section.key} -->"])


def _markdown_table(rows: list[tuple[str, ...]]) -> list[str]:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return [head, "|---" + "|--:" * (len(rows[0]) - 1) + "|", *body]
