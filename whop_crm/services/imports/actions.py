"""Bringing a file in: staged, planned, applied in one transaction, and taken back."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models import Import, ImportChunk, ImportStep
from whop_crm.models.enums import ActivityKind
from whop_crm.models.importing import ImportStatus
from whop_crm.services import activities, custom_fields, tags
from whop_crm.services.bulk import Row, insert_rows
from whop_crm.services.changes import KEPT
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.imports import applying, matching, planning
from whop_crm.services.imports.mapping import checked, guess
from whop_crm.services.imports.queries import load, mapping_of
from whop_crm.services.imports.reading import read
from whop_crm.services.imports.schemas import CHUNK, Mapping_
from whop_crm.services.imports.understanding import Line, keys_of, list_name, understand
from whop_crm.text import one_line

_MOST_WAITING = 20
_WAITING = (ImportStatus.STAGED, ImportStatus.PLANNED)
_TIME = "SET LOCAL statement_timeout = '60s'"


async def stage(db: CompanyDb, name: str, data: bytes) -> int:
    """Reads a file and lays it beside; returns the import's id. Nothing is changed. Raises InvalidInput."""
    db.scope.require(Permission.IMPORT)
    sheet = await asyncio.to_thread(read, data)
    fields = await custom_fields.list_fields(db)
    mapping = guess(sheet, fields)
    row = Import(
        company_id=db.scope.company_id, name=one_line(name)[:120] or "Pasted cells", encoding=sheet.encoding,
        delimiter=sheet.delimiter, headers=sheet.headers, mapping=_kept(mapping), lines=len(sheet.lines),
        actor_id=db.scope.actor.user_id, actor_name=db.scope.actor.name, created_at=datetime.now(UTC),
    )  # fmt: skip
    db.add(row)
    await db.flush()
    chunks = [sheet.lines[start : start + CHUNK] for start in range(0, len(sheet.lines), CHUNK)]
    for n, lines in enumerate(chunks):
        await insert_rows(db, ImportChunk, [{"import_id": row.id, "n": n, "lines": lines}])
    await _make_room(db)
    db.touch_many()
    return row.id


def _kept(mapping: Mapping_) -> dict[str, Any]:
    return {"columns": {str(place): target for place, target in mapping.columns.items() if target},
            "tag": mapping.tag, "list_name": mapping.list_name}  # fmt: skip


async def _make_room(db: CompanyDb) -> None:
    """Of those that nobody went on with, the latest are kept."""
    waiting = select(col(Import.id)).where(col(Import.status).in_(_WAITING)).order_by(col(Import.id).desc())
    old = list(await db.scalars(waiting.offset(_MOST_WAITING)))
    if old:
        await db.execute(delete(Import).where(col(Import.id).in_(old)))


async def plan(db: CompanyDb, import_id: int, mapping: Mapping_) -> None:
    """Finds out what a file would change, line by line, and lays it beside; nothing is changed.

    Raises NotFound, InvalidInput where the columns cannot be that, Conflict where it was applied.
    """
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id, lock=True)
    if row.status not in _WAITING:
        raise Conflict("This file was brought in already.")
    fields = {filters.CUSTOM_PREFIX + one.key: one for one in await custom_fields.list_fields(db)}
    mapping = Mapping_(mapping.columns, mapping.tag and tags.tag_name(mapping.tag),
                       mapping.list_name and list_name(mapping.list_name))  # fmt: skip
    checked(mapping, len(row.headers), fields)
    lines = await _lines(db, import_id)
    found = await matching.find(db, keys_of(lines, mapping))
    deeds = await asyncio.to_thread(understand, lines, mapping, found, fields)
    planned = await planning.steps(db, deeds, fields)
    await _write_plan(db, import_id, planned.rows, deeds.problems)
    row.mapping, row.status = _kept(mapping), ImportStatus.PLANNED
    row.plan = {"matched": deeds.matched, "problems": len(deeds.problems), "new_tags": planned.new_tags,
                "new_lists": planned.new_lists, "changes": [asdict(one) for one in planned.changes]}  # fmt: skip
    await db.flush()
    db.touch_many()


async def _lines(db: CompanyDb, import_id: int) -> list[Line]:
    """One chunk after the other: what is read at once stops every other tab."""
    mine = col(ImportChunk.import_id) == import_id
    found: list[Line] = []
    for n in await db.scalars(select(col(ImportChunk.n)).where(mine).order_by(col(ImportChunk.n))):
        lines = await db.scalar(select(col(ImportChunk.lines)).where(mine, col(ImportChunk.n) == n))
        found += [(number, cells) for number, cells in lines or ()]
    return found


