"""Segments: filters with a name."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, ValidationError

from whop_crm import filters
from whop_crm.api.v1 import member_shapes
from whop_crm.api.v1.door import Db, Door, only_asks
from whop_crm.api.v1.members import list_within, params_read, with_tags
from whop_crm.api.v1.shapes import BigId, Input, Money, Shape, Time, problems
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import TagColor
from whop_crm.services import segments
from whop_crm.services.segments import DESCRIPTION_LIMIT, NAME_LIMIT, SegmentInput, SegmentRow

router = APIRouter(prefix="/segments", tags=["Segments"], route_class=Door)

SegmentId = Annotated[int, Path(ge=1, lt=2**63, examples=[42])]
FilterJson = Annotated[
    dict[str, Any],
    Field(
        description="A filter, as docs/filters.md describes it.",
        examples=[{"version": 1, "where": {"field": "status", "op": "is", "value": "active"}}],
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, examples=["Big spenders"])]
Description = Annotated[str, Field(max_length=DESCRIPTION_LIMIT, examples=["Paid $500 or more."])]


class SegmentOut(Shape):
    id: BigId
    name: str = Field(examples=["Big spenders"])
    description: str
    color: TagColor
    shared: bool = Field(description="Whether the whole team sees it.")
    owner: str
    editable: bool
    created_at: Time
    changed_at: Time
    changed_by: str
    filter: FilterJson
    words: str = Field(description="The filter as a sentence.", examples=["Net revenue is at least $500"])
    members: int | None = Field(description="How many are in it now; null where `problem` says why that is not known.")
    mrr: Money
    problem: str | None


class SegmentList(Shape):
    data: list[SegmentOut]


class SegmentWish(Input):
    """A segment to be made. One that is not shared is there for the key that made it alone."""

    name: Name
    description: Description = ""
    color: TagColor = TagColor.BLUE
    shared: bool = True
    filter: FilterJson
    template: str | None = Field(
        None, max_length=40, description="The key of the template that it came from.", examples=[None]
    )


class SegmentPatch(Input):
    """What to change; the rest stays."""

    name: Name | None = None
    description: Description | None = None
    color: TagColor | None = None
    shared: bool | None = None
    filter: FilterJson | None = None


class PreviewWish(Input):
    filter: FilterJson


class PreviewOut(Shape):
    members: int = Field(description="How many meet the filter, exactly.")
    words: str
    mrr: Money
    net_revenue: Money
    leaving_mrr: Money = Field(description="The MRR that ends with its period.")
    first: list[member_shapes.MemberItem]


class TemplateOut(Shape):
    key: str = Field(examples=["at_risk"])
    name: str
    description: str
    color: TagColor
    filter: FilterJson
    members: int = Field(description="How many it would hold now.")


class TemplateList(Shape):
    data: list[TemplateOut]


@router.get("", responses=problems())
async def list_segments(db: Db) -> SegmentList:
    """List the segments by name, each with how many are in it now."""
    return SegmentList(data=[_out(row) for row in await segments.list_segments(db)])


@router.post("", status_code=201, responses=problems(409))
async def create_segment(db: Db, wanted: SegmentWish, response: Response) -> SegmentOut:
    """Save a filter with a name."""
    number = await segments.create_segment(db, _input(wanted.model_dump()))
    response.headers["Location"] = f"/api/v1/segments/{number}"
    return _out(await segments.get_segment(db, number))


@router.get("/templates", responses=problems())
async def list_templates(db: Db) -> TemplateList:
    """List the templates that there is no segment of yet. Create one with its filter and key."""
    found = await segments.list_templates(db)
    return TemplateList(
        data=[
            TemplateOut(
                key=one.key, name=one.name, description=one.description, color=one.color, filter=one.filter.to_json(),
                members=many,
            )
            for one, many in found
        ]
    )  # fmt: skip


@router.post("/preview", responses=problems())
@only_asks
async def preview_segment(db: Db, wanted: PreviewWish) -> PreviewOut:
    """See who a filter means before it is saved. Changes nothing."""
    given = await segments.resolved(db, filters.parse(wanted.filter))
    found = await segments.preview(db, given)
    money, currency = found.money, found.money.currency
    return PreviewOut(
        members=await segments.count(db, given),
        words=filters.words(given, await filters.load(db)),
        mrr=Money(amount_minor=money.mrr_minor, currency=currency),
        net_revenue=Money(amount_minor=money.net_revenue_minor, currency=currency),
        leaving_mrr=Money(amount_minor=money.leaving_minor, currency=currency),
        first=await with_tags(db, found.rows),
    )


@router.get("/{segment_id}", responses=problems(404))
async def get_segment(db: Db, segment_id: SegmentId) -> SegmentOut:
    """Get one segment with how many are in it now."""
    return _out(await segments.get_segment(db, segment_id))


@router.patch("/{segment_id}", responses=problems(404, 409))
async def change_segment(db: Db, segment_id: SegmentId, wanted: SegmentPatch) -> SegmentOut:
    """Change a segment: one's own, or as an admin any shared one."""
    now = await segments.get_segment(db, segment_id)
    kept = {
        "name": now.name, "description": now.description, "color": now.color, "shared": now.shared,
        "filter": now.filter.to_json(),
    }  # fmt: skip
    changed = {name: value for name, value in wanted.model_dump().items() if value is not None}
    await segments.change_segment(db, segment_id, _input({**kept, **changed}))
    return _out(await segments.get_segment(db, segment_id))


@router.delete("/{segment_id}", status_code=204, responses=problems(404, 409))
async def delete_segment(db: Db, segment_id: SegmentId) -> None:
    """Delete a segment that nothing rests on. Its members stay."""
    await segments.delete_segment(db, segment_id)


@router.get("/{segment_id}/members", responses=problems(404))
async def list_segment_members(
    db: Db, segment_id: SegmentId, params: Annotated[member_shapes.MemberParams, Query()]
) -> member_shapes.MemberList:
    """List the members of a segment, now, as `GET /members` does."""
    return await list_within(db, params_read(params), await segments.get_filter(db, segment_id))


def _input(given: dict[str, Any]) -> SegmentInput:
    """Raises InvalidInput, BadFilter."""
    tree = filters.parse(given["filter"])
    try:
        return SegmentInput.model_validate({**given, "filter": tree})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        words = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(words, str(first["loc"][0]) if first["loc"] else None) from None


def _out(row: SegmentRow) -> SegmentOut:
    return SegmentOut(
        id=row.id, name=row.name, description=row.description, color=row.color, shared=row.shared, owner=row.owner_name,
        editable=row.may_change, created_at=row.created_at, changed_at=row.changed_at, changed_by=row.changed_by,
        filter=row.filter.to_json(), words=row.words, members=row.members,
        mrr=Money(amount_minor=row.mrr_minor, currency=row.currency), problem=row.problem,
    )  # fmt: skip
