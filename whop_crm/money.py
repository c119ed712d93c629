"""Money is an integer of minor units with its currency. Whop's own codes are lowercase ISO 4217 and a few assets."""

from decimal import ROUND_HALF_EVEN, Decimal

_DECIMALS = {
    **dict.fromkeys(("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"), 0),
    **dict.fromkeys(("pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"), 0),
    **dict.fromkeys(("bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"), 3),
    **dict.fromkeys(("btc", "eth", "xau"), 8),
    **dict.fromkeys(("usdt", "whop_usd"), 6),
}  # fmt: skip

_SYMBOLS = {
    "usd": "$",
    "eur": "€",
    "gbp": "£",
    "jpy": "¥",
    "inr": "₹",
    "aud": "A$",
    "cad": "CA$",
    "brl": "R$",
}


def decimals(currency: str) -> int:
    """Digits behind the point in one major unit of the currency (ISO 4217; 2 where unknown)."""
    return _DECIMALS.get(currency, 2)


def to_minor(amount: str | float | Decimal, currency: str) -> int:
    """Major units to minor units, half-even. A float is read by its shortest decimal form, as it was written."""
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return int(exact.scaleb(decimals(currency)).to_integral_value(ROUND_HALF_EVEN))


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-decimals(currency))


def format_money(minor: int, currency: str, *, cents: bool = True) -> str:
    """`$1,234.50`, `−€20.00`, `1,500 SEK`; without cents rounded half-even to whole units."""
    places = decimals(currency) if cents else 0
    major = abs(to_major(minor, currency)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    sign = "−" if minor < 0 and major else ""
    symbol = _SYMBOLS.get(currency)
    number = f"{major:,.{places}f}"
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency.upper()}"


def currency_sign(currency: str) -> str:
    """What stands before an amount: `$`, or the code where there is no sign."""
    return _SYMBOLS.get(currency, currency.upper())
