"""The compiler against the slow, obvious reading of the same filter, over random trees and random members."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlmodel import col

from tests.support import crowd as crowds
from tests.support import factories, random_filters, slow_filter
from whop_crm import filters
from whop_crm.db import company_session, sqlalchemy_url
from whop_crm.filters import Asked, Clock, Vocabulary
from whop_crm.models import Member
from whop_crm.state.builder.draft import draft_of, filter_of

TREES, MANY = 40, 256
"""Of each of the eight companies: the long run asks more than 2,000."""
MOMENTS = [
    ("UTC", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
    ("America/Los_Angeles", datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),  # the hour that comes twice
    ("America/New_York", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),  # the hour that is left out
    ("Europe/Berlin", datetime(2026, 3, 29, 22, 30, tzinfo=UTC)),  # local day ahead of UTC's
    ("Asia/Kolkata", datetime(2026, 7, 31, 18, 29, 59, 999_999, tzinfo=UTC)),  # an instant before midnight
    ("Pacific/Kiritimati", datetime(2026, 12, 31, 10, 0, tzinfo=UTC)),  # midnight exactly, the year's first
    ("America/St_Johns", datetime(2024, 2, 29, 15, 0, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 24, 0, 30, tzinfo=UTC)),  # the clock changes at midnight
]


@dataclass
class Place:
    crowd: crowds.Crowd
    words: Vocabulary
    connection: sa.Connection

    def found(self, where: filters.Filter) -> set[int]:
        asked = Asked(Clock(self.crowd.now, self.crowd.zone), self.words)
        wanted = sa.select(col(Member.id)).where(filters.EVERYBODY, filters.compile_filter(where, asked))
        return set(self.connection.scalars(wanted))


@pytest.fixture(params=range(len(MOMENTS)), ids=[zone for zone, _ in MOMENTS])
async def place(request: pytest.FixtureRequest, db: None) -> Any:
    zone, now = MOMENTS[request.param]
    company = await factories.company(timezone=zone)
    scope = factories.scope(company)
    async with company_session(scope) as session:
        crowd = await crowds.make(session, request.param, now)
        words = await filters.load(session)
    engine = sa.create_engine(sqlalchemy_url(os.environ["DATABASE_URL"]), connect_args={"options": "-c timezone=UTC"})
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('app.company_id', :id, false)"), {"id": str(company.id)})
        yield Place(crowd, words, connection)
    engine.dispose()


@pytest.mark.slow
def test_the_compiler_agrees_with_the_obvious_reading(place: Place) -> None:
    _compare(place, TREES)


@pytest.mark.long
def test_the_compiler_agrees_on_many_trees(place: Place) -> None:
    _compare(place, MANY)


def _compare(place: Place, trees: int) -> None:
    asked = telling = 0

    @settings(max_examples=trees, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(random_filters.trees(place.crowd, place.words))
    def agrees(tree: dict[str, Any]) -> None:
        nonlocal asked, telling
        resolved = filters.resolve(filters.parse({"version": 1, "where": tree}), place.words)
        plain = resolved.to_json()["where"]
        wanted = {one.id for one in place.crowd.people if slow_filter.meets(plain, one, place.crowd)}
        assert place.found(resolved) == wanted, filters.words(resolved, place.words)
        assert filters.parse(resolved.to_json()) == resolved
        assert filters.resolve(resolved, place.words) == resolved
        assert filters.words(resolved, place.words).endswith(".")
        edited = filter_of(draft_of(resolved, place.words), place.words, whole=True)
        again = filters.resolve(edited, place.words).to_json()["where"]
        assert {one.id for one in place.crowd.people if slow_filter.meets(again, one, place.crowd)} == wanted
        asked += 1
        telling += 0 < len(wanted) < len(place.crowd.people)

    agrees()
    assert asked >= trees
    assert telling > asked / 8, "most trees told nobody from anybody"
