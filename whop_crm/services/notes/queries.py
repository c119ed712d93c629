"""Reading notes."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission, Role, Scope
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.markdown import render
from whop_crm.models import Note
from whop_crm.services.notes.schemas import NoteRow


async def list_notes(db: CompanyDb, member_id: int) -> list[NoteRow]:
    """What the team wrote about a member, newest first."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = (
        select(Note).where(col(Note.member_id) == member_id).order_by(col(Note.created_at).desc(), col(Note.id).desc())
    )
    return [row_of(note, db.scope) for note in (await db.scalars(statement)).all()]


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
        body=note.body,
        html=render(note.body),
        author_name=note.author_name,
        created_at=note.created_at,
        edited_at=note.edited_at,
        editable=may_change(note, scope),
    )
