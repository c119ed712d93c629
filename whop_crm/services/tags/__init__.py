"""Tags: what the team calls its members."""

from whop_crm.services.tags.actions import (
    add_tag,
    create_tag,
    delete_tag,
    merge_tags,
    recolor_tag,
    remove_tag,
    rename_tag,
    tag_name,
)
from whop_crm.services.tags.many import tag_members, undo_tagging, undo_untagging, untag_members
from whop_crm.services.tags.queries import get_tag, list_tags, tags_by_member, tags_of
from whop_crm.services.tags.schemas import NAME_LIMIT, MemberTagRow, TagRow

__all__ = [
    "NAME_LIMIT",
    "MemberTagRow",
    "TagRow",
    "add_tag",
    "create_tag",
    "delete_tag",
    "get_tag",
    "list_tags",
    "merge_tags",
    "recolor_tag",
    "remove_tag",
    "rename_tag",
    "tag_members",
    "tag_name",
    "tags_by_member",
    "tags_of",
    "undo_tagging",
    "undo_untagging",
    "untag_members",
]
