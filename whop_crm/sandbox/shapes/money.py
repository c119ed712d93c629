"""Money: inside the sandbox it is integer hundredths; on the wire a decimal string or, in old shapes, a float."""

import math
from datetime import UTC, datetime
from functools import lru_cache

from whop_crm.sandbox.kinds import Doc

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_RATES = {"usd": 1.0, "eur": 1.09, "gbp": 1.27}
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£"}


def money(hundredths: int, currency: str = "usd") -> Doc:
    """`{"amount": "49.00", "currency": "usd", "decimals": 2, "display_decimals": 2}`."""
    sign, rest = ("-", -hundredths) if hundredths < 0 else ("", hundredths)
    amount = f"{sign}{rest // 100}.{rest % 100:02d}"
    return {"amount": amount, "currency": currency, "decimals": 2, "display_decimals": 2}


def hundredths(value: Doc | None) -> int:
    """What `money` was made of; 0 for null."""
    if value is None:
        return 0
    return int(value["amount"].replace(".", ""))


def formatted(hundredths_: int, currency: str) -> str:
    """`$49.00`, as people read it."""
    return f"{_SIGNS.get(currency, '')}{hundredths_ / 100:,.2f}"


def usd_rate(currency: str, at: datetime) -> float:
    """US dollars for one unit of the currency: drifts slowly from day to day."""
    return _rate_of_day(currency, (at - _EPOCH).days)


@lru_cache(maxsize=4096)
def _rate_of_day(currency: str, day: int) -> float:
    base = _RATES[currency]
    if currency == "usd":
        return base
    return round(base * (1 + 0.035 * math.sin(day / 97) + 0.008 * math.sin(day / 11)), 4)


def to_usd(hundredths_: int, currency: str, at: datetime) -> int:
    """Hundredths of a dollar at the rate of that day."""
    return hundredths_ if currency == "usd" else round(hundredths_ * usd_rate(currency, at))
