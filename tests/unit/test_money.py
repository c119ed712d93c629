from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.money import decimals, format_money, to_major, to_minor

CURRENCIES = ("usd", "eur", "jpy", "kwd", "btc", "sek")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.00", "usd", 1000),
        (0.1 + 0.2, "usd", 30),
        (19.99, "eur", 1999),
        ("1500", "jpy", 1500),
        ("0.00000001", "btc", 1),
        ("0.125", "usd", 12),
        ("0.135", "usd", 14),
        ("-5.50", "usd", -550),
    ],
)
def test_major_to_minor(amount: str | float, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from(CURRENCIES))
def test_minor_to_major_and_back(minor: int, currency: str) -> None:
    assert to_minor(to_major(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "cents", "shown"),
    [
        (123450, "usd", True, "$1,234.50"),
        (123450, "usd", False, "$1,234"),
        (-2000, "eur", True, "−€20.00"),
        (150000, "sek", True, "1,500.00 SEK"),
        (1500, "jpy", True, "¥1,500"),
        (0, "usd", True, "$0.00"),
        (-1, "usd", False, "$0"),
    ],
)
def test_shown(minor: int, currency: str, cents: bool, shown: str) -> None:
    assert format_money(minor, currency, cents=cents) == shown


def test_unknown_currency_has_two_places() -> None:
    assert decimals("xyz") == 2
    assert to_major(5, "xyz") == Decimal("0.05")
