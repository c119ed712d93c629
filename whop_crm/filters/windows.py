"""Time as filters and numbers understand it: local days are half-open, hours are exact, `now` is given once."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from whop_crm.filters.ast import Span, Unit

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of time, `[start, end)`, in UTC, where a difference is what has passed."""

    start: datetime
    end: datetime

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one starts."""
        return Period(self.start - (self.end - self.start), self.start)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `low` on, up to but not `high`; None: open."""

    low: datetime | None = None
    high: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment at which a filter is asked, and the zone whose days it means."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The instant at which a local day begins."""
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def last(self, span: Span) -> Bounds:
        """From local midnight that many days ago until now, now included; hours exactly."""
        until = self.now + _INSTANT
        if span.unit is Unit.HOURS:
            return Bounds(self.now - timedelta(hours=span.n), until)
        return Bounds(self.midnight(shifted(self.today, span, -1)), until)

    def next(self, span: Span) -> Bounds:
        """From now until the end of the local day that many days ahead; hours exactly."""
        if span.unit is Unit.HOURS:
            return Bounds(self.now, self.now + timedelta(hours=span.n) + _INSTANT)
        return Bounds(self.now, self.midnight(shifted(self.today, span, 1) + timedelta(days=1)))

    def around(self, point: "Point") -> Bounds:
        """What counts as being on it: a local day, or, where it is named in hours, the instant."""
        if isinstance(point, date):
            return Bounds(self.midnight(point), self.midnight(point + timedelta(days=1)))
        if point.span.unit is Unit.HOURS:
            at = self.now + point.sign * timedelta(hours=point.span.n)
            return Bounds(at, at + _INSTANT)
        day = shifted(self.today, point.span, point.sign)
        return Bounds(self.midnight(day), self.midnight(day + timedelta(days=1)))

    def day_of(self, point: "Point") -> date:
        """The calendar day a point lies on."""
        if isinstance(point, date):
            return point
        if point.span.unit is Unit.HOURS:
            return (self.now + point.sign * timedelta(hours=point.span.n)).astimezone(self.zone).date()
        return shifted(self.today, point.span, point.sign)


@dataclass(frozen=True, slots=True)
class Relative:
    """`span` ago (`sign` -1) or ahead (1), told anew each time it is asked."""

    span: Span
    sign: int


Point = date | Relative


def shifted(day: date, span: Span, sign: int) -> date:
    """A day moved by days, weeks or months; the 31st becomes the last of a shorter month."""
    if span.unit is not Unit.MONTHS:
        return day + sign * timedelta(days=span.n * (7 if span.unit is Unit.WEEKS else 1))
    months = day.year * 12 + day.month - 1 + sign * span.n
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_days(days: int, now: datetime, zone: ZoneInfo) -> Period:
    """From midnight in the zone, `days` days ago, until now."""
    bounds = Clock(now, zone).last(Span(n=days))
    assert bounds.low is not None
    return Period(bounds.low, now.astimezone(UTC))
