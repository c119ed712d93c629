"""Writing members into a CSV file of any size, line by line out of the database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ARRAY, Text, any_, func, literal, select, text
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.filters import Condition, Filter, Op
from whop_crm.models import Member
from whop_crm.models.enums import ActivityKind
from whop_crm.services import activities, custom_fields, members
from whop_crm.services.exports.columns import Column, catalogue, chosen, head, lines
from whop_crm.services.exports.naming import file_name
from whop_crm.services.exports.schemas import AUDITED_FROM, MOST_PICKED, Export, ExportInput

BOM = "\ufeff"
_LINES_AT_ONCE = 1_000
_SETTINGS = "SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '32MB'"
"""All of it is wanted, and soon; sorted in memory as far as that goes."""


async def begin(db: CompanyDb, wanted: ExportInput) -> Export:
    """Finds out what will stand in the file and, where that is much, writes into the log who takes it out.

    In the log before the first line leaves, so that an export that is broken off stands there too. Raises
    InvalidInput, and NotFound for a segment or list that is not there.
    """
    db.scope.require(Permission.EXPORT)
    asked = await filters.asked_now(db, datetime.now(UTC))
    columns = chosen(catalogue(db.scope.company, await custom_fields.list_fields(db)), wanted.columns)
    subject, node = _subject(wanted, asked.words, db.scope.actor.user_id)
    asker = filters.Asker(db.scope.actor.user_id)
    query = replace(wanted.query, where=filters.resolve(wanted.query.where, asked.words, asker))
    listed = (await members.select_ids(db, query)).whereclause
    assert listed is not None
    where = [listed]
    if node is not None:
        where.append(filters.compile_filter(filters.resolve(Filter(where=node), asked.words, asker), asked))
    if wanted.members is not None:
        picked = literal(list(_picked(wanted.members)), ARRAY(Text))  # one value, however many they are
        where.append(col(Member.whop_id) == any_(picked))
    total = (await db.scalars(select(func.count()).select_from(Member).where(*where))).one()
    today = asked.clock.today
    if total > AUDITED_FROM:
        await _tell(db, total, subject, columns)
    name = file_name(subject, today)
    return Export(name, head(columns), total, lines(columns, db.scope.company, where, members.order(wanted.query)))


async def stream(db: CompanyDb, export: Export) -> AsyncIterator[bytes]:
    """The file, piece by piece, as of one moment."""
    db.scope.require(Permission.EXPORT)
    return _pieces(db, export)


async def _pieces(db: CompanyDb, export: Export) -> AsyncIterator[bytes]:
    yield (BOM + export.head).encode()
    await db.execute(text(_SETTINGS))
    found = await db.stream(export.lines.execution_options(yield_per=_LINES_AT_ONCE))
    async for part in found.scalars().partitions():
        yield "".join(part).encode()


def _subject(wanted: ExportInput, words: filters.Vocabulary, asker: str | None) -> tuple[str, Condition | None]:
    """What the file is called after, and the condition that narrows it. Raises NotFound."""
    if wanted.segment_id is not None:
        segment = words.segments.get(wanted.segment_id)
        if segment is None or not (segment.shared or segment.owner_id == asker):
            raise NotFound("There is no such segment. Somebody may have deleted it or made it private.")
        return segment.name, Condition(field="segment", op=Op.IS_ANY_OF, value=[segment.id])
    if wanted.list_id is not None:
        if wanted.list_id not in words.lists:
            raise NotFound("There is no such list. Somebody may have deleted it.")
        return words.lists[wanted.list_id], Condition(field="list", op=Op.IS_ANY_OF, value=[wanted.list_id])
    return "members", None


def _picked(whop_ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(whop_ids) > MOST_PICKED:
        raise InvalidInput(f"At most {MOST_PICKED:,} members can be picked one by one. Use a filter.", "members")
    return whop_ids


async def _tell(db: CompanyDb, total: int, subject: str, columns: list[Column]) -> None:
    which = "the members" if subject == "members" else f"“{subject}”"
    detail = f"From {which}: {', '.join(one.label for one in columns)}"
    await activities.record_of_company(db, ActivityKind.EXPORTED, f"Exported {total:,} members", detail)
