"""Windows of days begin at local midnight, whatever the clocks of the place do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.services.analytics import last_days

ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo",
         "Africa/Cairo", "Australia/Lord_Howe")  # fmt: skip


@pytest.mark.parametrize(
    ("now", "zone", "start"),
    [
        ("2026-11-22T12:00+00:00", "UTC", "2026-10-23T00:00+00:00"),
        ("2026-11-22T12:00+00:00", "America/Los_Angeles", "2026-10-23T07:00+00:00"),
        ("2026-11-22T02:00+00:00", "America/Los_Angeles", "2026-10-22T07:00+00:00"),
        ("2026-11-10T12:00+00:00", "Europe/Berlin", "2026-10-10T22:00+00:00"),
        ("2026-11-22T23:30+00:00", "Asia/Kathmandu", "2026-10-23T18:15+00:00"),
    ],
)
def test_it_begins_at_local_midnight(now: str, zone: str, start: str) -> None:
    period = last_days(30, datetime.fromisoformat(now), ZoneInfo(zone))
    assert period.start == datetime.fromisoformat(start)
    assert period.end == datetime.fromisoformat(now)


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants naive bounds
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    days=st.integers(0, 400),
)
def test_the_period_before_is_as_long_and_touches_it(now: datetime, zone: ZoneInfo, days: int) -> None:
    period = last_days(days, now, zone)
    local = period.start.astimezone(zone)
    assert (now.astimezone(zone).date() - local.date()).days in (days, days - 1)
    assert local.hour <= 1, "midnight, or the first moment after one that the clocks skip"
    assert period.before.end == period.start
    length = period.end.astimezone(UTC) - period.start.astimezone(UTC)
    assert length >= timedelta(0)
    assert period.before.end.astimezone(UTC) - period.before.start.astimezone(UTC) == length
