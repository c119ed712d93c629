"""The company's tags."""

from fastapi import APIRouter
from pydantic import Field

from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.shapes import BigId, Shape, problems
from whop_crm.models.enums import TagColor
from whop_crm.services import tags

router = APIRouter(prefix="/tags", tags=["Tags"], route_class=Door)


class TagOut(Shape):
    id: BigId
    name: str = Field(examples=["VIP"])
    color: TagColor
    members: int = Field(description="How many members carry it.")


class TagList(Shape):
    data: list[TagOut]


@router.get("", responses=problems())
async def list_tags(db: Db) -> TagList:
    """List all tags by name."""
    return TagList(data=[TagOut.model_validate(row) for row in await tags.list_tags(db)])
