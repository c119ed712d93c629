"""Times as people read them. They tick in the browser; the server sends ISO 8601 with an offset, once."""

from typing import Any

import reflex as rx

from whop_crm.components.local import TimeText, ZoneBox


def zone(name: Any, *children: Any) -> rx.Component:
    """Every time inside is written in this IANA zone (`shell(zone=...)` does it for a page)."""
    return ZoneBox.create(*children, zone=name)


def _time(value: Any, kind: str, missing: str, class_name: str) -> rx.Component:
    return TimeText.create(value=value, kind=kind, missing=missing, class_name=class_name)


def relative_time(value: Any, *, missing: str = "–", class_name: str = "") -> rx.Component:
    """`<time>` saying "3 h ago", "12 days ago" or the date; the exact moment on hover; kept right each
    half minute without the server. `missing` stands for an empty value ("Never")."""
    return _time(value, "relative", missing, class_name)


def date(value: Any, *, missing: str = "–", class_name: str = "") -> rx.Component:
    """ "12 Nov 2026", with the exact moment on hover."""
    return _time(value, "date", missing, class_name)


def date_time(value: Any, *, missing: str = "–", class_name: str = "") -> rx.Component:
    """ "12 Nov 2026, 14:03"."""
    return _time(value, "datetime", missing, class_name)
