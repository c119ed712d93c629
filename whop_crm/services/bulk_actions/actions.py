"""Beginning, stopping and taking back what is done to many members."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import INBOX_CHANNEL, CompanyDb
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models import BulkAction, BulkChunk
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.services import lists, members, tags
from whop_crm.services.bulk import as_json
from whop_crm.services.bulk_actions.queries import load, row_of
from whop_crm.services.bulk_actions.schemas import AT_ONCE, CHUNK, PERMISSIONS, BulkRow, Who
from whop_crm.services.bulk_actions.working import advance, set_due
from whop_crm.services.changes import KEPT
from whop_crm.services.members import MemberListQuery


async def start(db: CompanyDb, kind: BulkKind, target_id: int, who: Who) -> BulkRow:
    """Does it to few members now, and has the clock do it to many: whom, is settled now.

    Raises NotFound for an unknown tag or list, InvalidInput where nobody is meant, BadFilter.
    """
    db.scope.require(Permission.MEMBERS_READ)
    db.scope.require(PERMISSIONS[kind])
    action = BulkAction(
        company_id=db.scope.company_id, kind=kind, target_id=target_id, target_name=await _name(db, kind, target_id),
        actor_id=db.scope.actor.user_id, actor_name=db.scope.actor.name, created_at=datetime.now(UTC),
    )  # fmt: skip
    db.add(action)
    await db.flush()
    action.total = await _fix(db, action.id, who)
    if not action.total:
        raise InvalidInput("Choose at least one member.")
    return await _go(db, action, action.total)


async def cancel(db: CompanyDb, action_id: int) -> BulkRow:
    """Stops it where it is, or the taking back of it; what was done stays. Nothing to stop is no error."""
    db.scope.require(Permission.MEMBERS_READ)
    action = await load(db, action_id, lock=True)
    db.scope.require(PERMISSIONS[action.kind])
    if action.status.at_work:
        whole = action.changed + action.unchanged + action.missing == action.total
        action.status = BulkStatus.DONE if whole else BulkStatus.CANCELED
        action.finished_at = datetime.now(UTC)
    return row_of(action)


async def undo(db: CompanyDb, action_id: int) -> BulkRow:
    """Takes back what is still as the action left it. Raises NotFound, and Conflict where there is nothing left to."""
    db.scope.require(Permission.MEMBERS_READ)
    action = await load(db, action_id, lock=True)
    db.scope.require(PERMISSIONS[action.kind])
    if action.status.at_work:
        raise Conflict("This is still under way. Stop it first.")
    if not row_of(action).undoable or action.created_at < datetime.now(UTC) - KEPT:
        raise Conflict("This cannot be undone: somebody did so already, or it is more than 30 days old.")
    action.status, action.finished_at, action.failures = BulkStatus.UNDOING, None, 0
    action.undone_by_id, action.undone_by = db.scope.actor.user_id, db.scope.actor.name
    return await _go(db, action, action.changed)


async def _name(db: CompanyDb, kind: BulkKind, target_id: int) -> str:
    if kind in (BulkKind.ADD_TAG, BulkKind.REMOVE_TAG):
        return (await tags.get_tag(db, target_id)).name
    return (await lists.get_list(db, target_id)).name


async def _fix(db: CompanyDb, action_id: int, who: Who) -> int:
    """Writes down who is meant, in chunks; how many they are."""
    meant = (await members.select_ids(db, who) if isinstance(who, MemberListQuery) else _given(who)).subquery()
    [member_id] = meant.c
    number = cast((func.row_number().over(order_by=member_id) - 1) // CHUNK, Integer)
    numbered = select(member_id.label("id"), number.label("n")).subquery()
    ids: Any = func.jsonb_agg(aggregate_order_by(numbered.c.id, numbered.c.id))
    chunks = select(literal(db.scope.company_id), literal(action_id), numbered.c.n, ids).group_by(numbered.c.n)
    fixed = insert(BulkChunk).from_select(["company_id", "action_id", "n", "member_ids"], chunks)
    sizes = await db.scalars(fixed.returning(func.jsonb_array_length(cast(col(BulkChunk.member_ids), JSONB))))
    return sum(sizes)


def _given(member_ids: tuple[int, ...]) -> Select[int]:
    values = func.json_array_elements_text(text("CAST(:given AS json)").bindparams(given=as_json(member_ids)))
    return select(cast(values.column_valued("value"), BigInteger)).distinct()


async def _go(db: CompanyDb, action: BulkAction, many: int) -> BulkRow:
    if many > AT_ONCE:
        await set_due(db, timedelta(0))
        await db.execute(text("SELECT pg_notify(:channel, '')"), {"channel": INBOX_CHANNEL})
    else:
        while action.status.at_work:
            await advance(db, action)
    await db.flush()
    return row_of(action)
