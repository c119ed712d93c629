"""Lists: sets of members that people make by hand."""

from whop_crm.services.lists.actions import (
    change_list,
    create_list,
    delete_list,
    ensure_list,
    undo_list_change,
    undo_list_deletion,
)
from whop_crm.services.lists.many import add_members, remove_members, undo_adding, undo_removing
from whop_crm.services.lists.queries import get_list, list_lists, lists_of
from whop_crm.services.lists.schemas import DESCRIPTION_LIMIT, NAME_LIMIT, ListInput, ListRow

__all__ = [
    "DESCRIPTION_LIMIT",
    "NAME_LIMIT",
    "ListInput",
    "ListRow",
    "add_members",
    "change_list",
    "create_list",
    "delete_list",
    "ensure_list",
    "get_list",
    "list_lists",
    "lists_of",
    "remove_members",
    "undo_adding",
    "undo_list_change",
    "undo_list_deletion",
    "undo_removing",
]
