"""Open tabs are kept in step: the hub by itself, then with real pages over real commits."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import factories
from tests.support.web import Web
from whop_crm.db import Notice, Topic, company_session, platform_session
from whop_crm.services import companies
from whop_crm.state import live
from whop_crm.state.base import PageStatus
from whop_crm.state.live import Hub, Watch, hub
from whop_crm.state.member import MemberState
from whop_crm.state.members import MembersState

MEMBERS = frozenset({Topic.MEMBERS})


class Page:
    """Stands for a page's class."""


class FakeWire:
    """Tabs whose events are done when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self.hold: asyncio.Event | None = None
        self.store: list[bool | Exception] = []
        self.hung_up: list[int] = []

    async def send(self, token: str, event_name: str) -> Awaitable[Any]:
        self.sent.append((token, event_name))
        return asyncio.ensure_future(self.hold.wait() if self.hold else asyncio.sleep(0))

    async def hang_up_all(self) -> None:
        """Keeps how many looks at the store were still to come."""
        self.hung_up.append(len(self.store))

    async def store_is_whole(self) -> bool:
        if not self.store:
            raise asyncio.CancelledError
        found = self.store.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def socket_id(self, token: str) -> str | None:
        return None if token in self.gone else f"socket of {token}"


@pytest.fixture
def wired() -> tuple[Hub, FakeWire]:
    one, wire = Hub(), FakeWire()
    one._wire, one._check = wire, "check"
    return one, wire


def opened(one: Hub, token: str, company_id: int = 1, *, session: int = 1, pace: float = 0.0, **watch: Any) -> None:
    one.seen(token, f"socket of {token}", session)
    one.watch(token, Watch(Page, "refresh", company_id, MEMBERS, pace, **watch))


def notice(company_id: int = 1, topic: Topic = Topic.MEMBERS, *members: int) -> Notice:
    return Notice(company_id, frozenset({topic}), frozenset(members) or None)


async def quiet(one: Hub) -> None:
    """Waits until the hub has nothing more to wake."""
    await until(lambda: not one._tasks and not any(group.timer for group in one._groups.values()))


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


async def test_many_notices_make_one_refresh(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a")
    for _ in range(100):
        one.notice(notice())
    assert wire.sent == []
    await quiet(one)
    assert wire.sent == [("a", "refresh")]


async def test_only_tabs_that_show_it_are_woken(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a")
    opened(one, "other company", company_id=2)
    opened(one, "this member", member_id=7)
    opened(one, "another member", member_id=8)
    opened(one, "left")
    one.leave("left")
    one.notice(notice(1, Topic.MEMBERS, 7))
    one.notice(notice(1, Topic.TAGS))
    await quiet(one)
    assert sorted(token for token, _ in wire.sent) == ["a", "this member"]


async def test_a_page_of_aggregates_is_read_at_its_own_pace(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a", pace=0.3)
    one.notice(notice())
    await quiet(one)
    began = monotonic()
    for count in range(2, 4):
        one.notice(notice())
        await quiet(one)
        assert len(wire.sent) == count
    assert monotonic() - began >= 0.55


async def test_what_comes_during_a_refresh_makes_for_one_more(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    wire.hold = asyncio.Event()
    opened(one, "a")
    for _ in range(3):
        one.notice(notice())
        await until(lambda: not any(group.timer for group in one._groups.values()))
    assert len(wire.sent) == 1
    wire.hold.set()
    await quiet(one)
    assert len(wire.sent) == 2


async def test_a_tab_that_is_gone_or_taken_over_is_forgotten(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a")
    opened(one, "b")
    wire.gone.add("a")
    one.find("b").socket_id = "the socket before"
    one.notice(notice())
    await quiet(one)
    assert wire.sent == []
    assert one.open_tabs == 0


async def test_after_a_gap_every_tab_reads_again(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a")
    opened(one, "b", company_id=2)
    one.seen("no page", "socket of no page", 1)
    one.miss("no page", "socket of no page", "load")
    one.wake_all()
    await quiet(one)
    assert sorted(wire.sent) == [("a", "refresh"), ("b", "refresh"), ("no page", "load")]


async def test_an_ended_session_is_looked_at_without_waiting(wired: tuple[Hub, FakeWire]) -> None:
    one, wire = wired
    opened(one, "a", session=1)
    opened(one, "b", session=2)
    one.check_sessions([2, 3])
    await quiet(one)
    assert wire.sent == [("b", "check")]


async def test_tabs_woken_together_share_a_read(wired: tuple[Hub, FakeWire]) -> None:
    one, _ = wired
    reads = 0

    async def read() -> int:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0.01)
        return reads

    for token in "abc":
        opened(one, token)
    one.notice(notice())
    await quiet(one)
    together = await asyncio.gather(*(one.shared(token, "key", read) for token in "abc"))
    assert await one.shared("a", "key", read) == 1
    assert together == [1, 1, 1]
    assert await one.shared("a", "another key", read) == 2


async def test_a_tab_never_gets_a_read_that_began_before_it_subscribed(wired: tuple[Hub, FakeWire]) -> None:
    one, _ = wired
    gate, order = asyncio.Event(), iter(range(10))

    async def read() -> int:
        mine = next(order)
        await gate.wait()
        return mine

    opened(one, "a")
    early = asyncio.ensure_future(one.shared("a", "key", read))
    await until(lambda: one._flights)
    opened(one, "b")
    late = asyncio.ensure_future(one.shared("b", "key", read))
    gate.set()
    assert [await early, await late] == [0, 1]


async def test_a_failed_read_is_not_kept(wired: tuple[Hub, FakeWire]) -> None:
    one, _ = wired
    opened(one, "a")
    answers = iter([RuntimeError("broken"), "well"])

    async def read() -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(RuntimeError):
        await one.shared("a", "key", read)
    assert await one.shared("a", "key", read) == "well"


async def test_one_who_gives_up_does_not_take_the_read_from_others(wired: tuple[Hub, FakeWire]) -> None:
    one, _ = wired
    gate = asyncio.Event()

    async def read() -> str:
        await gate.wait()
        return "well"

    for token in "ab":
        opened(one, token)
    one.find("b").fresh_from = one.find("a").fresh_from
    first = asyncio.ensure_future(one.shared("a", "key", read))
    second = asyncio.ensure_future(one.shared("b", "key", read))
    await until(lambda: one._flights)
    first.cancel()
    gate.set()
    assert await second == "well"


async def test_a_commit_is_on_every_open_tab_of_the_company_and_on_no_other(web: Web) -> None:
    ours, theirs = await factories.company(), await factories.company()
    cookie = await factories.sign_in(ours, theirs)
    colleague = await factories.sign_in(ours, user_id="user_colleague")
    async with (
        web.tab(f"/dashboard/{ours.whop_id}/members", cookie) as first,
        web.tab(f"/dashboard/{ours.whop_id}/members", colleague) as second,
        web.tab(f"/dashboard/{theirs.whop_id}/members", cookie) as foreign,
    ):
        for tab in (first, second, foreign):
            await tab.open()
            assert tab.var(MembersState, "total") == 0
        frames = len(foreign.raw)
        async with company_session(factories.scope(ours)) as db:
            await factories.member(db, name="Anna Forge")
        for tab in (first, second):
            await tab.until(lambda tab=tab: tab.var(MembersState, "total") == 1)
            assert "Anna Forge" in str(tab.var(MembersState, "rows"))
        assert len(foreign.raw) == frames


async def test_a_rolled_back_write_is_never_shown(web: Web) -> None:
    company = await factories.company()
    async with web.tab(f"/dashboard/{company.whop_id}/members", await factories.sign_in(company)) as tab:
        await tab.open()
        frames = len(tab.raw)
        with pytest.raises(ZeroDivisionError):
            async with company_session(factories.scope(company)) as db:
                await factories.member(db)
                raise ZeroDivisionError
        async with company_session(factories.scope(company)) as db:
            await factories.member(db)
        await tab.until(lambda: len(tab.raw) > frames)
        assert tab.var(MembersState, "total") == 1


async def test_after_the_line_to_the_database_broke_the_tab_heals(web: Web, database_name: str) -> None:
    company = await factories.company()
    async with web.tab(f"/dashboard/{company.whop_id}/members", await factories.sign_in(company)) as tab:
        await tab.open()
        _cut_listeners(database_name)
        async with company_session(factories.scope(company)) as db:
            await factories.member(db)
        await tab.until(lambda: tab.var(MembersState, "total") == 1)


def _cut_listeners(database_name: str) -> None:
    """Ends every connection that listens, as a restart of PostgreSQL would."""
    import psycopg

    from tests.support.database import admin_url

    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
            (database_name,),
        )


async def test_leaving_a_page_ends_its_subscription_and_empties_it(web: Web) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    async with web.tab(f"/dashboard/{company.whop_id}/members", await factories.sign_in(company)) as tab:
        await tab.open()
        assert hub.find(tab.token).watch.page is MembersState
        await tab.go(f"/dashboard/{company.whop_id}/members/{member.whop_id}")
        assert hub.find(tab.token).watch.page is MemberState
        assert hub.find(tab.token).watch.member_id == member.id
        assert tab.var(MembersState, "rows") == []
        assert tab.var(MembersState, "status") == PageStatus.LOADING
        await tab.go("/no-access")
        assert hub.find(tab.token).watch is None


async def test_a_refresh_does_not_lengthen_a_session(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with platform_session() as db:
        before = await db.scalar(text("SELECT expires_at FROM sessions"))
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        await tab.call(MembersState, "refresh")
    async with platform_session() as db:
        assert await db.scalar(text("SELECT expires_at FROM sessions")) == before


async def test_a_refresh_after_the_session_ended_shows_nothing_new(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        async with platform_session() as db:
            await companies.end_session(db, cookie)
        async with company_session(factories.scope(company)) as db:
            await factories.member(db, name="Anna Forge")
        await tab.until(lambda: tab.var(MembersState, "status") == PageStatus.LOADING)
        assert "Anna Forge" not in "".join(tab.raw)


async def test_every_tab_dials_again_once_the_store_was_away_or_emptied(
    wired: tuple[Hub, FakeWire], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, wire = wired
    monkeypatch.setattr(live, "STORE_EVERY", 0)
    away = ConnectionError("gone")
    wire.store = [True, True, away, away, True, True, False, True, away, False, True]
    with pytest.raises(asyncio.CancelledError):
        await one.keep_store(wire)
    assert wire.hung_up == [6, 4, 1]