async def _write_plan(
    db: CompanyDb, import_id: int, steps: Sequence[Row], problems: Sequence[tuple[int, str, str]]
) -> None:
    await db.execute(delete(ImportStep).where(col(ImportStep.import_id) == import_id))
    for n, step in enumerate(steps):
        await insert_rows(db, ImportStep, [{"import_id": import_id, "n": n, **step}])
    left, mine = list(problems), col(ImportChunk.import_id) == import_id
    last = func.jsonb_extract_path(cast(col(ImportChunk.lines), JSONB), "-1", "0")
    for n, number in (
        await db.execute(select(col(ImportChunk.n), last).where(mine).order_by(col(ImportChunk.n)))
    ).all():
        here = [list(one) for one in left if one[0] <= number]
        left = left[len(here) :]
        await db.execute(update(ImportChunk).where(mine, col(ImportChunk.n) == n).values(problems=here))


async def apply(db: CompanyDb, import_id: int) -> None:
    """Does all that was planned, in this transaction. Starts no rule. Raises NotFound, and Conflict."""
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id, lock=True)
    if row.status is not ImportStatus.PLANNED:
        raise Conflict("This file was brought in already." if row.applied_at else "Say first what the columns are.")
    fields = await _fields_of(db, row)
    await db.execute(text(_TIME))
    row.applied_at = datetime.now(UTC)
    for n in await _steps(db, import_id):
        await applying.do(db, await _step(db, import_id, n), fields, row.applied_at)
        await db.flush()
    row.status = ImportStatus.APPLIED
    words = f"Imported {row.plan['matched']:,} lines from “{row.name}”"
    await activities.record_of_company(db, ActivityKind.IMPORTED, words)
    await db.flush()
    db.touch_many()


async def undo(db: CompanyDb, import_id: int) -> None:
    """Takes back what is still as the import left it, and counts the rest. Raises NotFound, and Conflict."""
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id, lock=True)
    if row.status is not ImportStatus.APPLIED or row.applied_at is None:
        raise Conflict("There is nothing to undo: it was undone already, or never brought in.")
    if row.applied_at < datetime.now(UTC) - KEPT:
        raise Conflict("This cannot be undone any more: it is more than 30 days old.")
    fields = await _fields_of(db, row, archived=True)
    for n in reversed(await _steps(db, import_id)):
        step = await _step(db, import_id, n)
        back = await applying.take_back(db, step, fields, row.applied_at) if step.changed else 0
        row.undone += back
        row.undo_skipped += len(step.changed) - back
    row.status, row.undone_at, row.undone_by = ImportStatus.UNDONE, datetime.now(UTC), db.scope.actor.name
    await activities.record_of_company(db, ActivityKind.IMPORTED, f"Took back the import of “{row.name}”")
    await db.flush()
    db.touch_many()


async def discard(db: CompanyDb, import_id: int) -> None:
    """Forgets a file that was not brought in. Raises NotFound, and Conflict."""
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id, lock=True)
    if row.status not in _WAITING:
        raise Conflict("This file was brought in already. It can be undone for 30 days.")
    await db.delete(row)
    await db.flush()
    db.touch_many()


async def forget_old_imports(db: CompanyDb) -> int:
    """Forgets what is too old to be taken back; how many that were."""
    db.scope.require(Permission.FACTS_WRITE)
    old = delete(Import).where(col(Import.created_at) < datetime.now(UTC) - KEPT - timedelta(days=1))
    return len(list(await db.scalars(old.returning(col(Import.id)))))


async def _steps(db: CompanyDb, import_id: int) -> list[int]:
    mine = col(ImportStep.import_id) == import_id
    return list(await db.scalars(select(col(ImportStep.n)).where(mine).order_by(col(ImportStep.n))))


async def _step(db: CompanyDb, import_id: int, n: int) -> ImportStep:
    wanted = select(ImportStep).where(col(ImportStep.import_id) == import_id, col(ImportStep.n) == n)
    return (await db.scalars(wanted)).one()


async def _fields_of(db: CompanyDb, row: Import, *, archived: bool = False) -> dict[int, FieldRow]:
    """The fields by id. Raises InvalidInput where one of the file's was archived since it was planned."""
    found = await custom_fields.list_fields(db)
    keys = {filters.CUSTOM_PREFIX + one.key for one in found}
    if archived:
        found += await custom_fields.list_fields(db, archived=True)
    elif any(one.startswith(filters.CUSTOM_PREFIX) and one not in keys for one in mapping_of(row).columns.values()):
        raise InvalidInput("A field was archived meanwhile. Look at the columns again.", "columns")
    return {one.id: one for one in found}
