"""Keeping note of what rests on what."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict
from whop_crm.models import Usage
from whop_crm.models.enums import UsedKind, UserKind
from whop_crm.services.usages.queries import list_users
from whop_crm.services.usages.schemas import named


async def note_uses(db: CompanyDb, kind: UserKind, user_id: int, used: Iterable[tuple[UsedKind, int]]) -> None:
    """What a segment, view or rule rests on from now on; what it did before is forgotten."""
    db.scope.require(Permission.MEMBERS_READ)
    await forget_uses(db, kind, user_id)
    db.add_all(
        Usage(company_id=db.scope.company_id, user_kind=kind, user_id=user_id, used_kind=used_kind, used_id=used_id)
        for used_kind, used_id in dict.fromkeys(used)
    )
    await db.flush()


async def forget_uses(db: CompanyDb, kind: UserKind, user_id: int) -> None:
    """It is gone, and rests on nothing any more."""
    db.scope.require(Permission.MEMBERS_READ)
    await db.execute(delete(Usage).where(col(Usage.user_kind) == kind, col(Usage.user_id) == user_id))


async def refuse_if_used(db: CompanyDb, kind: UsedKind, used_id: int, what: str) -> None:
    """Before something is deleted. Raises Conflict, naming who uses it; `what` as in “the tag “VIP””."""
    db.scope.require(Permission.MEMBERS_READ)
    users = await list_users(db, kind, used_id)
    if users:
        raise Conflict(f"{what[0].upper()}{what[1:]} is used by {named(users)}. Change that first.")
