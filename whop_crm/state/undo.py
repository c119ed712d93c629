"""Taking back what was just done, from a toast or from the page of recent actions."""

from typing import Any

import reflex as rx

from whop_crm.access import Permission
from whop_crm.services import bulk_actions, undo
from whop_crm.services.bulk_actions import BulkRow
from whop_crm.state.marks import needs
from whop_crm.state.session import this_company

_LASTS = 8_000
"""Milliseconds that an offer to undo stands on the screen."""


class UndoState(rx.State):
    """What each of it demands beyond reading, the services know: it depends on what was done."""

    @needs(Permission.MEMBERS_READ)
    async def undo_change(self, change_id: int) -> Any:
        async with this_company() as db:
            await undo.undo_change(db, change_id)
        return rx.toast.success("Undone")

    @needs(Permission.MEMBERS_READ)
    async def undo_bulk(self, action_id: int) -> Any:
        async with this_company() as db:
            row = await bulk_actions.undo(db, action_id)
        return None if row.status.at_work else undone(row)

    @needs(Permission.MEMBERS_READ)
    async def cancel_bulk(self, action_id: int) -> Any:
        async with this_company() as db:
            row = await bulk_actions.cancel(db, action_id)
        return rx.toast.info("Stopped", description=f"{row.title}. {row.detail}".removesuffix(". "))


def offer(words: str, change_id: int | None) -> Any:
    """Says what was done, with a button that takes it back; without one where nothing was changed."""
    if change_id is None:
        return None
    return rx.toast.success(words, duration=_LASTS, action=_button(UndoState.undo_change(change_id)))


def offer_many(row: BulkRow) -> Any:
    """The same for what was done to many."""
    described = {"description": row.detail} if row.detail else {}
    if not row.undoable:
        return rx.toast.info(row.title, **described)
    return rx.toast.success(row.title, duration=_LASTS, action=_button(UndoState.undo_bulk(row.id)), **described)


def undone(row: BulkRow) -> Any:
    return rx.toast.success("Undone", description=row.detail)


def _button(event: Any) -> dict[str, Any]:
    return {"label": "Undo", "on_click": event}
