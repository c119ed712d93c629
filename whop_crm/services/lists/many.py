"""Putting members on a list and taking them off, and that taken back."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import NotFound
from whop_crm.models import MemberList
from whop_crm.services import many
from whop_crm.services.lists.queries import GONE
from whop_crm.services.many import Mark, Marks, Outcome

MARKS = Marks("list_members", "list_id", "added_by", "added_at", Topic.LIST_MEMBERS)


async def add_members(db: CompanyDb, list_id: int, member_ids: Sequence[int], at: datetime | None = None) -> Outcome:
    """Puts on those who are not on it; `at` is what `undo_adding` asks for. Raises NotFound for an unknown list."""
    db.scope.require(Permission.LISTS_WRITE)
    await _keep(db, list_id)
    return await many.put(db, MARKS, list_id, member_ids, at or datetime.now(UTC))


async def remove_members(db: CompanyDb, list_id: int, member_ids: Sequence[int]) -> Outcome:
    """Raises NotFound for an unknown list."""
    db.scope.require(Permission.LISTS_WRITE)
    await _keep(db, list_id)
    return await many.take(db, MARKS, list_id, member_ids)


async def undo_adding(db: CompanyDb, list_id: int, member_ids: Sequence[int], at: datetime) -> list[int]:
    """Takes off those who were put on then and not again since; their ids. Raises NotFound."""
    db.scope.require(Permission.LISTS_WRITE)
    await _keep(db, list_id)
    return (await many.take(db, MARKS, list_id, member_ids, at)).member_ids


async def undo_removing(db: CompanyDb, list_id: int, taken: Sequence[Mark]) -> list[int]:
    """Puts back, as they were, those who are not on it again; their ids. Raises NotFound."""
    db.scope.require(Permission.LISTS_WRITE)
    await _keep(db, list_id)
    return await many.put_back(db, MARKS, list_id, taken)


async def _keep(db: CompanyDb, list_id: int) -> None:
    """Nobody deletes the list until the end."""
    found = select(col(MemberList.id)).where(col(MemberList.id) == list_id)
    if await db.scalar(found.with_for_update(read=True, key_share=True)) is None:
        raise NotFound(GONE)
