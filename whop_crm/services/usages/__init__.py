"""What rests on what: which segments, views and rules ask for a tag, a list, a segment or a custom field."""

from whop_crm.services.usages.actions import forget_uses, note_uses, refuse_if_used
from whop_crm.services.usages.queries import list_users
from whop_crm.services.usages.schemas import UserRow, named

__all__ = ["UserRow", "forget_uses", "list_users", "named", "note_uses", "refuse_if_used"]
