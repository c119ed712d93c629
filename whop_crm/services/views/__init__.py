"""Views: the member list as somebody wants to see it, with a name; and everybody's own columns."""

from whop_crm.services.views.actions import change_view, create_view, delete_view, save_layout
from whop_crm.services.views.queries import get_layout, get_view, list_views
from whop_crm.services.views.schemas import (
    DEFAULT_COLUMNS,
    MOST_COLUMNS,
    NAME_LIMIT,
    ColumnChoice,
    ColumnKey,
    ViewInput,
    ViewRow,
    checked_columns,
)

__all__ = [
    "DEFAULT_COLUMNS",
    "MOST_COLUMNS",
    "NAME_LIMIT",
    "ColumnChoice",
    "ColumnKey",
    "ViewInput",
    "ViewRow",
    "change_view",
    "checked_columns",
    "create_view",
    "delete_view",
    "get_layout",
    "get_view",
    "list_views",
    "save_layout",
]
