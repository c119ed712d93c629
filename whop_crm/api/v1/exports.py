"""Members as a CSV file of any size, of a list or of a segment."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from whop_crm.api.exports import answer
from whop_crm.api.v1.door import Db, Door, only_asks
from whop_crm.api.v1.member_shapes import MemberParams
from whop_crm.api.v1.members import matched, params_read
from whop_crm.api.v1.shapes import Input, Shape, problems
from whop_crm.services import exports, segments
from whop_crm.services.exports import ExportInput

router = APIRouter(tags=["Exports"], route_class=Door)

Columns = Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=100)]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "UTF-8 with a byte order mark, a line a member; cells that a spreadsheet would run are defused.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class ExportParams(MemberParams):
    """Which members; `first`, `after` and `include_total` do not matter to a file."""

    columns: Columns = Field(
        default_factory=list[str], description="Keys of columns in their order; without any, the usual ones."
    )


class SegmentExport(Input):
    columns: Columns = Field(default_factory=list[str], examples=[["name", "email"]])


class ColumnOut(Shape):
    key: str = Field(examples=["net_revenue"])
    label: str = Field(examples=["Net revenue"])
    usual: bool = Field(description="Whether it is in a file unless told otherwise.")


class ColumnList(Shape):
    data: list[ColumnOut]


@router.get("/members/export", response_class=Response, responses={**_FILE, **problems()})
async def export_members(db: Db, params: Annotated[ExportParams, Query()]) -> Response:
    """Download the members that match as CSV."""
    asked = MemberParams.model_validate(params.model_dump(exclude={"columns"}))
    found = await matched(db, params_read(asked))
    wanted = replace(found, sort=asked.sort, descending=asked.descending)
    return answer(db.scope, await exports.begin(db, ExportInput(query=wanted, columns=tuple(params.columns))))


@router.get("/members/export/columns", responses=problems())
async def list_export_columns(db: Db) -> ColumnList:
    """List the columns that a file can have, the usual ones first."""
    return ColumnList(data=[ColumnOut.model_validate(one) for one in await exports.list_columns(db)])


@router.post("/segments/{segment_id}/export", response_class=Response, responses={**_FILE, **problems(404)})
@only_asks
async def export_segment(
    db: Db, segment_id: Annotated[int, Path(ge=1, lt=2**63, examples=[42])], wanted: SegmentExport
) -> Response:
    """Download the members of a segment as CSV."""
    await segments.get_filter(db, segment_id)
    return answer(db.scope, await exports.begin(db, ExportInput(segment_id=segment_id, columns=tuple(wanted.columns))))
