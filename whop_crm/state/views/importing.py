"""A file being brought in."""

from dataclasses import dataclass

from whop_crm.models.importing import ImportStatus
from whop_crm.services.imports import ColumnRow, ImportRow, ProblemRow
from whop_crm.state.views.text import counted, iso

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_STATUS = {ImportStatus.STAGED: "Waiting", ImportStatus.PLANNED: "Waiting", ImportStatus.APPLIED: "Brought in",
           ImportStatus.UNDONE: "Undone"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import in the list, and the one that is open. `detail` says how far it is."""

    id: int = 0
    name: str = ""
    understood: str = ""
    lines: str = ""
    matched: str = ""
    left_out: str = ""
    any_left_out: bool = False
    made: str = ""
    tag: str = ""
    list_name: str = ""
    by: str = ""
    at: str = ""
    status: str = ""
    detail: str = ""
    waiting: bool = False
    planned: bool = False
    changes_anything: bool = False
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class ImportColumn:
    field: str
    header: str
    samples: str
    target: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    what: str
    changed: str
    same: str


@dataclass(frozen=True, slots=True)
class ProblemLine:
    line: str
    problem: str


def import_line(row: ImportRow) -> ImportLine:
    return ImportLine(
        id=row.id,
        name=row.name,
        understood=f"{counted(row.lines, 'line')}, {_DELIMITERS.get(row.delimiter, row.delimiter)} between the cells,"
        f" {row.encoding.removesuffix('-sig').upper()}",
        lines=f"{row.lines:,}",
        matched=f"{row.matched:,}",
        left_out=f"{row.problems:,}",
        any_left_out=row.problems > 0,
        made=_made(row),
        tag=row.tag,
        list_name=row.list_name,
        by=row.actor_name,
        at=iso(row.undone_at or row.applied_at or row.created_at),
        status=_STATUS[row.status],
        detail=_detail(row),
        waiting=row.status in (ImportStatus.STAGED, ImportStatus.PLANNED),
        planned=row.status is ImportStatus.PLANNED,
        changes_anything=row.changed > 0,
        undoable=row.status is ImportStatus.APPLIED,
    )


def _made(row: ImportRow) -> str:
    """What will be made that there is not yet."""
    kinds = (("tag", row.new_tags), ("list", row.new_lists))
    return ", ".join(f"{kind} “{name}”" for kind, names in kinds for name in names[:20])


def _detail(row: ImportRow) -> str:
    if row.status is ImportStatus.UNDONE:
        left = f", {row.undo_skipped:,} left as changed since" if row.undo_skipped else ""
        return f"{counted(row.undone, 'change')} undone by {row.undone_by}{left}"
    return f"{counted(row.changed, 'change')} to {counted(row.matched, 'member')}" if row.plan_known else ""


def import_column(row: ColumnRow) -> ImportColumn:
    return ImportColumn(f"column-{row.place}", row.header, " · ".join(row.samples), row.target)


def problem_line(row: ProblemRow) -> ProblemLine:
    return ProblemLine(f"{row.line:,}", row.problem)


def change_lines(row: ImportRow) -> list[ChangeLine]:
    return [ChangeLine(one.what, f"{one.changed:,}", f"{one.same:,}") for one in row.changes]
