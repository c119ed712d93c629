"""Segments: filters with a name, their size now and over time."""

from whop_crm.services.segments.actions import (
    change_segment,
    create_from_template,
    create_segment,
    delete_segment,
    duplicate_segment,
    resolved,
    undo_change,
    undo_delete,
)
from whop_crm.services.segments.counting import count, losses, money, preview, sizes
from whop_crm.services.segments.keeping import compare_due, compare_some, forget_old_moves
from whop_crm.services.segments.merging import merge_tags
from whop_crm.services.segments.queries import (
    get_filter,
    get_name,
    get_segment,
    list_days,
    list_moves,
    list_segments,
    list_templates,
)
from whop_crm.services.segments.schemas import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    Loss,
    Losses,
    Money,
    Move,
    Preview,
    SegmentInput,
    SegmentRow,
    SizeDay,
    Template,
)
from whop_crm.services.segments.templates import templates

__all__ = [
    "DESCRIPTION_LIMIT",
    "NAME_LIMIT",
    "Loss",
    "Losses",
    "Money",
    "Move",
    "Preview",
    "SegmentInput",
    "SegmentRow",
    "SizeDay",
    "Template",
    "change_segment",
    "compare_due",
    "compare_some",
    "count",
    "create_from_template",
    "create_segment",
    "delete_segment",
    "duplicate_segment",
    "forget_old_moves",
    "get_filter",
    "get_name",
    "get_segment",
    "list_days",
    "list_moves",
    "list_segments",
    "list_templates",
    "losses",
    "merge_tags",
    "money",
    "preview",
    "resolved",
    "sizes",
    "templates",
    "undo_change",
    "undo_delete",
]
