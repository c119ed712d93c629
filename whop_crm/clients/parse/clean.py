"""What the wire may carry and the database may not: NULs, lone surrogates, endless text, absurd numbers and dates."""

import math
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol

from whop_crm.money import to_minor

MOST_MONEY = 10**15
"""Minor units: ten trillion dollars, so that no sum of a company's facts leaves a bigint."""
_MOST_WHOLE = 2**31 - 1
_EXCERPT = 280


class WireMoney(Protocol):
    @property
    def amount(self) -> str: ...
    @property
    def currency(self) -> str: ...


def text(value: str | None, most: int = 200) -> str | None:
    """Fit to be stored, at most `most` characters; None where nothing is left."""
    if not value:
        return None
    if not value.isascii():
        value = value.encode("utf-8", "ignore").decode("utf-8")
    return value.replace("\x00", "").strip()[:most] or None


def label(value: str | None, most: int = 200) -> str:
    return text(value, most) or ""


def excerpt(value: str | None) -> str:
    """The first 280 characters, on one line; the last of them an ellipsis where more follows."""
    line = " ".join((text(value, 4 * _EXCERPT) or "").split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def moment(value: str | datetime | None) -> datetime | None:
    """An aware time in UTC; None where there is none, or none of this age."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None or not 1990 <= value.year <= 2200:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment_or(value: str | datetime | None, otherwise: datetime) -> datetime:
    return moment(value) or otherwise


def currency(value: str | None) -> str:
    return label(value, 12).lower() or "usd"


def minor(amount: str | float | None, code: str) -> int:
    """Major units on the wire to minor units; 0 where it is no number."""
    try:
        exact = Decimal(str(amount or 0))
    except InvalidOperation:
        return 0
    if not exact.is_finite() or exact.is_zero():
        return 0
    if exact.adjusted() > 15:
        return MOST_MONEY if exact > 0 else -MOST_MONEY
    return max(-MOST_MONEY, min(MOST_MONEY, to_minor(exact, code)))


def money(value: WireMoney | None) -> int:
    return 0 if value is None else minor(value.amount, currency(value.currency))


def whole(value: float | None) -> int | None:
    if value is None or not math.isfinite(value):
        return None
    return max(-_MOST_WHOLE, min(_MOST_WHOLE, int(value)))


def count(value: float | None) -> int:
    return max(0, whole(value) or 0)


def percent(value: float | None) -> float:
    return 0.0 if value is None or not math.isfinite(value) else max(0.0, min(100.0, value))
