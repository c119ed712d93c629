"""Reading notes."""

from datetime import datetime

from sqlalchemy import literal, select, tuple_
from sqlmodel import col

from whop_crm.access import Permission, Role, Scope
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.markdown import render
from whop_crm.models import Note
from whop_crm.services.notes.schemas import NotePage, NoteRow


async def list_notes(db: CompanyDb, member_id: int) -> list[NoteRow]:
    """What the team wrote about a member, newest first."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = (
        select(Note).where(col(Note.member_id) == member_id).order_by(col(Note.created_at).desc(), col(Note.id).desc())
    )
    return [row_of(note, db.scope) for note in (await db.scalars(statement)).all()]


async def list_notes_before(db: CompanyDb, member_id: int, before: tuple[datetime, int] | None, limit: int) -> NotePage:
    """Some of them, beginning behind a note's time and id."""
    db.scope.require(Permission.MEMBERS_READ)
    place = tuple_(col(Note.created_at), col(Note.id))
    statement = select(Note).where(col(Note.member_id) == member_id)
    if before is not None:
        statement = statement.where(place < tuple_(*(literal(one) for one in before)))
    statement = statement.order_by(col(Note.created_at).desc(), col(Note.id).desc()).limit(limit + 1)
    rows = [row_of(note, db.scope) for note in (await db.scalars(statement)).all()]
    shown = tuple(rows[:limit])
    return NotePage(shown, (shown[-1].created_at, shown[-1].id) if len(rows) > limit else None)


async def get_note(db: CompanyDb, note_id: int) -> NoteRow:
    """Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    return row_of(await load(db, note_id), db.scope)


async def load(db: CompanyDb, note_id: int) -> Note:
    """The stored note. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    note = (await db.scalars(select(Note).where(col(Note.id) == note_id))).one_or_none()
    if note is None:
        raise NotFound("This note is gone. Somebody may have deleted it.")
    return note


def may_change(note: Note, scope: Scope) -> bool:
    """Its author may, and an admin."""
    if not scope.allows(Permission.NOTES_WRITE):
        return False
    return scope.role in (Role.ADMIN, Role.SYSTEM) or (
        note.author_id is not None and note.author_id == scope.actor.user_id
    )


def row_of(note: Note, scope: Scope) -> NoteRow:
    return NoteRow(
        id=note.id,
        member_id=note.member_id,
        body=note.body,
        html=render(note.body),
        author_name=note.author_name,
        created_at=note.created_at,
        edited_at=note.edited_at,
        editable=may_change(note, scope),
    )
