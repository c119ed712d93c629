"""Changes: what one teammate changed in one place, with all that taking it back needs."""

from whop_crm.services.changes.actions import forget_old_changes, mark_undone, remember
from whop_crm.services.changes.queries import get_change, last_change, list_changes
from whop_crm.services.changes.schemas import (
    KEPT,
    Changed,
    ChangeRow,
    ListChanged,
    ListDeleted,
    ListKept,
    NoteDeleted,
    NoteEdited,
    SegmentChanged,
    SegmentDeleted,
    TagAdded,
    TagRemoved,
)

__all__ = [
    "KEPT",
    "ChangeRow",
    "Changed",
    "ListChanged",
    "ListDeleted",
    "ListKept",
    "NoteDeleted",
    "NoteEdited",
    "SegmentChanged",
    "SegmentDeleted",
    "TagAdded",
    "TagRemoved",
    "forget_old_changes",
    "get_change",
    "last_change",
    "list_changes",
    "mark_undone",
    "remember",
]
