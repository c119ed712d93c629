"""Numbers and times as people read them."""

from datetime import datetime


def iso(at: datetime | None) -> str:
    """ISO 8601 with an offset; empty for None."""
    return at.isoformat(timespec="seconds") if at else ""


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 payment`, `1,204 payments`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(fraction: float) -> str:
    """`+4.2 %`, `−0.5 %`, `+120 %`; the sign is always there."""
    value = fraction * 100
    places = 0 if abs(value) >= 100 else 1
    sign = "−" if round(value, places) < 0 else "+"
    return f"{sign}{abs(value):,.{places}f} %"


def sentence(word: str | None) -> str:
    """`too_expensive` → `Too expensive`."""
    return (word or "").replace("_", " ").strip().capitalize()
