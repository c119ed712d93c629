"""The company's settings in one tab."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import PauseRule, Permission, ScoreWeights
from whop_crm.db import Topic
from whop_crm.errors import InvalidInput
from whop_crm.services import settings
from whop_crm.services.settings import SettingsInput
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.views import RecountLine, recount_line


class CompanySettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.COMPANIES, Topic.RECOUNTS})
    permission: ClassVar[Permission | None] = Permission.SETTINGS_READ

    zone: str = ""
    zone_chosen: bool = False
    currency: str = ""
    week_start: str = ""
    pause_rule: str = ""
    posts: str = ""
    comments: str = ""
    courses: str = ""
    recency: str = ""
    recount: RecountLine = RecountLine()
    zone_error: str = ""
    weights_error: str = ""

    async def _read(self) -> None:
        found = await self._shared(settings.get_settings)
        self.recount = recount_line(await self._shared(settings.find_recount))
        now = found.settings
        self.zone, self.zone_chosen = now.timezone, found.zone_chosen
        self.currency, self.week_start, self.pause_rule = now.currency, str(now.week_start), now.pause_rule.value
        weights = now.weights
        self.posts, self.comments = str(weights.posts), str(weights.comments)
        self.courses, self.recency = str(weights.courses), str(weights.recency)

    @needs(Permission.SETTINGS_WRITE)
    async def save(self, form: dict[str, str]) -> Any:
        self.zone_error = self.weights_error = ""
        try:
            async with this_company() as db:
                again = await settings.change_settings(db, _wanted(form))
        except InvalidInput as error:
            if error.field == "weights":
                self.weights_error = str(error)
            else:
                self.zone_error = str(error)
            return None
        return rx.toast.success("Saved. Numbers are being worked out anew." if again else "Saved")


def _wanted(form: dict[str, str]) -> SettingsInput:
    """What the form asks for. Raises InvalidInput."""
    rule = next((one for one in PauseRule if one.value == form.get("pause_rule")), None)
    if rule is None:
        raise InvalidInput("Choose how a pause counts.", "pause_rule")
    weights = ScoreWeights(*(_whole(form.get(name, "")) for name in ("posts", "comments", "courses", "recency")))
    week_start = form.get("week_start", "")
    return SettingsInput(
        timezone=form.get("timezone", ""),
        week_start=int(week_start) if week_start in {"1", "6", "7"} else 0,
        currency=form.get("currency", ""),
        pause_rule=rule,
        weights=weights,
    )


def _whole(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 3):
        raise InvalidInput(f"A weight is a whole number from 0 to {settings.MOST_WEIGHT}.", "weights")
    return int(text)
