"""Times as Whop writes them: ISO 8601, UTC, milliseconds, a Z at the end."""

from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)


def iso(moment: datetime) -> str:
    """`2026-01-01T12:00:00.000Z`; takes an aware UTC datetime."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def parse_iso(text: str) -> datetime:
    """The aware UTC datetime of what `iso` wrote; also takes other ISO 8601 forms."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def later(text: str, step: timedelta) -> str:
    """The moment `step` after the one written in `text`."""
    return iso(parse_iso(text) + step)
