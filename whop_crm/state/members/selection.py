"""Which members of the list are chosen: some of them, the page, or all that match. It belongs to this tab alone."""

import re

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput
from whop_crm.services import members
from whop_crm.services.bulk_actions import Who
from whop_crm.services.members import MemberListQuery
from whop_crm.state.marks import needs

MOST_PICKED = 1_000
_AT_ONCE = 200
_WHOP_ID = re.compile(r"mber_[A-Za-z0-9_]{1,64}")


class SelectionState(rx.State):
    picked: list[str] = []
    """Whop's ids, in the order of choosing; on other pages of the list as well."""
    everything: bool = False
    """All that match instead, also those on no page that was ever seen."""
    count: int = 0
    count_text: str = ""
    page_state: str = "none"
    """How much of the page is chosen: none, some or all."""
    picked_text: str = ""
    """The ids with commas between, for the export."""
    more_text: str = ""
    """Offers all that match, where the page is chosen and there are more."""
    _whom: tuple[object, ...] = ()
    _query: MemberListQuery = MemberListQuery()
    _page: tuple[str, ...] = ()
    _total: int = 0

    def _settle(self, whom: tuple[object, ...], query: MemberListQuery, page: list[str], total: int) -> None:
        """The list was read: another filter drops the selection, anything else leaves it alone."""
        if whom != self._whom:
            self.picked, self.everything = [], False
        self._whom, self._query, self._page, self._total = whom, query, tuple(page), total
        self._describe()

    @needs(Permission.MEMBERS_READ)
    async def pick(self, ids: list[str], on: bool) -> None:
        known = [one for one in ids[:_AT_ONCE] if _WHOP_ID.fullmatch(one)]
        if self.everything:
            self.everything, self.picked = False, list(self._page)
        others = [one for one in self.picked if one not in set(known)]
        chosen = list(dict.fromkeys([*self.picked, *known])) if on else others
        if len(chosen) > MOST_PICKED:
            raise InvalidInput(f"At most {MOST_PICKED:,} can be chosen one by one. Filter, then select all that match.")
        self.picked = chosen
        self._describe()

    @needs(Permission.MEMBERS_READ)
    async def pick_page(self, on: bool) -> None:
        if self.everything and not on:
            self.picked = []
        self.everything = False
        others = [one for one in self.picked if one not in set(self._page)]
        self.picked = [*others, *self._page] if on else others
        self._describe()

    @needs(Permission.MEMBERS_READ)
    async def pick_everything(self) -> None:
        self.everything, self.picked = True, []
        self._describe()

    @needs(Permission.MEMBERS_READ)
    async def clear(self) -> None:
        self.everything, self.picked = False, []
        self._describe()

    async def _who(self, db: CompanyDb) -> Who:
        """Whom a bulk action means."""
        return self._query if self.everything else tuple((await members.list_member_ids(db, self.picked)).values())

    def _describe(self) -> None:
        on_page = len(set(self._page) & set(self.picked))
        whole = self.everything or (bool(self._page) and on_page == len(self._page))
        self.page_state = "all" if whole else "some" if on_page else "none"
        self.count = self._total if self.everything else len(self.picked)
        self.count_text = f"All {self.count:,} selected" if self.everything else f"{self.count:,} selected"
        self.picked_text = ",".join(self.picked)
        more = whole and not self.everything and self._total > len(self._page)
        self.more_text = f"Select all {self._total:,} that match" if more else ""
