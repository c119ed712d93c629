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


def seconds(value: float | None) -> str:
    """`0.3 s`, `12 s`, `4 min`, `2 h 5 min`; a dash for None."""
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.1f} s"
    if value < 100:
        return f"{value:.0f} s"
    minutes = round(value / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60} min"
