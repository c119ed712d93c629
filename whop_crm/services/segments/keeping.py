"""Who is in each segment, kept beside the filters, so that it can be told who entered, who left, and how it grew."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert_into
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.filters import EVERYBODY, Asked, BadFilter, asked_now, compile_filter, parse
from whop_crm.models import Member, Segment, SegmentDay, SegmentMember, SegmentMove

RELATIVE_EVERY = timedelta(hours=1)
MOVES_KEPT = timedelta(days=90)
MOST_MOVES = 5_000
"""More at once is no news of single members."""


async def compare(db: CompanyDb, segment: Segment, ids: Sequence[int] | None = None, asked: Asked | None = None) -> int:
    """Brings `segment_members` up to now, for these members or for all; how many moved.

    The first comparison after a segment was made or changed tells of nobody: it was the filter that moved.
    """
    db.scope.require(Permission.MEMBERS_READ)
    asked = asked or await asked_now(db)
    try:
        met = compile_filter(parse(segment.filter), asked)
    except BadFilter as error:
        segment.problem = str(error)
        return 0
    segment.problem = None
    first = segment.compared_at is None
    which = None if first else ids
    entered = list(await db.scalars(_entering(db, segment.id, met, which)))
    left = list(await db.scalars(_leaving(segment.id, met, which)))
    if not first and len(entered) + len(left) <= MOST_MOVES:
        await _tell(db, segment.id, entered, left, asked.clock.now)
    if which is None:
        segment.compared_at = asked.clock.now
    if which is None or entered or left:
        await _note_day(db, segment.id, asked.clock.today)
    return len(entered) + len(left)


def _entering(db: CompanyDb, segment_id: int, met: ColumnElement[bool], ids: Sequence[int] | None) -> Any:
    there = select(col(SegmentMember.member_id)).where(col(SegmentMember.segment_id) == segment_id)
    new = select(literal(db.scope.company_id), literal(segment_id), col(Member.id))
    new = new.where(EVERYBODY, met, col(Member.id).not_in(there), *_only(col(Member.id), ids)).order_by(col(Member.id))
    put = insert(SegmentMember).from_select(["company_id", "segment_id", "member_id"], new, include_defaults=False)
    return put.returning(col(SegmentMember.member_id))


def _leaving(segment_id: int, met: ColumnElement[bool], ids: Sequence[int] | None) -> Any:
    still = select(col(Member.id)).where(EVERYBODY, met, *_only(col(Member.id), ids))
    gone = delete(SegmentMember).where(
        col(SegmentMember.segment_id) == segment_id,
        col(SegmentMember.member_id).not_in(still),
        *_only(col(SegmentMember.member_id), ids),
    )
    return gone.returning(col(SegmentMember.member_id)).execution_options(synchronize_session=False)


def _only(column: Any, ids: Sequence[int] | None) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(ids)]


async def _tell(db: CompanyDb, segment_id: int, entered: list[int], left: list[int], at: datetime) -> None:
    moves = [(one, True) for one in entered] + [(one, False) for one in left]
    if moves:
        key = {"company_id": db.scope.company_id, "segment_id": segment_id, "at": at}
        await db.execute(insert(SegmentMove), [{**key, "member_id": one, "entered": way} for one, way in moves])


async def _note_day(db: CompanyDb, segment_id: int, day: date) -> None:
    """The size of today, over what was noted earlier today."""
    sums = (
        select(func.count(), func.coalesce(func.sum(col(Member.mrr_minor)), 0))
        .select_from(SegmentMember)
        .join(Member, col(Member.id) == col(SegmentMember.member_id))
        .where(col(SegmentMember.segment_id) == segment_id)
    )
    members, mrr = (await db.execute(sums)).one()
    values = {"company_id": db.scope.company_id, "segment_id": segment_id, "day": day, "members": members,
              "mrr_minor": int(mrr)}  # fmt: skip
    put = upsert_into(SegmentDay).values(values)
    fresh = {"members": put.excluded.members, "mrr_minor": put.excluded.mrr_minor}
    await db.execute(put.on_conflict_do_update(index_elements=["company_id", "segment_id", "day"], set_=fresh))


async def compare_some(db: CompanyDb, ids: Sequence[int] | None) -> int:
    """After members changed: every segment against these, or, where too many changed to name, against all."""
    db.scope.require(Permission.FACTS_WRITE)
    asked = await asked_now(db)
    found = await db.scalars(select(Segment).order_by(col(Segment.id)))
    return sum([await compare(db, one, ids, asked) for one in found])


async def compare_due(db: CompanyDb) -> int:
    """What time alone moves: hourly where a filter names it, and every segment on each new local day."""
    db.scope.require(Permission.FACTS_WRITE)
    asked = await asked_now(db)
    compared = col(Segment.compared_at)
    midnight = asked.clock.midnight(asked.clock.today)
    hourly = col(Segment.relative) & (compared < asked.clock.now - RELATIVE_EVERY)
    due = await db.scalars(
        select(Segment).where(or_(compared.is_(None), compared < midnight, hourly)).order_by(col(Segment.id))
    )
    return sum([await compare(db, one, None, asked) for one in due])


async def forget_old_moves(db: CompanyDb) -> None:
    """Who moved more than 90 days ago."""
    db.scope.require(Permission.FACTS_WRITE)
    await db.execute(delete(SegmentMove).where(col(SegmentMove.at) < datetime.now(UTC) - MOVES_KEPT))
