"""The builder in one tab: events that change its draft, and the figures that follow it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import reflex as rx

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.errors import InvalidInput
from whop_crm.filters import BadFilter, Filter, Vocabulary
from whop_crm.services import segments
from whop_crm.state.base import needs, this_company
from whop_crm.state.builder.draft import ALL, MATCHES, Cond, Draft, Group, Unfinished, draft_of, filter_of
from whop_crm.state.builder.effects import cost, variants
from whop_crm.state.builder.lines import BuilderLine, FieldGroup, builder_lines, field_groups
from whop_crm.state.builder.typed import Values
from whop_crm.state.views import MemberLine, member_line
from whop_crm.state.views.segments import MoneyView, money_view

MOST_LINES = 40
_SLOTS = {"a", "b", "unit", "mode", "times", "often"}
_LONGEST = 200
_FIRST_OPS = {"did.": "did", "after.": "did_not"}


@dataclass
class _Desk:
    """What lies behind the lines: never sent to the browser."""

    draft: Draft = field(default_factory=Draft)
    words: Vocabulary = field(default_factory=Vocabulary)


class Builder(rx.State, mixin=True):
    """Mixed into the state of a page that edits a filter."""

    match: str = ALL
    lines: list[BuilderLine] = []
    fields: list[FieldGroup] = []
    count: str = ""
    total: str = ""
    unfinished: str = ""
    filter_error: str = ""
    effects: dict[int, str] = {}
    """What each condition costs, by the key of its line."""
    first_rows: list[MemberLine] = []
    money: MoneyView = MoneyView()
    counting: bool = False
    _desk: _Desk = _Desk()

    @needs(Permission.MEMBERS_READ)
    async def set_match(self, group: int, match: str) -> AsyncIterator[Any]:
        if match in MATCHES:
            target = _group(self._desk.draft, group)
            target.match = match
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def add_condition(self, group: int) -> AsyncIterator[Any]:
        if len(self.lines) >= MOST_LINES:
            raise InvalidInput(f"The builder holds at most {MOST_LINES} lines.")
        _group(self._desk.draft, group).items.append(_started("status", self._desk.words))
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def add_group(self) -> AsyncIterator[Any]:
        if len(self.lines) >= MOST_LINES:
            raise InvalidInput(f"The builder holds at most {MOST_LINES} lines.")
        self._desk.draft.items.append(Group("any", [_started("status", self._desk.words)]))
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def remove_line(self, key: int) -> AsyncIterator[Any]:
        draft = self._desk.draft
        draft.items = [one for one in draft.items if one.key != key]
        for one in draft.items:
            if isinstance(one, Group):
                one.items = [each for each in one.items if each.key != key]
        draft.items = [one for one in draft.items if not isinstance(one, Group) or one.items]
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def set_subject(self, key: int, subject: str) -> AsyncIterator[Any]:
        fresh = _started(subject[:_LONGEST], self._desk.words)
        self._change(key, lambda cond: (setattr(cond, "subject", fresh.subject), setattr(cond, "op", fresh.op),
                                        setattr(cond, "values", fresh.values)))  # fmt: skip
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def set_op(self, key: int, op: str) -> AsyncIterator[Any]:
        self._change(key, lambda cond: setattr(cond, "op", op[:_LONGEST]))
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def set_value(self, key: int, slot: str, text: str) -> AsyncIterator[Any]:
        if slot in _SLOTS:
            self._change(key, lambda cond: setattr(cond.values, slot, text[:_LONGEST]))
        async for step in self._follow():
            yield step

    @needs(Permission.MEMBERS_READ)
    async def choose(self, key: int, value: str, selected: bool) -> AsyncIterator[Any]:
        self._change(key, lambda cond: _choose(cond, value[:_LONGEST], selected))
        async for step in self._follow():
            yield step

    def _change(self, key: int, change: Callable[[Cond], object]) -> None:
        cond = _find(self._desk.draft, key)
        if cond is not None:
            change(cond)

    async def _edit(self, given: Filter) -> None:
        """Begins with a filter; an empty one begins with one line."""
        async with this_company() as db:
            words = await filters.load(db)
        draft = draft_of(given, words) if given != Filter() else Draft(ALL, [_started("status", words)])
        self._desk = _Desk(draft, words)
        self.fields = field_groups(words)
        self._show_lines()

    def _show_lines(self) -> None:
        draft, words = self._desk.draft, self._desk.words
        self.match, self.lines = draft.match, builder_lines(draft, words)
        waiting = sum(1 for line in self.lines if line.waits)
        self.unfinished = "" if not waiting else (
            "1 condition is not finished and not counted yet" if waiting == 1
            else f"{waiting} conditions are not finished and not counted yet")  # fmt: skip

    async def _follow(self) -> AsyncIterator[Any]:
        """The lines at once, then the count, then what follows from it."""
        self._show_lines()
        self.counting = True
        yield
        async for step in self._figures():
            yield step

    async def _figures(self) -> AsyncIterator[Any]:
        try:
            wanted = await self._wanted(whole=False)
            async with this_company() as db:
                self.count = f"{await segments.count(db, wanted):,}"
            self.filter_error, self.counting = "", False
            yield
            await self._consequences(wanted)
        except BadFilter as error:
            self.filter_error, self.counting, self.count = str(error), False, "–"
            self.effects, self.first_rows, self.money = {}, [], MoneyView()

    async def _consequences(self, wanted: Filter) -> None:
        told = variants(self._desk.draft, self._desk.words, await self._asker())
        asked = [wanted, Filter(), *(one.without for one in told), *(one.alone for one in told)]
        async with this_company() as db:
            found = await segments.preview(db, wanted)
            sizes = [0 if isinstance(one, BadFilter) else one.members for one in await segments.sizes(db, asked)]
        total, everybody, costs = sizes[0], sizes[1], sizes[2:]
        self.total, self.first_rows = f"{everybody:,}", [member_line(row) for row in found.rows]
        self.money = money_view(found.money)
        self.effects = {one.key: cost(total, costs[len(told) + n], costs[n]) for n, one in enumerate(told)}

    async def _wanted(self, *, whole: bool) -> Filter:
        """The draft as a filter. Raises BadFilter; if `whole`, also for a line without its value."""
        try:
            drafted = filter_of(self._desk.draft, self._desk.words, whole=whole)
        except Unfinished as error:
            raise BadFilter(f"A condition is not finished: {str(error)[0].lower()}{str(error)[1:]}") from None
        return filters.resolve(drafted, self._desk.words, await self._asker())

    async def _asker(self) -> filters.Asker:
        raise NotImplementedError


def _group(draft: Draft, key: int) -> Draft | Group:
    """The group of that key, the whole draft for 0 or an unknown one."""
    return next((one for one in draft.items if isinstance(one, Group) and one.key == key), draft)


def _find(draft: Draft, key: int) -> Cond | None:
    inner = [each for one in draft.items if isinstance(one, Group) for each in one.items]
    return next((one for one in [*draft.items, *inner] if isinstance(one, Cond) and one.key == key), None)


def _choose(cond: Cond, value: str, selected: bool) -> None:
    others = [one for one in cond.values.chosen if one != value]
    single = cond.op in ("is", "is_not", "has")
    cond.values.chosen = ([value] if single else [*others, value]) if selected else others


def _started(subject: str, words: Vocabulary) -> Cond:
    """A new line about something, with the operator most often wanted."""
    for prefix, op in _FIRST_OPS.items():
        if subject.startswith(prefix):
            mode = "last" if prefix == "did." else "joined"
            return Cond(subject, op, Values(a="30" if prefix == "did." else "7", mode=mode))
    known = words.find_field(subject)
    if known is None:
        return Cond("status", "is_any_of")
    op = "is_any_of" if subject == "status" else known.ops[0].value
    yes_no = op == "is" and not words.choices(known)
    start = Values(a="30") if op == "in_last" else Values(a="yes") if yes_no else Values()
    return Cond(subject, op, replace(start))
