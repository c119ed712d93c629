"""What went wrong unexpectedly, on either side: logged without anything a person typed, told in one sentence."""

import time

import reflex as rx
import structlog
from reflex.event import EventSpec

from whop_crm.db import is_away

log = structlog.get_logger(__name__)

_MOST_REPORTS = 20
_WINDOW = 60.0
_MOST_TEXT = 2000


class _Reports:
    """At most 20 reports a minute, since any browser can send them."""

    def __init__(self) -> None:
        self._began = 0.0
        self._count = 0

    def admit(self) -> bool:
        now = time.monotonic()
        if now - self._began > _WINDOW:
            self._began, self._count = now, 0
        self._count += 1
        return self._count <= _MOST_REPORTS


_reports = _Reports()


def in_the_browser(exception: Exception) -> None:
    """For `rx.App(frontend_exception_handler=…)`."""
    if _reports.admit():
        log.warning("browser_error", report=str(exception)[:_MOST_TEXT])


def in_a_handler(exception: Exception) -> EventSpec | None:
    """For `rx.App(backend_exception_handler=…)`. A CrmError never comes here: markers turn it into a toast."""
    log.error("event_failed", exc_info=exception)
    if is_away(exception):
        return rx.toast.error("Our database cannot be reached. Try again in a moment.")
    return rx.toast.error("Something went wrong. Try again in a moment.")
