"""Bringing a file in, step by step: which one stands in the address."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import InvalidInput
from whop_crm.services import imports
from whop_crm.services.imports import Mapping_
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.views import (
    ChangeLine,
    ImportColumn,
    ImportLine,
    ProblemLine,
    change_lines,
    import_column,
    import_line,
    problem_line,
)


class ImportState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.IMPORTS, Topic.CUSTOM_FIELDS})
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    """Who may not import is told so."""

    recent: list[ImportLine] = []
    current: ImportLine = ImportLine()
    columns: list[ImportColumn] = []
    targets: list[tuple[str, str]] = []
    changes: list[ChangeLine] = []
    problems: list[ProblemLine] = []
    problems_link: str = ""
    error: str = ""
    working: bool = False
    columns_key: str = ""
    """Changes with what is stored of the columns: their fields then begin anew."""

    async def _read(self) -> None:
        wanted = self._query().get("id", "")
        async with this_company() as db:
            self.recent = [import_line(row) for row in await imports.list_imports(db)]
            self.targets = [(one.key, one.label) for one in await imports.list_targets(db)]
            if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
                self.current, self.columns, self.changes, self.problems = ImportLine(), [], [], []
                return
            row = await imports.get_import(db, int(wanted))
            self.current, self.changes = import_line(row), change_lines(row)
            self.columns = [import_column(one) for one in await imports.list_import_columns(db, row.id)]
            self.problems = [problem_line(one) for one in await imports.list_problems(db, row.id)]
        self.problems_link = routes.import_problems(self._company(), row.id)
        self.columns_key = repr((row.id, self.columns, row.tag, row.list_name))

    @needs(Permission.IMPORT)
    async def plan(self, form: dict[str, str]) -> AsyncIterator[Any]:
        self.error, self.working = "", True
        yield
        try:
            async with this_company() as db:
                await imports.plan(db, self.current.id, _mapping(form))
        except InvalidInput as error:
            self.error = str(error)
        finally:
            self.working = False

    @needs(Permission.IMPORT)
    async def apply(self) -> AsyncIterator[Any]:
        self.working = True
        yield
        try:
            async with this_company() as db:
                await imports.apply(db, self.current.id)
        finally:
            self.working = False
        yield rx.toast.success("Brought in")

    @needs(Permission.IMPORT)
    async def undo(self, import_id: int) -> AsyncIterator[Any]:
        self.working = True
        yield
        try:
            async with this_company() as db:
                await imports.undo(db, import_id)
        finally:
            self.working = False
        yield rx.toast.success("Undone")

    @needs(Permission.IMPORT)
    async def discard(self) -> Any:
        async with this_company() as db:
            await imports.discard(db, self.current.id)
        return rx.redirect(routes.import_members(self._company()))


def _mapping(form: dict[str, str]) -> Mapping_:
    told = {name.removeprefix("column-"): target for name, target in form.items() if name.startswith("column-")}
    columns = {int(place): target for place, target in told.items() if place.isascii() and place.isdigit()}
    return Mapping_(dict(sorted(columns.items())), form.get("tag", "").strip(), form.get("list", "").strip())
