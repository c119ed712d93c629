"""How many websockets people open who are not signed in."""

from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from tests.support import factories
from tests.support.web import Refused, Tab, Web
from whop_crm.api import strangers
from whop_crm.errors import NotConfigured
from whop_crm.jobs import access


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "MOST", 3)


async def opened(web: Web, stack: AsyncExitStack, cookie: str | None = None) -> Tab:
    return await stack.enter_async_context(web.tab("/", cookie))


async def test_one_too_many_strangers_is_refused_until_one_leaves(web: Web, few: None) -> None:
    async with AsyncExitStack() as stack:
        tabs = [await opened(web, stack) for _ in range(3)]
        with pytest.raises(Refused):
            await opened(web, stack)
        await tabs[0].close()
        await opened(web, stack)
        with pytest.raises(Refused):
            await opened(web, stack, "x" * 43)


async def test_who_is_signed_in_is_no_stranger(web: Web, few: None) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await opened(web, stack)
        for _ in range(5):
            await opened(web, stack, cookie)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_counts_as_one(host: str, counted: str) -> None:
    assert strangers._address({"type": "websocket", "client": (host, 1)}) == counted


async def test_without_a_key_the_access_job_says_so_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NotConfigured("WHOP_API_KEY is not set.")

    monkeypatch.setattr(access, "whop", missing)
    with capture_logs() as said:
        assert [await access.recheck() for _ in range(3)] == [0, 0, 0]
    assert [(line["event"], line["reason"]) for line in said] == [("access_unchecked", "WHOP_API_KEY is not set.")]
