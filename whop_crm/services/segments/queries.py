"""Reading segments. A private one is there for its owner alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from whop_crm.access import Permission, Role, Scope
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.filters import Asked, BadFilter, Filter, asked_now, compile_filter, parse, words
from whop_crm.models import Member, Segment, SegmentDay, SegmentMove
from whop_crm.services.members import shown_name
from whop_crm.services.segments import counting
from whop_crm.services.segments.schemas import Move, SegmentRow, SizeDay, Template
from whop_crm.services.segments.templates import templates

DAYS_SHOWN, MOVES_SHOWN = 90, 30
NO_SUCH_SEGMENT = "There is no such segment. Somebody may have deleted it or made it private."


def visible(scope: Scope) -> ColumnElement[bool]:
    return or_(col(Segment.shared), col(Segment.owner_id) == scope.actor.user_id)


async def list_segments(db: CompanyDb) -> list[SegmentRow]:
    """The segments this person may see, by name, each with how many are in it now."""
    db.scope.require(Permission.MEMBERS_READ)
    found = await db.scalars(
        select(Segment).where(visible(db.scope)).order_by(func.lower(col(Segment.name)), col(Segment.id))
    )
    return await _rows(db, list(found))


async def get_segment(db: CompanyDb, segment_id: int) -> SegmentRow:
    """One segment with how many are in it now. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    return (await _rows(db, [await load_segment(db, segment_id)]))[0]


async def get_name(db: CompanyDb, segment_id: int) -> str:
    """What a segment is called, without counting it. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    return (await load_segment(db, segment_id)).name


async def load_segment(db: CompanyDb, segment_id: int) -> Segment:
    """Raises NotFound, also for what is another's own."""
    db.scope.require(Permission.MEMBERS_READ)
    wanted = select(Segment).where(col(Segment.id) == segment_id, visible(db.scope))
    segment = (await db.scalars(wanted)).one_or_none()
    if segment is None:
        raise NotFound(NO_SUCH_SEGMENT)
    return segment


async def get_filter(db: CompanyDb, segment_id: int) -> Filter:
    """The filter of a segment. Raises NotFound, and BadFilter where what it asks for is gone."""
    db.scope.require(Permission.MEMBERS_READ)
    given = parse((await load_segment(db, segment_id)).filter)
    compile_filter(given, await asked_now(db))
    return given


async def list_days(db: CompanyDb, segment_id: int) -> list[SizeDay]:
    """How large a segment was on each of the last 90 local days on which it was counted, oldest first."""
    db.scope.require(Permission.MEMBERS_READ)
    await load_segment(db, segment_id)
    first = datetime.now(db.scope.company.zone).date() - timedelta(days=DAYS_SHOWN)
    found = await db.execute(
        select(col(SegmentDay.day), col(SegmentDay.members), col(SegmentDay.mrr_minor))
        .where(col(SegmentDay.segment_id) == segment_id, col(SegmentDay.day) >= first)
        .order_by(col(SegmentDay.day))
    )
    return [SizeDay(*row) for row in found]


async def list_moves(db: CompanyDb, segment_id: int) -> list[Move]:
    """Who entered and left lately, the latest first."""
    db.scope.require(Permission.MEMBERS_READ)
    await load_segment(db, segment_id)
    who = (col(Member.whop_id), col(Member.name), col(Member.username), col(Member.email), col(Member.photo_url))
    found = await db.execute(
        select(*who, col(SegmentMove.entered), col(SegmentMove.at))
        .join(Member, col(Member.id) == col(SegmentMove.member_id))
        .where(col(SegmentMove.segment_id) == segment_id)
        .order_by(col(SegmentMove.at).desc(), col(SegmentMove.id).desc())
        .limit(MOVES_SHOWN)
    )
    return [
        Move(one.whop_id, shown_name(one.name, one.username, one.email, one.whop_id), one.photo_url, *one[5:])
        for one in found
    ]


async def list_templates(db: CompanyDb) -> list[tuple[Template, int]]:
    """The templates that this company has no segment of yet, each with how many it would hold now."""
    db.scope.require(Permission.MEMBERS_READ)
    made = set(await db.scalars(select(col(Segment.template)).where(visible(db.scope))))
    open_ = [one for one in templates(db.scope.company.currency) if one.key not in made]
    found = await counting.sizes(db, [one.filter for one in open_])
    return [(one, size.members) for one, size in zip(open_, found, strict=True) if not isinstance(size, BadFilter)]


async def _rows(db: CompanyDb, found: Sequence[Segment]) -> list[SegmentRow]:
    asked = await asked_now(db)
    trees = [parse(one.filter) for one in found]
    counted = await counting.sizes(db, trees, asked)
    return [_row(db.scope, *each, asked) for each in zip(found, trees, counted, strict=True)]


def _row(scope: Scope, row: Segment, tree: Filter, size: counting.Size | BadFilter, asked: Asked) -> SegmentRow:
    broken = isinstance(size, BadFilter)
    return SegmentRow(
        id=row.id,
        name=row.name,
        description=row.description,
        color=row.color,
        shared=row.shared,
        mine=row.owner_id == scope.actor.user_id,
        may_change=may_change(scope, row),
        owner_name=row.owner_name,
        created_at=row.created_at,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        filter=tree,
        words=words(tree, asked.words),
        members=None if broken else size.members,
        mrr_minor=0 if broken else size.mrr_minor,
        currency=scope.company.currency,
        problem=str(size) if broken else None,
    )


def may_change(scope: Scope, row: Segment) -> bool:
    """Its owner may, and for a shared one an admin as well."""
    if not scope.allows(Permission.SEGMENTS_WRITE):
        return False
    return row.owner_id == scope.actor.user_id or (row.shared and scope.role in (Role.ADMIN, Role.SYSTEM))
