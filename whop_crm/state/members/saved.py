"""Views: the list as it is, with a name to come back to."""

from typing import Any

import reflex as rx

from whop_crm import routes
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.services import views
from whop_crm.services.views import ViewInput
from whop_crm.state.base import page_event, this_company
from whop_crm.state.members import address
from whop_crm.state.members.address import Wanted
from whop_crm.state.views import ViewLine, view_line


class ViewsMixin(rx.State, mixin=True):
    """Goes with the ColumnsMixin, on a page."""

    views: list[ViewLine] = []
    view_name: str = ""
    """The view that is open; empty for none."""
    view_changeable: bool = False
    view_changed: bool = False
    """The list is not as the open view has it."""
    saving_view: bool = False
    view_error: str = ""

    async def _read_views(self, db: CompanyDb, wanted: Wanted) -> None:
        known = await views.list_views(db)
        self.views = [view_line(view, routes.members(self._company())) for view in known]
        self._view = next((view for view in known if view.id == wanted.view_id), None)
        self.view_name = self._view.name if self._view else ""
        self.view_changeable = self._view is not None and self._view.may_change
        if wanted.view_id is not None and self._view is None:
            raise NotFound("There is no such view. Somebody may have deleted it, or keeps it for themselves.")

    def _judge_view(self, wanted: Wanted) -> None:
        view = self._view
        self.view_changed = view is not None and (view.address != _kept(wanted) or view.columns != self._choices)

    @page_event
    async def name_view(self, is_open: bool) -> None:
        self.saving_view, self.view_error = is_open, ""

    @page_event
    async def save_view(self, form: dict[str, str]) -> Any:
        """Keeps the list as it is under a new name, and opens that."""
        try:
            async with this_company() as db:
                made = await views.create_view(db, self._as_it_is(form.get("name", ""), shared="shared" in form))
        except InvalidInput as error:
            self.view_error = str(error)
            return None
        self.saving_view, self.view_error = False, ""
        return self._open(made)

    @page_event
    async def update_view(self) -> Any:
        """Keeps the list as it is under the name of the open view."""
        if self._view is None:
            return None
        async with this_company() as db:
            await views.change_view(db, self._view.id, self._as_it_is(self._view.name, shared=self._view.shared))
        return rx.toast.success("View saved")

    @page_event
    async def delete_view(self) -> Any:
        if self._view is None:
            return None
        async with this_company() as db:
            name = await views.delete_view(db, self._view.id)
        return [self._open(None), rx.toast.success(f"The view {name} is deleted")]

    def _as_it_is(self, name: str, *, shared: bool) -> ViewInput:
        wanted = self._wanted()
        return ViewInput(name, _kept(wanted), self._choices, shared, wanted.uses)

    def _open(self, view_id: int | None) -> Any:
        return self._go(self._wanted().changed(view_id=view_id))


def _kept(wanted: Wanted) -> str:
    return address.encoded(wanted, view=False).rstrip("&")
