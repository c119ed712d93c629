"""Notes: what the team writes about its members, for the team alone."""

from whop_crm.markdown import render
from whop_crm.services.notes.actions import add_note, delete_note, edit_note, note_body, undo_delete, undo_edit
from whop_crm.services.notes.many import add_notes, undo_adding
from whop_crm.services.notes.queries import get_note, list_notes, list_notes_before
from whop_crm.services.notes.schemas import BODY_LIMIT, NotePage, NoteRow

__all__ = [
    "BODY_LIMIT",
    "NotePage",
    "NoteRow",
    "add_note",
    "add_notes",
    "delete_note",
    "edit_note",
    "get_note",
    "list_notes",
    "list_notes_before",
    "note_body",
    "render",
    "undo_adding",
    "undo_delete",
    "undo_edit",
]
