"""Shapes of views, and which columns there are."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from whop_crm.filters import CUSTOM_PREFIX
from whop_crm.models.enums import UsedKind

NAME_LIMIT = 60
ADDRESS_LIMIT = 4_000
MOST_VIEWS = 200
MOST_COLUMNS = 30
NARROWEST, WIDEST = 60, 800
_CUSTOM = re.compile(re.escape(CUSTOM_PREFIX) + r"[a-z0-9_]{1,80}")


class ColumnKey(StrEnum):
    """The columns beside the name, which is always there. A field of the company's own is `custom.<key>`."""

    EMAIL = "email"
    STATUS = "status"
    PLAN = "plan"
    REVENUE = "revenue"
    MRR = "mrr"
    JOINED = "joined"
    LAST_ACTIVE = "last_active"
    TAGS = "tags"
    PAYMENTS = "payments"
    FAILED_PAYMENTS = "failed_payments"
    FIRST_PAYMENT = "first_payment"
    LAST_PAYMENT = "last_payment"
    NEXT_CHARGE = "next_charge"
    SCORE = "score"
    POSTS = "posts"
    COMMENTS = "comments"
    LESSONS = "lessons"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column in its place; `width` in pixels, 0 for as wide as it needs."""

    key: str
    width: int = 0


DEFAULT_COLUMNS = tuple(ColumnChoice(key) for key in list(ColumnKey)[:7])


@dataclass(frozen=True, slots=True)
class ViewInput:
    """`address` is what stands behind the list's `?`, `uses` what that asks for."""

    name: str
    address: str
    columns: tuple[ColumnChoice, ...]
    shared: bool = False
    uses: tuple[tuple[UsedKind, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ViewRow:
    id: int
    name: str
    shared: bool
    mine: bool
    may_change: bool
    owner_name: str
    address: str
    columns: tuple[ColumnChoice, ...]


def checked_columns(wanted: Iterable[ColumnChoice]) -> tuple[ColumnChoice, ...]:
    """Those that can be, each once, with a width that can be."""
    found: dict[str, ColumnChoice] = {}
    for one in wanted:
        known = one.key in set(ColumnKey) or _CUSTOM.fullmatch(one.key)
        if known and one.key not in found and len(found) < MOST_COLUMNS:
            width = min(max(one.width, NARROWEST), WIDEST) if one.width > 0 else 0
            found[one.key] = ColumnChoice(one.key, width)
    return tuple(found.values())


def from_json(stored: Sequence[Any]) -> tuple[ColumnChoice, ...]:
    pairs = [cast("list[Any]", one) for one in stored]
    return checked_columns(ColumnChoice(str(key), int(width)) for key, width in pairs)


def to_json(columns: Iterable[ColumnChoice]) -> list[list[Any]]:
    return [[one.key, one.width] for one in columns]
