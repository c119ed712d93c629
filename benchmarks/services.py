"""The members page, the search and the other screens' reads, in the service and by hand."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import psycopg

from benchmarks import bulk, files, filters
from benchmarks.by_hand import ByHand
from benchmarks.measure import Row, Section, row, timed
from benchmarks.world import LARGEST, MEMBERS, RARE_NAME
from whop_crm.access import CompanyRef, Scope
from whop_crm.db import CompanyDb, company_session, database_url, libpq_url
from whop_crm.models.enums import ShownStatus
from whop_crm.services import activities, analytics, members, tags
from whop_crm.services.members import MemberListQuery, MemberSort

PAGE_P95, SEARCH_P95, RATIO = 40.0, 60.0, 2.0
_SEARCHES = {"common word": "ada", "one letter": "a", "one person": RARE_NAME.split()[0], "nobody": "qqqq"}

Read = Callable[[CompanyDb], Awaitable[object]]


async def measure(rounds: int) -> Section:
    scope = Scope.system(CompanyRef(LARGEST, f"biz_bench{LARGEST:04}", f"Company {LARGEST}"))
    async with await psycopg.AsyncConnection.connect(libpq_url(database_url()), autocommit=True) as connection:
        hand = ByHand(connection, LARGEST)
        rows = [
            *[await _page(scope, hand, sort, where, rounds) for sort in MemberSort for where in ("first", "deepest")],
            *await _filtered(scope, hand, rounds),
            *[await _search(scope, hand, name, word, rounds) for name, word in _SEARCHES.items()],
            *await _others(scope, rounds),
            *await filters.rows(scope, hand, rounds),
            *await bulk.rows(scope, connection),
            *await files.rows(scope, connection),
        ]
    words = (
        f"50,000 members of one company among {MEMBERS:,}, by the app's role under row-level security, from opening "
        "the company session to its commit. *By hand* is the median of the same question in psycopg and plain SQL."
    )
    return Section("services", "Reading", words, rows)


def _in_session(scope: Scope, read: Read) -> Callable[[], Awaitable[object]]:
    async def run() -> object:
        async with company_session(scope) as db:
            return await read(db)

    return run


async def _page(scope: Scope, hand: ByHand, sort: MemberSort, where: str, rounds: int) -> Row:
    page = 1 if where == "first" else await _last_page(scope)
    query = MemberListQuery(page=page, sort=sort, descending=True)
    mine = _in_session(scope, partial(_listed, query))
    times = await timed(mine, rounds, hand.page(sort.value, True, page))
    name = f"Members by {sort.value.replace('_', ' ')}, {where} page"
    return row(name, *times, bar_p95=PAGE_P95, bar_ratio=RATIO)


async def _listed(query: MemberListQuery, db: CompanyDb) -> object:
    return await members.list_members(db, query)


async def _last_page(scope: Scope) -> int:
    async with company_session(scope) as db:
        return (await members.list_members(db, MemberListQuery())).pages


async def _filtered(scope: Scope, hand: ByHand, rounds: int) -> list[Row]:
    tag = LARGEST * 100 + 5
    cases = {
        "Members, one status": (
            MemberListQuery(statuses=(ShownStatus.CANCELED,)),
            "counted AND status IN ('canceled') AND NOT canceling",
        ),
        "Members, one tag": (
            MemberListQuery(tag_id=tag),
            f"counted AND id IN (SELECT member_id FROM member_tags WHERE tag_id = {tag})",
        ),
        "Members, found by a common word": (MemberListQuery(search="ada"), "counted AND search_text LIKE '%ada%'"),
        "Members, found by one name": (
            MemberListQuery(search="xanthippe"),
            "counted AND search_text LIKE '%xanthippe%'",
        ),
    }
    rows: list[Row] = []
    for name, (query, where) in cases.items():
        times = await timed(_in_session(scope, partial(_listed, query)), rounds, hand.page("joined", True, 1, where))
        rows.append(row(name, *times, bar_p95=SEARCH_P95 if query.search else PAGE_P95, bar_ratio=RATIO))
    return rows


async def _search(scope: Scope, hand: ByHand, name: str, word: str, rounds: int) -> Row:
    async def search(db: CompanyDb) -> object:
        return await members.search_members(db, word)

    times = await timed(_in_session(scope, search), rounds, hand.search(word.lower()))
    return row(f"Search, {name}", *times, bar_p95=SEARCH_P95, bar_ratio=RATIO)


async def _others(scope: Scope, rounds: int) -> list[Row]:
    async with company_session(scope) as db:
        [person] = (await members.list_members(db, MemberListQuery(search=RARE_NAME))).rows

    async def profile(db: CompanyDb) -> object:
        return await members.get_member(db, person.whop_id)

    async def timeline(db: CompanyDb) -> object:
        return await activities.timeline(db, person.id)

    reads: dict[str, tuple[Any, float]] = {
        "Status chips": (members.status_counts, PAGE_P95),
        "Tags with their counts": (tags.list_tags, PAGE_P95),
        "Profile": (profile, PAGE_P95),
        "Timeline, 20 items": (timeline, PAGE_P95),
        "Feed": (activities.feed, PAGE_P95),
        "Dashboard, all four numbers": (analytics.dashboard, 4 * SEARCH_P95),
    }
    rows: list[Row] = []
    for name, (read, bar) in reads.items():
        times = await timed(_in_session(scope, read), rounds)
        rows.append(row(name, *times, bar_p95=bar))
    return rows
