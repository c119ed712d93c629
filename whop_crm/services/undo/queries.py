"""What the team did lately."""

from datetime import UTC, datetime

from whop_crm.access import Permission, Scope
from whop_crm.db import CompanyDb
from whop_crm.models.action import ChangeKind
from whop_crm.services import bulk_actions, changes
from whop_crm.services.bulk_actions import PERMISSIONS, BulkRow
from whop_crm.services.changes import KEPT, ChangeRow
from whop_crm.services.undo.schemas import Deed

NEEDED = {
    ChangeKind.TAG_ADDED: Permission.TAGS_WRITE,
    ChangeKind.TAG_REMOVED: Permission.TAGS_WRITE,
    ChangeKind.NOTE_EDITED: Permission.NOTES_WRITE,
    ChangeKind.NOTE_DELETED: Permission.NOTES_WRITE,
    ChangeKind.LIST_CHANGED: Permission.LISTS_WRITE,
    ChangeKind.LIST_DELETED: Permission.LISTS_WRITE,
    ChangeKind.SEGMENT_CHANGED: Permission.SEGMENTS_WRITE,
    ChangeKind.SEGMENT_DELETED: Permission.SEGMENTS_WRITE,
}


async def list_recent(db: CompanyDb, limit: int = 50) -> list[Deed]:
    """The newest first: bulk actions and single changes of the last 30 days."""
    db.scope.require(Permission.MEMBERS_READ)
    many = [_of_many(row, db.scope) for row in await bulk_actions.list_actions(db, limit)]
    single = [_of_one(row, db.scope) for row in await changes.list_changes(db, limit)]
    return sorted([*many, *single], key=lambda deed: deed.at, reverse=True)[:limit]


def _of_many(row: BulkRow, scope: Scope) -> Deed:
    mine = scope.allows(PERMISSIONS[row.kind])
    return Deed(
        bulk_id=row.id,
        change_id=None,
        title=row.title,
        detail=row.detail,
        member_whop_id=None,
        member_name="",
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=row.created_at,
        fraction=row.fraction if row.status.at_work else None,
        stoppable=row.status.at_work and mine,
        undoable=row.undoable and mine and _young(row.created_at),
    )


def _of_one(row: ChangeRow, scope: Scope) -> Deed:
    return Deed(
        bulk_id=None,
        change_id=row.id,
        title=row.words,
        detail=f"Undone by {row.undone_by}" if row.undone_at else "",
        member_whop_id=row.member_whop_id,
        member_name=row.member_name,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=row.at,
        fraction=None,
        stoppable=False,
        undoable=row.undone_at is None and scope.allows(NEEDED[row.kind]) and _young(row.at),
    )


def _young(at: datetime) -> bool:
    return at > datetime.now(UTC) - KEPT
