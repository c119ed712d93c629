"""Members: the list by any filter, one profile, its tags, its timeline."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import TypeAdapter

from whop_crm import filters
from whop_crm.api.v1 import member_shapes as shapes
from whop_crm.api.v1 import paging
from whop_crm.api.v1.custom_fields import Value, value_out
from whop_crm.api.v1.door import Db, Door, only_asks
from whop_crm.api.v1.shapes import problems
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import ActivityGroup
from whop_crm.services import activities, custom_fields, members, tags
from whop_crm.services.activities import Cursor
from whop_crm.services.members import PLACES, MemberAfter, MemberListQuery

router = APIRouter(prefix="/members", tags=["Members"], route_class=Door)

MemberId = Annotated[str, Path(max_length=100, description="Whop's id of the member.", examples=["mber_2JfK6sVd8rQmH"])]
_TIMELINE = TypeAdapter[Cursor](Cursor)


@router.get("", responses=problems())
async def list_members(db: Db, params: Annotated[shapes.MemberParams, Query()]) -> shapes.MemberList:
    """List the members that meet all that is asked for."""
    return await list_within(db, params_read(params))


@router.post("/query", responses=problems())
@only_asks
async def query_members(db: Db, wanted: shapes.MemberQuery) -> shapes.MemberList:
    """List members by a filter that is too long for an address. Changes nothing."""
    return await list_within(db, wanted)


@router.get("/search", responses=problems())
async def search_members(
    db: Db,
    q: Annotated[str, Query(max_length=200, description="Part of a name, username or email.", examples=["ines"])],
    first: Annotated[int, Query(ge=1, le=50)] = 8,
) -> shapes.MemberHits:
    """Find members by name, the best matches first."""
    return shapes.MemberHits(data=[shapes.hit(row) for row in await members.search_members(db, q, first)])


@router.get("/{member_id}", responses=problems(404))
async def get_member(db: Db, member_id: MemberId) -> shapes.MemberOut:
    """Get one member's profile."""
    return await _profile(db, member_id)


@router.patch("/{member_id}", responses=problems(404))
async def change_member(db: Db, member_id: MemberId, wanted: shapes.MemberPatch) -> shapes.MemberOut:
    """Change a member's tags and custom fields. A tag that there is not is made; Whop's facts are changed at Whop."""
    number = await members.get_member_id(db, member_id)
    if wanted.tags is not None or wanted.add_tags or wanted.remove_tags:
        await _retag(db, number, wanted)
    fields = {field.key: field.id for field in await custom_fields.list_fields(db)} if wanted.custom_fields else {}
    for key, value in wanted.custom_fields.items():
        if key not in fields:
            raise InvalidInput(f"There is no custom field “{key}”. GET /custom-fields lists them.", "custom_fields")
        await custom_fields.set_value(db, number, fields[key], value)
    return await _profile(db, member_id)


async def _retag(db: CompanyDb, number: int, wanted: shapes.MemberPatch) -> None:
    carried = {tag.name.casefold(): tag.id for tag in await tags.tags_of(db, number)}
    asked = list(wanted.add_tags)
    gone = {tags.tag_name(name).casefold() for name in wanted.remove_tags}
    if wanted.tags is not None:
        asked += wanted.tags
        gone |= carried.keys() - {tags.tag_name(name).casefold() for name in asked}
    if both := gone & {tags.tag_name(name).casefold() for name in asked}:
        raise InvalidInput(f"The tag “{min(both)}” cannot be put on and taken off at once.", "remove_tags")
    for name in sorted(gone & carried.keys()):
        await tags.remove_tag(db, number, carried[name])
    for name in asked:
        await tags.add_tag(db, number, name)


@router.get("/{member_id}/timeline", responses=problems(404))
async def timeline(
    db: Db,
    member_id: MemberId,
    group: Annotated[list[ActivityGroup] | None, Query(max_length=10, description="Only these kinds.")] = None,
    first: paging.First = 20,
    after: paging.After = None,
) -> shapes.TimelineList:
    """What happened to a member, the newest first."""
    number = await members.get_member_id(db, member_id)
    before = paging.decode(_TIMELINE, after, "timeline")
    page = await activities.timeline(db, number, group or (), before, first)
    cursor = None if page.next is None else paging.encode(_TIMELINE, page.next, "timeline")
    return shapes.TimelineList(data=[shapes.happening(one) for one in page.items], page_info=paging.info(cursor))


