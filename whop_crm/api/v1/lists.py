"""The company's static lists. Who stands on one is asked with the filter `list is_any_of [id]`."""

from fastapi import APIRouter
from pydantic import Field

from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.shapes import BigId, Shape, Time, problems
from whop_crm.models.enums import TagColor
from whop_crm.services import lists

router = APIRouter(prefix="/lists", tags=["Lists"], route_class=Door)


class ListOut(Shape):
    id: BigId
    name: str = Field(examples=["Webinar in May"])
    description: str
    color: TagColor
    created_at: Time
    members: int = Field(description="How many members stand on it.")


class ListList(Shape):
    data: list[ListOut]


@router.get("", responses=problems())
async def list_lists(db: Db) -> ListList:
    """List all lists by name."""
    return ListList(data=[ListOut.model_validate(row) for row in await lists.list_lists(db)])
