"""Notes about members, for the team alone."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AwareDatetime, TypeAdapter

from whop_crm.api.v1 import paging
from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.member_shapes import NoteInput, NoteList, NoteOut, note
from whop_crm.api.v1.members import MemberId
from whop_crm.api.v1.shapes import problems
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.services import members, notes

router = APIRouter(prefix="/members/{member_id}/notes", tags=["Notes"], route_class=Door)

NoteId = Annotated[int, Path(ge=1, lt=2**63, examples=[42])]
_PLACE = TypeAdapter[tuple[datetime, int]](tuple[AwareDatetime, Annotated[int, ...]])


@router.get("", responses=problems(404))
async def list_notes(db: Db, member_id: MemberId, first: paging.First = 20, after: paging.After = None) -> NoteList:
    """List what the team wrote about a member, the newest first."""
    number = await members.get_member_id(db, member_id)
    page = await notes.list_notes_before(db, number, paging.decode(_PLACE, after, "notes"), first)
    cursor = None if page.next is None else paging.encode(_PLACE, page.next, "notes")
    return NoteList(data=[note(row) for row in page.rows], page_info=paging.info(cursor))


@router.post("", status_code=201, responses=problems(404, 409))
async def add_note(db: Db, member_id: MemberId, wanted: NoteInput, response: Response) -> NoteOut:
    """Write a note about a member. It stands on the timeline, in the name of who asks."""
    number = await members.get_member_id(db, member_id)
    made = await notes.add_note(db, number, wanted.body)
    response.headers["Location"] = f"/api/v1/members/{member_id}/notes/{made.id}"
    return note(made)


@router.get("/{note_id}", responses=problems(404))
async def get_note(db: Db, member_id: MemberId, note_id: NoteId) -> NoteOut:
    """Get one note."""
    return note(await _of(db, member_id, note_id))


@router.patch("/{note_id}", responses=problems(404))
async def edit_note(db: Db, member_id: MemberId, note_id: NoteId, wanted: NoteInput) -> NoteOut:
    """Change a note: one's own, or as an admin anybody's."""
    await _of(db, member_id, note_id)
    return note(await notes.edit_note(db, note_id, wanted.body))


@router.delete("/{note_id}", status_code=204, responses=problems(404))
async def delete_note(db: Db, member_id: MemberId, note_id: NoteId) -> None:
    """Delete a note: one's own, or as an admin anybody's."""
    await _of(db, member_id, note_id)
    await notes.delete_note(db, note_id)


async def _of(db: CompanyDb, member_id: str, note_id: int) -> notes.NoteRow:
    """The note, if it is about this member. Raises NotFound."""
    number = await members.get_member_id(db, member_id)
    found = await notes.get_note(db, note_id)
    if found.member_id != number:
        raise NotFound("This note is about somebody else.")
    return found
