"""Which columns the list has, in which order and how wide: everybody's own, or the view's."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import reflex as rx

from whop_crm.db import CompanyDb
from whop_crm.services import views
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.views import DEFAULT_COLUMNS, ColumnChoice, ViewRow, checked_columns
from whop_crm.state.base import page_event, this_company
from whop_crm.state.members.address import Wanted
from whop_crm.state.views import ColumnOption, ListColumn, column_options, list_columns

_STEP, _USUAL = 32, 160
"""Pixels."""


class ColumnsMixin(rx.State, mixin=True):
    """Where a view is open, its columns are tried out here alone until it is saved."""

    columns: list[ListColumn] = list_columns(DEFAULT_COLUMNS, ())
    column_options: list[ColumnOption] = []
    _choices: tuple[ColumnChoice, ...] = DEFAULT_COLUMNS
    _tried: tuple[ColumnChoice, ...] | None = None
    _tried_in: int | None = None
    _view: ViewRow | None = None

    async def _read_columns(self, db: CompanyDb, wanted: Wanted, fields: Sequence[FieldRow]) -> None:
        if self._tried_in != wanted.view_id:
            self._tried, self._tried_in = None, wanted.view_id
        kept = self._view.columns if self._view is not None else await views.get_layout(db)
        known = {f"custom.{field.key}" for field in fields}
        chosen = self._tried if self._tried is not None else kept
        self._choices = tuple(one for one in chosen if not one.key.startswith("custom.") or one.key in known)
        self.column_options = column_options(self._choices, fields)

    @page_event
    async def choose_column(self, key: str, on: bool) -> None:
        others = [one for one in self._choices if one.key != key]
        await self._keep([*others, ColumnChoice(key)] if on else others)

    @page_event
    async def move_column(self, key: str, by: int) -> None:
        """Puts a column before (-1) or behind (1) its neighbour."""
        order = list(self._choices)
        at = next((n for n, one in enumerate(order) if one.key == key), None)
        if at is not None and by in (-1, 1) and 0 <= at + by < len(order):
            order[at], order[at + by] = order[at + by], order[at]
            await self._keep(order)

    @page_event
    async def size_column(self, key: str, width: int) -> None:
        """`width` in pixels, 0 for as wide as it needs."""
        await self._size(key, lambda _: width)

    @page_event
    async def widen_column(self, key: str, by: int) -> None:
        """A step wider (1) or narrower (-1)."""
        await self._size(key, lambda now: (now or _USUAL) + (_STEP if by > 0 else -_STEP))

    @page_event
    async def usual_columns(self) -> None:
        await self._keep(DEFAULT_COLUMNS)

    async def _size(self, key: str, width: Callable[[int], int]) -> None:
        await self._keep([replace(one, width=width(one.width)) if one.key == key else one for one in self._choices])

    async def _keep(self, columns: Sequence[ColumnChoice]) -> None:
        kept = checked_columns(columns)
        if self._view is None:
            async with this_company() as db:
                await views.save_layout(db, kept)
        else:
            self._tried, self._tried_in = kept, self._view.id
        await self._show()
