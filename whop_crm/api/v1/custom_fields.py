"""The fields that the company has added to its members, and its lists. Values stand in each member."""

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.shapes import BigId, Shape, problems
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import custom_fields

router = APIRouter(prefix="/custom-fields", tags=["Custom fields"], route_class=Door)

Value = str | float | bool
"""A day is a text such as 2026-11-22."""


class FieldOut(Shape):
    id: BigId
    key: str = Field(description="Names it in filters, as `custom.<key>`, and in `custom_fields`.", examples=["shirt"])
    name: str = Field(examples=["T-shirt"])
    type: CustomFieldType
    choices: list[str] = Field(examples=[["S", "M", "L"]])


class FieldList(Shape):
    data: list[FieldOut]


@router.get("", responses=problems())
async def list_custom_fields(db: Db) -> FieldList:
    """List the custom fields in their order."""
    return FieldList(data=[FieldOut.model_validate(row) for row in await custom_fields.list_fields(db)])


def value_out(value: custom_fields.Value | None) -> Value | None:
    return value.isoformat() if isinstance(value, date) else value
