"""Undo: what the team did lately, and taking it back."""

from whop_crm.services.undo.actions import undo_change
from whop_crm.services.undo.queries import list_recent
from whop_crm.services.undo.schemas import Deed

__all__ = ["Deed", "list_recent", "undo_change"]
