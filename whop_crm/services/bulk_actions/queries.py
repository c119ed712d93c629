"""Reading bulk actions."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import BulkAction
from whop_crm.services.bulk_actions.schemas import BulkRow


async def list_actions(db: CompanyDb, limit: int = 50) -> list[BulkRow]:
    """What was done to many lately, newest first."""
    db.scope.require(Permission.MEMBERS_READ)
    newest = select(BulkAction).order_by(col(BulkAction.created_at).desc(), col(BulkAction.id).desc()).limit(limit)
    return [row_of(action) for action in await db.scalars(newest)]


async def get_action(db: CompanyDb, action_id: int) -> BulkRow:
    """Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    return row_of(await load(db, action_id))


async def load(db: CompanyDb, action_id: int, *, lock: bool = False) -> BulkAction:
    """The stored action, as it is now. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    found = select(BulkAction).where(col(BulkAction.id) == action_id).execution_options(populate_existing=True)
    action = (await db.scalars(found.with_for_update() if lock else found)).one_or_none()
    if action is None:
        raise NotFound("This action is not known any more: it is more than 30 days old.")
    return action


def row_of(action: BulkAction) -> BulkRow:
    return BulkRow(
        id=action.id,
        kind=action.kind,
        target_id=action.target_id,
        target_name=action.target_name,
        status=action.status,
        actor_id=action.actor_id,
        actor_name=action.actor_name,
        created_at=action.created_at,
        finished_at=action.finished_at,
        total=action.total,
        changed=action.changed,
        unchanged=action.unchanged,
        missing=action.missing,
        undone=action.undone,
        undo_skipped=action.undo_skipped,
        undone_by=action.undone_by,
        reason=action.reason,
    )