async def _profile(db: CompanyDb, member_id: str) -> shapes.MemberOut:
    found = await members.get_member(db, member_id)
    own = (await _own_values(db, [found.id])).get(found.id, {})
    return shapes.member(found, await tags.tags_of(db, found.id), own)


async def with_tags(db: CompanyDb, rows: Sequence[members.MemberRow]) -> list[shapes.MemberItem]:
    """The members with what the team has put on them."""
    ids = [row.id for row in rows]
    carried, own = await tags.tags_by_member(db, ids), await _own_values(db, ids)
    return [shapes.item(row, carried[row.id], own.get(row.id, {})) for row in rows]


async def _own_values(db: CompanyDb, ids: Sequence[int]) -> dict[int, dict[str, Value]]:
    """What is filled in of the company's own fields, by member and key."""
    found: dict[int, dict[str, Value]] = {}
    keys = {field.id: field.key for field in await custom_fields.list_fields(db)}
    for (member_id, field_id), value in (await custom_fields.values_of_many(db, ids)).items() if keys else ():
        shown = value_out(value)
        if field_id in keys and shown is not None:
            found.setdefault(member_id, {})[keys[field_id]] = shown
    return found


async def list_within(
    db: CompanyDb, wanted: shapes.MemberQuery, within: filters.Filter | None = None
) -> shapes.MemberList:
    """One page of the members that match, of all or of those that meet a resolved filter. Raises BadFilter."""
    query = replace(await matched(db, wanted, within), sort=wanted.sort, descending=wanted.descending)
    mark = json.dumps([query.sort, query.descending, query.statuses, query.search, query.where.to_json()])
    place = paging.decode(PLACES[wanted.sort], wanted.after, mark)
    after = None if place is None else MemberAfter(place[:-1], place[-1])
    found = await members.list_members_after(db, query, after, wanted.first)
    cursor = None
    if found.next is not None:
        cursor = paging.encode(PLACES[wanted.sort], (*found.next.keys, found.next.id), mark)
    return shapes.MemberList(
        data=await with_tags(db, found.rows),
        page_info=paging.info(cursor),
        total=await members.count_members(db, query) if wanted.include_total else None,
    )


async def matched(db: CompanyDb, wanted: shapes.MemberMatch, within: filters.Filter | None = None) -> MemberListQuery:
    """Who is meant, in the services' words. Raises BadFilter."""
    where = await _where(db, wanted, within)
    return MemberListQuery(statuses=tuple(wanted.status), search=wanted.q, where=where)


async def _where(db: CompanyDb, wanted: shapes.MemberMatch, within: filters.Filter | None) -> filters.Filter:
    parts: list[filters.Node] = [] if within is None else [within.where]
    if wanted.filter is not None:
        parts.append(filters.parse(wanted.filter).where)
    if wanted.tag is not None:
        parts.append(filters.Condition(field="tags", op=filters.Op.HAS, value=wanted.tag))
    if not parts:
        return filters.Filter()
    together = parts[0] if len(parts) == 1 else filters.All(all=tuple(parts))
    asker = filters.Asker(db.scope.actor.user_id)
    return filters.resolve(filters.Filter(where=together), await filters.load(db), asker)


def params_read(params: shapes.MemberParams) -> shapes.MemberQuery:
    """The same question as it stands in a body. Raises InvalidInput."""
    return shapes.MemberQuery(**params.model_dump(exclude={"filter"}), filter=_json(params.filter))


def _json(text: str | None) -> dict[str, Any] | None:
    """Raises InvalidInput."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("The filter is no JSON. Send an object, encoded for an address.", "filter") from None
    if not isinstance(value, dict):
        raise InvalidInput("A filter is a JSON object.", "filter")
    return value  # pyright: ignore[reportUnknownVariableType] # whatever JSON holds
