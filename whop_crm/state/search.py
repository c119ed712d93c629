"""The search in the top bar, which is on every page."""

import reflex as rx

from whop_crm.access import Permission
from whop_crm.services import members
from whop_crm.state.base import needs, this_company
from whop_crm.state.views import Hit, hit
from whop_crm.state.views.text import counted

MOST_HITS = 8


class SearchState(rx.State):
    hits: list[Hit] = []
    answered: str = ""
    """The text that `hits` answer."""
    summary: str = ""
    nothing: bool = False

    @needs(Permission.MEMBERS_READ)
    async def look_up(self, text: str) -> None:
        found: list[members.MemberHit] = []
        if text.strip():
            async with this_company() as db:
                found = await members.search_members(db, text, MOST_HITS)
        self.hits = [hit(one) for one in found]
        self.answered = text
        self.nothing = bool(text.strip()) and not found
        self.summary = counted(len(found), "member") if text.strip() else ""

    @needs(Permission.MEMBERS_READ)
    async def opened(self, is_open: bool) -> None:
        """Forgets the last results when the dialog opens again."""
        if is_open:
            self.hits, self.answered, self.summary, self.nothing = [], "", "", False
