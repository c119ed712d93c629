"""The builder over a list: a filter that stands in the address of the page, as `?f=` and its JSON."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from whop_crm import filters, routes
from whop_crm.access import Permission
from whop_crm.filters import BadFilter, Filter
from whop_crm.state.base import needs, scope
from whop_crm.state.builder import Builder

LONGEST = 3_000
"""Characters of a filter that an address carries."""


class FilterPanelState(Builder, rx.State):
    is_open: bool = False

    @needs(Permission.MEMBERS_READ)
    async def start(self) -> AsyncIterator[Any]:
        """Opens on the filter of the address."""
        await self._edit(filter_in(self._params().get("f", "")))
        self.is_open = True
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def opened(self, is_open: bool) -> None:
        self.is_open = is_open

    @needs(Permission.MEMBERS_READ)
    async def apply(self) -> Any:
        given = await self._whole()
        if given is None:
            return None
        self.is_open = False
        return rx.redirect(self._address(given))

    @needs(Permission.MEMBERS_READ)
    async def clear(self) -> Any:
        """Takes the conditions away, and nothing else of the address."""
        self.is_open = False
        return rx.redirect(self._address(Filter()))

    @needs(Permission.SEGMENTS_WRITE)
    async def save_as_segment(self) -> Any:
        given = await self._whole()
        if given is None:
            return None
        self.is_open = False
        company = routes.company_in(self.router.url.path) or ""
        return rx.redirect(f"{routes.segment_edit(company, 'new')}?{urlencode({'f': filters.to_text(given)})}")

    async def _whole(self) -> Filter | None:
        """The filter, None where it is not finished or too long: then the panel says so."""
        try:
            given = await self._wanted(whole=True)
        except BadFilter as error:
            self.filter_error = str(error)
            return None
        if len(filters.to_text(given)) > LONGEST:
            self.filter_error = "This filter is too long for an address. Save it as a segment instead."
            return None
        return given

    def _address(self, given: Filter) -> str:
        """This page with another filter, from its first page on."""
        params = {name: value for name, value in self._params().items() if name not in ("f", "page")}
        if given != Filter():
            params["f"] = filters.to_text(given)
        path = self.router.url.path
        return f"{path}?{urlencode(params)}" if params else path

    def _params(self) -> dict[str, str]:
        return {name: value.replace("\0", "") for name, value in self.router.url.query_parameters.items()}

    async def _asker(self) -> filters.Asker:
        return filters.Asker(scope().actor.user_id)


def filter_in(text: str) -> Filter:
    """The filter of an address, everybody where it is none."""
    try:
        return filters.parse_text(text[:LONGEST])
    except BadFilter:
        return Filter()
