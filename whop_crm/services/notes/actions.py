"""Writing notes. A new one stands on the member's timeline; its text stays in the note alone."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Forbidden, InvalidInput, NotFound
from whop_crm.models import Member, Note
from whop_crm.models.enums import ActivityKind
from whop_crm.services import activities, changes
from whop_crm.services.changes import NoteDeleted, NoteEdited
from whop_crm.services.notes.queries import load, may_change, row_of
from whop_crm.services.notes.schemas import BODY_LIMIT, NoteRow
from whop_crm.text import storable


async def add_note(db: CompanyDb, member_id: int, body: str) -> NoteRow:
    """Raises InvalidInput for an empty or too long text, NotFound for an unknown member."""
    db.scope.require(Permission.NOTES_WRITE)
    text = note_body(body)
    if (await db.scalars(select(col(Member.id)).where(col(Member.id) == member_id))).one_or_none() is None:
        raise NotFound("There is no such member in this company.")
    actor = db.scope.actor
    note = Note(
        company_id=db.scope.company_id,
        member_id=member_id,
        body=text,
        author_id=actor.user_id,
        author_name=actor.name,
        created_at=datetime.now(UTC),
    )
    db.add(note)
    await db.flush()
    await activities.record_by_team(db, ActivityKind.NOTED, member_id, f"note:{note.id}", "Wrote a note")
    return row_of(note, db.scope)


async def edit_note(db: CompanyDb, note_id: int, body: str) -> NoteRow:
    """Raises InvalidInput, NotFound, and Forbidden for a note of somebody else, except to an admin."""
    db.scope.require(Permission.NOTES_WRITE)
    text = note_body(body)
    note = await _changeable(db, note_id)
    if text != note.body:
        edit = NoteEdited(
            member_id=note.member_id, note_id=note.id, before=note.body, edited_at=note.edited_at, after=text
        )
        await changes.remember(db, edit, "Edited a note")
        note.body, note.edited_at = text, datetime.now(UTC)
        await db.flush()
        db.touch([note.member_id])
    return row_of(note, db.scope)


async def delete_note(db: CompanyDb, note_id: int) -> None:
    """Raises NotFound, and Forbidden for a note of somebody else, except to an admin."""
    db.scope.require(Permission.NOTES_WRITE)
    note = await _changeable(db, note_id)
    kept = NoteDeleted(
        member_id=note.member_id, note_id=note.id, body=note.body, author_id=note.author_id,
        author_name=note.author_name, created_at=note.created_at, edited_at=note.edited_at,
    )  # fmt: skip
    await changes.remember(db, kept, "Deleted a note")
    await db.delete(note)
    await db.flush()
    db.touch([note.member_id])


async def undo_edit(db: CompanyDb, edit: NoteEdited) -> bool:
    """Gives a note its former text where nobody has changed it since; whether it did. Raises Forbidden."""
    db.scope.require(Permission.NOTES_WRITE)
    try:
        note = await _changeable(db, edit.note_id)
    except NotFound:
        return False
    if note.body != edit.after:
        return False
    note.body, note.edited_at = edit.before, edit.edited_at
    await db.flush()
    db.touch([note.member_id])
    return True


async def undo_delete(db: CompanyDb, kept: NoteDeleted) -> bool:
    """Brings a note back where its member is still there; whether it did. Raises Forbidden."""
    db.scope.require(Permission.NOTES_WRITE)
    there = select(col(Member.id)).where(col(Member.id) == kept.member_id)
    known = select(col(Note.id)).where(col(Note.id) == kept.note_id)
    if await db.scalar(there) is None or await db.scalar(known) is not None:
        return False
    values = kept.model_dump(exclude={"kind", "note_id"})
    note = Note(company_id=db.scope.company_id, id=kept.note_id, **values)
    if not may_change(note, db.scope):
        raise Forbidden(f"{note.author_name} wrote this note. Only they or an admin can bring it back.")
    db.add(note)
    await db.flush()
    db.touch([note.member_id])
    return True


async def _changeable(db: CompanyDb, note_id: int) -> Note:
    note = await load(db, note_id)
    if not may_change(note, db.scope):
        raise Forbidden(f"{note.author_name} wrote this note. Only they or an admin can change it.")
    return note


def note_body(text: str) -> str:
    """The text as it is stored. Raises InvalidInput."""
    body = storable(text).strip()
    if not body:
        raise InvalidInput("A note needs some text.", "body")
    if len(body) > BODY_LIMIT:
        raise InvalidInput(f"A note can have at most {BODY_LIMIT:,} characters; this one has {len(body):,}.", "body")
    return body
