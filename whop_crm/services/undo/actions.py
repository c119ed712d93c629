"""Taking back a single change. Bulk actions take themselves back."""

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, NotFound
from whop_crm.services import changes, lists, notes, segments, tags
from whop_crm.services.changes import (
    Changed,
    ListChanged,
    ListDeleted,
    NoteDeleted,
    NoteEdited,
    SegmentChanged,
    SegmentDeleted,
    TagAdded,
    TagRemoved,
)

_CHANGED_SINCE = "This was changed again since, so it stays as it is."


async def undo_change(db: CompanyDb, change_id: int) -> None:
    """Makes it as it was before, where it is still as the change left it.

    Raises NotFound, Forbidden, and Conflict where it was undone or changed since.
    """
    db.scope.require(Permission.MEMBERS_READ)
    change = await changes.get_change(db, change_id)
    await changes.mark_undone(db, change_id)
    try:
        undone = await _undone(db, change)
    except NotFound:
        undone = False
    if not undone:
        raise Conflict(_CHANGED_SINCE)


async def _undone(db: CompanyDb, change: Changed) -> bool:
    match change:
        case TagAdded():
            return bool(await tags.undo_tagging(db, change.tag_id, [_member(change)], change.at))
        case TagRemoved():
            mark = (_member(change), change.tagged_by, change.tagged_at)
            return bool(await tags.undo_untagging(db, change.tag_id, [mark]))
        case NoteEdited():
            return await notes.undo_edit(db, change)
        case NoteDeleted():
            return await notes.undo_delete(db, change)
        case ListChanged():
            return await lists.undo_list_change(db, change)
        case ListDeleted():
            return await lists.undo_list_deletion(db, change)
        case SegmentChanged():
            return await segments.undo_change(db, change)
        case SegmentDeleted():
            return await segments.undo_delete(db, change)


def _member(change: TagAdded | TagRemoved) -> int:
    assert change.member_id is not None  # a tag is on a member
    return change.member_id
