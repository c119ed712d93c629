"""Filters at the edge of what JSON and calendars hold, sent to every endpoint that takes one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import factories, rest
from tests.support.web import Web
from whop_crm import filters
from whop_crm.config import settings
from whop_crm.db import company_session
from whop_crm.filters import BadFilter, Op, Vocabulary

EDGES: tuple[Any, ...] = (
    float("nan"), float("inf"), 1e308, 10**40, -(10**40), 2**63, -(2**63) - 1, True, None, "", "\n", "🦊" * 50, [],
    [[]], {}, {"n": 0}, {"n": 10_000, "unit": "months"}, "0001-01-01", "9999-12-31", ["0001-01-01", "9999-12-31"],
    ["9999-12-31", "0001-01-01"], [-(2**63), 2**63 - 1], [1, None], {"n": 1e9}, {"n": True, "unit": "days"},
)  # fmt: skip
FIELDS = ("mrr", "joined", "status", "name", "tags", "segment", "list", "last_active", "product", "engagement_score")


def wheres() -> Iterator[dict[str, Any]]:
    for field in FIELDS:
        yield from ({"field": field, "op": op, "value": value} for op in Op for value in EDGES)
    for when in ({"between": ["0001-01-01", "9999-12-31"]}, {"last": {"n": 10_000, "unit": "months"}}):
        yield from ({"activity": "post", "times": times, "when": when} for times in (0, 10**6, 10**40))


def may_mean_something(where: dict[str, Any], words: Vocabulary) -> bool:
    """Not so for most, which need not go all the way to be refused."""
    try:
        filters.resolve(filters.parse({"where": where}), words)
    except BadFilter:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
async def test_a_filter_is_understood_or_refused(web: Web, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "1000000")
    settings.cache_clear()
    company = await factories.company(timezone=zone)
    async with company_session(factories.scope(company)) as db:
        await factories.member(db)
        words = await filters.load(db)
    program = await rest.client(web, company)
    asked = [where for where in wheres() if may_mean_something(where, words)]
    assert len(asked) > 40
    for where in [*asked, *({"field": "mrr", "op": "is", "value": value} for value in EDGES)]:
        body = json.dumps({"filter": {"where": where}})
        answer = await program.post("/members/query", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {200, 422}, f"{body} {answer.text[:300]}"
    monkeypatch.undo()
    settings.cache_clear()
