"""Reading imports: how they stand, what their columns are, what is wrong with which line."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Import, ImportChunk
from whop_crm.services import custom_fields
from whop_crm.services.exports import BOM, plain_cell
from whop_crm.services.imports import matching
from whop_crm.services.imports.mapping import targets
from whop_crm.services.imports.schemas import (
    SAMPLES,
    ChangeRow,
    ColumnRow,
    ImportRow,
    Mapping_,
    ProblemRow,
    TargetChoice,
)

_SHOWN, _SUGGESTED = 50, 20


async def list_imports(db: CompanyDb, limit: int = 20) -> list[ImportRow]:
    """The latest first."""
    db.scope.require(Permission.IMPORT)
    found = await db.scalars(select(Import).order_by(col(Import.id).desc()).limit(limit))
    return [row_of(one) for one in found]


async def get_import(db: CompanyDb, import_id: int) -> ImportRow:
    """Raises NotFound."""
    db.scope.require(Permission.IMPORT)
    return row_of(await load(db, import_id))


async def list_import_columns(db: CompanyDb, import_id: int) -> list[ColumnRow]:
    """The columns of a file with what stands in them first. Raises NotFound."""
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id)
    first = select(col(ImportChunk.lines)).where(col(ImportChunk.import_id) == import_id, col(ImportChunk.n) == 0)
    lines: list[tuple[int, list[str]]] = await db.scalar(first) or []
    mapped = mapping_of(row).columns
    return [
        ColumnRow(place, header, _samples(lines, place), mapped.get(place, ""))
        for place, header in enumerate(row.headers)
    ]


def _samples(lines: Sequence[tuple[int, list[str]]], place: int) -> tuple[str, ...]:
    filled = (cells[place][:60] for _, cells in lines if place < len(cells) and cells[place])
    return tuple(islice(dict.fromkeys(filled), SAMPLES))


async def list_targets(db: CompanyDb) -> list[TargetChoice]:
    """What a column can be."""
    db.scope.require(Permission.IMPORT)
    return targets(await custom_fields.list_fields(db))


async def list_problems(db: CompanyDb, import_id: int) -> list[ProblemRow]:
    """The first 50 lines that would be left out; where a name is near, with who may have been meant."""
    db.scope.require(Permission.IMPORT)
    found = (await _problems(db, import_id))[:_SHOWN]
    unmatched = [said for _, said, problem in found if said and problem.startswith("Nobody has")]
    near = await matching.nearest(db, unmatched[:_SUGGESTED])
    hint = {said: f" Did you mean “{name}”?" for said, name in near.items()}
    return [ProblemRow(line, said, problem + hint.get(said, "")) for line, said, problem in found]


async def write_problems(db: CompanyDb, import_id: int) -> str:
    """The lines that were left out as a CSV file: as they were, with the reason in front. Raises NotFound."""
    db.scope.require(Permission.IMPORT)
    row = await load(db, import_id)
    reasons = {line: problem for line, _, problem in await _problems(db, import_id)}
    chunks = select(col(ImportChunk.lines)).where(col(ImportChunk.import_id) == import_id).order_by(col(ImportChunk.n))
    lines = [["Line", "Problem", *row.headers]]
    for chunk in await db.scalars(chunks):
        lines += [[str(number), reasons[number], *cells] for number, cells in chunk if number in reasons]
    return BOM + "".join(",".join(map(plain_cell, line)) + "\r\n" for line in lines)


async def _problems(db: CompanyDb, import_id: int) -> list[tuple[int, str, str]]:
    mine = col(ImportChunk.import_id) == import_id
    chunks = await db.scalars(select(col(ImportChunk.problems)).where(mine).order_by(col(ImportChunk.n)))
    return [(line, said, problem) for chunk in chunks for line, said, problem in chunk]


async def load(db: CompanyDb, import_id: int, *, lock: bool = False) -> Import:
    """Raises NotFound."""
    db.scope.require(Permission.IMPORT)
    found = select(Import).where(col(Import.id) == import_id).execution_options(populate_existing=True)
    row = (await db.scalars(found.with_for_update() if lock else found)).one_or_none()
    if row is None:
        raise NotFound("There is no such import. What was not brought in is forgotten, and all of it after 30 days.")
    return row


def mapping_of(row: Import) -> Mapping_:
    columns = {int(place): target for place, target in row.mapping.get("columns", {}).items()}
    return Mapping_(columns, row.mapping.get("tag", ""), row.mapping.get("list_name", ""))


def row_of(row: Import) -> ImportRow:
    mapping = mapping_of(row)
    return ImportRow(
        id=row.id,
        status=row.status,
        name=row.name,
        encoding=row.encoding,
        delimiter=row.delimiter,
        lines=row.lines,
        matched=row.plan.get("matched", 0),
        problems=row.plan.get("problems", 0),
        changes=tuple(ChangeRow(**one) for one in row.plan.get("changes", ())),
        new_tags=tuple(row.plan.get("new_tags", ())),
        new_lists=tuple(row.plan.get("new_lists", ())),
        tag=mapping.tag,
        list_name=mapping.list_name,
        actor_name=row.actor_name,
        created_at=row.created_at,
        applied_at=row.applied_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        undone=row.undone,
        undo_skipped=row.undo_skipped,
    )
