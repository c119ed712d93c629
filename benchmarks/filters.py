"""Filters: the list, the count, the cost of each condition and the money, in the service and by hand."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from benchmarks.by_hand import ByHand
from benchmarks.measure import Row, row, timed
from benchmarks.world import LARGEST, OWN_FIELD
from whop_crm import filters
from whop_crm.access import Scope
from whop_crm.db import CompanyDb, company_session
from whop_crm.filters import Filter
from whop_crm.services import members, segments
from whop_crm.services.members import MemberListQuery

PAGE_P95, WINDOW_P95, COUNT_P95, REST_P95, RATIO = 40.0, 120.0, 150.0, 300.0, 2.0
Json = dict[str, Any]
ACTIVE: Json = {"field": "status", "op": "is_any_of", "value": ["active", "canceling"]}
PAID: Json = {"field": "net_revenue", "op": "at_least", "value": 20_000}
SEEN: Json = {"field": "last_active", "op": "not_in_last", "value": {"n": 30, "unit": "days"}}
TAGGED: Json = {"field": "tags", "op": "has_any", "value": [LARGEST * 100 + 1, LARGEST * 100 + 2]}
OFTEN: Json = {"field": "payments", "op": "at_least", "value": 3}
DID: Json = {"activity": "chat", "op": "at_least", "times": 2, "when": {"last": {"n": 30, "unit": "days"}}}
OWN: Json = {"field": f"custom.{OWN_FIELD}", "op": "between", "value": [10, 20]}
THREE: Json = {"all": [ACTIVE, PAID, SEEN]}
NESTED: Json = {"all": [ACTIVE, {"any": [PAID, {"all": [SEEN, {"not": TAGGED}]}]}, {"any": [OFTEN, TAGGED]}]}

_ACTIVE = "(status IN ('active') AND NOT canceling OR canceling)"
_SEEN = "(last_active_at IS NULL OR last_active_at < now() - interval '30 days')"
_TAGGED = f"id IN (SELECT member_id FROM member_tags WHERE tag_id IN ({LARGEST * 100 + 1}, {LARGEST * 100 + 2}))"
_BY_HAND = {
    "3 conditions": f"counted AND {_ACTIVE} AND net_revenue_minor >= 20000 AND {_SEEN}",
    "5 conditions, nested": f"counted AND {_ACTIVE} AND (net_revenue_minor >= 20000 OR ({_SEEN} AND NOT {_TAGGED}))"
    f" AND (payments >= 3 OR {_TAGGED})",
    "behaviour in a window": "counted AND id IN (SELECT member_id FROM member_days WHERE kind = 'chat'"
    " AND day >= (now() AT TIME ZONE 'UTC')::date - 30 GROUP BY 1 HAVING sum(n) >= 2)",
    "a field of the company's own": "counted AND id IN (SELECT member_id FROM custom_values v JOIN custom_fields f"
    f" ON f.id = v.field_id AND f.key = '{OWN_FIELD}' WHERE number_value BETWEEN 10 AND 20)",
}
_ASKED = {"3 conditions": THREE, "5 conditions, nested": NESTED, "behaviour in a window": DID,
          "a field of the company's own": OWN}  # fmt: skip


async def rows(scope: Scope, hand: ByHand, rounds: int) -> list[Row]:
    found = [await _listed(scope, hand, name, rounds) for name in _ASKED]
    timed_alone: dict[str, tuple[Callable[[CompanyDb, Filter], Awaitable[object]], float]] = {
        "Builder, the count": (segments.count, COUNT_P95),
        "Builder, the cost of each of 3 conditions": (segments.losses, REST_P95),
        "Builder, first rows and money": (segments.preview, REST_P95),
    }
    for name, (read, bar) in timed_alone.items():
        given = await _resolved(scope, THREE)
        times = await timed(_in_session(scope, partial(_call, read, given)), rounds)
        found.append(row(name, *times, bar_p95=bar))
    return found


async def _listed(scope: Scope, hand: ByHand, name: str, rounds: int) -> Row:
    query = MemberListQuery(where=await _resolved(scope, _ASKED[name]))
    by_hand = hand.page("joined", True, 1, _BY_HAND[name])
    times = await timed(_in_session(scope, partial(_list, query)), rounds, by_hand)
    bar = WINDOW_P95 if name.startswith("behaviour") else PAGE_P95
    return row(f"Filter, {name}", *times, bar_p95=bar, bar_ratio=RATIO)


async def _resolved(scope: Scope, where: Json) -> Filter:
    async with company_session(scope) as db:
        return filters.resolve(filters.parse({"where": where}), await filters.load(db))


async def _list(query: MemberListQuery, db: CompanyDb) -> object:
    return await members.list_members(db, query)


async def _call(read: Callable[[CompanyDb, Filter], Awaitable[object]], given: Filter, db: CompanyDb) -> object:
    return await read(db, given)


def _in_session(scope: Scope, read: Callable[[CompanyDb], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    async def run() -> object:
        async with company_session(scope) as db:
            return await read(db)

    return run
