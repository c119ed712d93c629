"""The segment builder in one tab. What is being edited is a draft: a refresh renews its figures alone."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import reflex as rx
from pydantic import ValidationError

from whop_crm import filters, routes
from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import Conflict, InvalidInput, NotFound
from whop_crm.filters import Filter
from whop_crm.models.enums import TagColor
from whop_crm.services import changes, segments
from whop_crm.services.segments import NAME_LIMIT, SegmentInput
from whop_crm.state.base import Page, needs, scope, this_company
from whop_crm.state.builder import Builder
from whop_crm.state.filter_panel import filter_in
from whop_crm.state.segments.all import MOVING
from whop_crm.state.segments.one import segment_id
from whop_crm.state.undo import offer

NEW = "new"


class SegmentEditState(Builder, Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = MOVING
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    pace: ClassVar[float] = 1.0

    name: str = ""
    description: str = ""
    color: str = TagColor.BLUE.value
    shared: bool = True
    is_new: bool = True
    form_key: str = ""
    """The address that the form stands for: another one begins anew."""
    form_error: str = ""
    back: str = ""
    _template: str | None = None

    async def _read(self) -> None:
        scope().require(Permission.SEGMENTS_WRITE)  # here, so that whoever may not is told in a page
        address = f"{self.router.url.path}?{sorted(self._query().items())}"
        if address != self.form_key:
            await self._begin()
            self.form_key = address
        async for _ in self._figures():
            pass

    async def _begin(self) -> None:
        self.is_new = self._param(routes.SEGMENT_ARG) == NEW
        async with this_company() as db:
            start = await self._start(db)
        self.name, self.description, self.color = start.name, start.description, start.color.value
        self.shared, self._template, self.form_error = start.shared, start.template, ""
        here = self._company()
        self.back = routes.segments(here) if self.is_new else routes.segment(here, self._param(routes.SEGMENT_ARG))
        await self._edit(start.filter)

    async def _start(self, db: CompanyDb) -> SegmentInput:
        """What the form begins with."""
        if not self.is_new:
            row = await segments.get_segment(db, segment_id(self._param(routes.SEGMENT_ARG)))
            return SegmentInput(name=row.name, description=row.description, color=row.color, shared=row.shared,
                                filter=row.filter)  # fmt: skip
        key = self._query().get("template", "")
        template = next((one for one in segments.templates(scope().company.currency) if one.key == key), None)
        if template is None:
            begun = filter_in(self._query().get("f", ""))
            return SegmentInput.model_construct(name="", description="", color=TagColor.BLUE, shared=True,
                                                filter=begun, template=None)  # fmt: skip
        return SegmentInput(name=template.name, description=template.description, color=template.color, shared=True,
                            filter=template.filter, template=template.key)  # fmt: skip

    async def _asker(self) -> filters.Asker:
        own = None if self.is_new else segment_id(self._param(routes.SEGMENT_ARG))
        return filters.Asker(scope().actor.user_id, own)

    @needs(Permission.SEGMENTS_WRITE)
    async def save(self, form: dict[str, str]) -> AsyncIterator[Any]:
        try:
            made, change = await self._saved(form)
        except (InvalidInput, Conflict, NotFound) as error:
            self.form_error = str(error)
            return
        self.form_error, self.form_key = "", ""
        yield offer("Segment saved", change) or rx.toast.success("Segment saved")
        yield rx.redirect(routes.segment(self._company(), made))

    async def _saved(self, form: dict[str, str]) -> tuple[int, int | None]:
        """The segment, and what can be taken back of it."""
        given = _input(form, await self._wanted(whole=True), self._template)
        async with this_company() as db:
            if self.is_new:
                return await segments.create_segment(db, given), None
            wanted = segment_id(self._param(routes.SEGMENT_ARG))
            await segments.change_segment(db, wanted, given)
            return wanted, changes.last_change(db)


def _input(form: dict[str, str], given: Filter, template: str | None) -> SegmentInput:
    color = next((one for one in TagColor if one.value == form.get("color")), TagColor.BLUE)
    try:
        return SegmentInput(
            name=form.get("name", ""), description=form.get("description", ""), color=color,
            shared=form.get("shared") == "team", filter=given, template=template,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        long = f"A name can have at most {NAME_LIMIT} characters."
        said = long if first["type"] == "string_too_long" else first["msg"].removeprefix("Value error, ")
        raise InvalidInput(said, str(first["loc"][0])) from None
