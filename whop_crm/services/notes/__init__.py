"""Notes: what the team writes about its members, for the team alone."""

from whop_crm.markdown import render
from whop_crm.services.notes.actions import add_note, delete_note, edit_note
from whop_crm.services.notes.queries import get_note, list_notes
from whop_crm.services.notes.schemas import BODY_LIMIT, NoteRow

__all__ = ["BODY_LIMIT", "NoteRow", "add_note", "delete_note", "edit_note", "get_note", "list_notes", "render"]
