"""Windows of days, as every number and filter understands them: from local midnight N days ago until now."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of time, `[start, end)`, in UTC, where a difference is what has passed."""

    start: datetime
    end: datetime

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one starts."""
        return Period(self.start - (self.end - self.start), self.start)


def last_days(days: int, now: datetime, zone: ZoneInfo) -> Period:
    """From midnight in the zone, `days` days ago, until now."""
    midnight = datetime.combine(now.astimezone(zone).date() - timedelta(days=days), time(), tzinfo=zone)
    return Period(midnight.astimezone(UTC), now.astimezone(UTC))
