"""Reading what rests on what."""

from sqlalchemy import and_, case, or_, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import SavedView, Segment, Usage
from whop_crm.models.enums import UsedKind, UserKind
from whop_crm.services.usages.schemas import UserRow


async def list_users(db: CompanyDb, kind: UsedKind, used_id: int) -> list[UserRow]:
    """What rests on a thing, by name; a teammate's own segment is there without its name."""
    db.scope.require(Permission.MEMBERS_READ)
    me = db.scope.actor.user_id
    name = case(
        (or_(col(Segment.shared), col(Segment.owner_id) == me), col(Segment.name)),
        (or_(col(SavedView.shared), col(SavedView.owner_id) == me), col(SavedView.name)),
        else_="",
    )
    used_by_segment = and_(col(Segment.id) == col(Usage.user_id), col(Usage.user_kind) == UserKind.SEGMENT)
    used_by_view = and_(col(SavedView.id) == col(Usage.user_id), col(Usage.user_kind) == UserKind.VIEW)
    found = await db.execute(
        select(col(Usage.user_kind), col(Usage.user_id), name)
        .outerjoin(Segment, used_by_segment)
        .outerjoin(SavedView, used_by_view)
        .where(col(Usage.used_kind) == kind, col(Usage.used_id) == used_id)
        .order_by(name.desc(), col(Usage.user_id))
    )
    return [UserRow(*row) for row in found]
