"""One thing done to many members: begun, watched, stopped, taken back."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.member_shapes import MemberMatch, TagName
from whop_crm.api.v1.members import matched
from whop_crm.api.v1.shapes import BigId, Input, Shape, Time, problems
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.services import bulk_actions, members, tags
from whop_crm.services.bulk_actions import BulkRow, Who

router = APIRouter(prefix="/members/bulk-actions", tags=["Bulk actions"], route_class=Door)

MOST_IDS = 1_000
ActionId = Annotated[int, Path(ge=1, lt=2**63, examples=[42])]
_TAGGING = (BulkKind.ADD_TAG, BulkKind.REMOVE_TAG)


class BulkWish(Input):
    """What to do, and to whom: `member_ids`, or all that match `query`."""

    action: BulkKind
    tag: TagName | None = Field(None, description="The tag's name, where the action is about one.")
    list_id: BigId | None = Field(None, description="The list, where the action is about one.", examples=[None])
    member_ids: list[Annotated[str, Field(max_length=100)]] | None = Field(
        None, min_length=1, max_length=MOST_IDS, examples=[None]
    )
    query: MemberMatch | None = Field(
        None, description="All of it must be met; `{}` is everybody.", examples=[{"status": ["active"]}]
    )


class BulkOut(Shape):
    id: BigId
    action: BulkKind
    status: BulkStatus
    title: str = Field(examples=["Added the tag VIP to 19,800 members"])
    detail: str = Field(description="Who was skipped and why, and what was taken back.")
    by: str
    created_at: Time
    finished_at: Time | None
    fraction: float = Field(description="How far it is, 0 to 1.")
    total: int
    changed: int
    unchanged: int
    missing: int
    undone: int
    undoable: bool


class BulkList(Shape):
    data: list[BulkOut]


@router.get("", responses=problems())
async def list_bulk_actions(db: Db) -> BulkList:
    """List what was done to many lately, the newest first."""
    return BulkList(data=[_out(row) for row in await bulk_actions.list_actions(db)])


@router.post("", status_code=202, responses=problems(404, 409))
async def start_bulk_action(db: Db, wanted: BulkWish, response: Response) -> BulkOut:
    """Do one thing to many members. Whom, is settled now; more than 100 are done in the background."""
    who = await _who(db, wanted)
    row = await bulk_actions.start(db, wanted.action, await _target(db, wanted), who)
    response.headers["Location"] = f"/api/v1/members/bulk-actions/{row.id}"
    return _out(row)


@router.get("/{action_id}", responses=problems(404))
async def get_bulk_action(db: Db, action_id: ActionId) -> BulkOut:
    """See how far it is."""
    return _out(await bulk_actions.get_action(db, action_id))


@router.post("/{action_id}/cancel", status_code=202, responses=problems(404, 409))
async def cancel_bulk_action(db: Db, action_id: ActionId) -> BulkOut:
    """Stop it where it is. What was done stays, and can be undone."""
    return _out(await bulk_actions.cancel(db, action_id))


@router.post("/{action_id}/undo", status_code=202, responses=problems(404, 409))
async def undo_bulk_action(db: Db, action_id: ActionId) -> BulkOut:
    """Take back what is still as the action left it, within 30 days."""
    return _out(await bulk_actions.undo(db, action_id))


async def _who(db: CompanyDb, wanted: BulkWish) -> Who:
    if (wanted.member_ids is None) == (wanted.query is None):
        raise InvalidInput("Say who is meant: send `member_ids` or `query`, one of the two.", "member_ids")
    if wanted.query is not None:
        return await matched(db, wanted.query)
    asked = wanted.member_ids or []
    known = await members.list_member_ids(db, asked)
    missing = [one for one in asked if one not in known]
    if missing:
        raise NotFound(f"There is no member {missing[0]} in this company. Nothing was changed.")
    return tuple(known.values())


async def _target(db: CompanyDb, wanted: BulkWish) -> int:
    if wanted.action not in _TAGGING:
        if wanted.list_id is None:
            raise InvalidInput("Name the list by its id.", "list_id")
        return wanted.list_id
    if wanted.tag is None:
        raise InvalidInput("Name the tag.", "tag")
    if wanted.action is BulkKind.ADD_TAG:
        return await tags.create_tag(db, wanted.tag)
    name = tags.tag_name(wanted.tag).casefold()
    found = next((one.id for one in await tags.list_tags(db) if one.name.casefold() == name), None)
    if found is None:
        raise NotFound(f"There is no tag “{wanted.tag}” in this company.")
    return found


def _out(row: BulkRow) -> BulkOut:
    return BulkOut(
        id=row.id, action=row.kind, status=row.status, title=row.title, detail=row.detail, by=row.actor_name,
        created_at=row.created_at, finished_at=row.finished_at, fraction=row.fraction, total=row.total,
        changed=row.changed, unchanged=row.unchanged, missing=row.missing, undone=row.undone, undoable=row.undoable,
    )  # fmt: skip
