"""Bulk actions: one thing done to many members, at once or by the clock, to be watched, stopped and taken back."""

from whop_crm.services.bulk_actions.actions import cancel, start, undo
from whop_crm.services.bulk_actions.queries import get_action, list_actions
from whop_crm.services.bulk_actions.schemas import AT_ONCE, CHUNK, PERMISSIONS, BulkRow, Who
from whop_crm.services.bulk_actions.working import forget_old_actions, lease_due_actions, postpone, work_step

__all__ = [
    "AT_ONCE",
    "CHUNK",
    "PERMISSIONS",
    "BulkRow",
    "Who",
    "cancel",
    "forget_old_actions",
    "get_action",
    "lease_due_actions",
    "list_actions",
    "postpone",
    "start",
    "undo",
    "work_step",
]
