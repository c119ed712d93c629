"""Merging tags that segments ask for."""

from typing import Any, cast

from sqlalchemy import select
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Segment
from whop_crm.models.enums import UsedKind, UserKind
from whop_crm.services import tags, usages


async def merge_tags(db: CompanyDb, tag_id: int, into_id: int) -> int:
    """As `tags.merge_tags`, with every segment that asks for the first tag asking for the second instead.

    Raises Conflict where something else than segments asks for the first.
    """
    db.scope.require(Permission.TAGS_WRITE)
    users = [one.id for one in await usages.list_users(db, UsedKind.TAG, tag_id) if one.kind is UserKind.SEGMENT]
    known = await filters.load(db)
    for segment in await db.scalars(select(Segment).where(col(Segment.id).in_(users)).with_for_update()):
        segment.filter = cast("dict[str, Any]", _asking(segment.filter, tag_id, into_id))
        await db.flush()
        used = filters.used(filters.parse(segment.filter), known)
        await usages.note_uses(db, UserKind.SEGMENT, segment.id, used)
    return await tags.merge_tags(db, tag_id, into_id)


def _asking(raw: object, old: int, new: int) -> object:
    """The same JSON with another tag in the place of one."""
    if isinstance(raw, list):
        return [_asking(one, old, new) for one in cast("list[object]", raw)]
    if not isinstance(raw, dict):
        return raw
    node = cast("dict[str, object]", raw)
    if node.get("field") == "tags" and isinstance(node.get("value"), list):
        ids = cast("list[object]", node["value"])
        return {**node, "value": list(dict.fromkeys(new if one == old else one for one in ids))}
    return {key: _asking(one, old, new) for key, one in node.items()}
