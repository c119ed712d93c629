"""What we use of Reflex's inside. When one of these fails after an update of Reflex, look at state/wire.py."""

import asyncio

import pytest
from reflex_base.config import get_config

from tests.support import factories
from tests.support.web import Web
from whop_crm.services.companies import cookie_name
from whop_crm.state import live, wire
from whop_crm.state.members import MembersState
from whop_crm.state.session import SessionState


async def test_a_connection_is_known_by_its_tab_and_carries_its_cookie(web: Web) -> None:
    async with web.tab("/", "c" * 43) as tab:
        await tab.open()
        found = wire.connection(web.app, tab.token)
        assert found is not None
        assert found.cookie == f"{cookie_name()}={'c' * 43}"
        assert wire.Tabs(web.app).socket_id(tab.token) == found.socket_id
    await tab.until(lambda: wire.connection(web.app, tab.token) is None)


async def test_nobody_else_is_connected(web: Web) -> None:
    assert wire.connection(web.app, "unknown") is None


def test_a_handler_is_found_by_the_name_a_browser_uses() -> None:
    name = wire.event_name(MembersState, "load")
    assert wire.handler(name).fn.__qualname__.endswith("load")
    assert wire.handler("no.such_event") is None


async def test_an_event_of_the_server_passes_through_the_gate(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with web.tab(f"/dashboard/{company.whop_id}", cookie) as tab:
        await tab.open()
        await (await wire.Tabs(web.app).send(tab.token, wire.event_name(SessionState, "check")))
        await (await wire.Tabs(web.app).send(tab.token, f"{SessionState.get_full_name()}.setvar"))
        assert tab.var(SessionState, "company") == company.whop_id


async def test_the_state_of_an_open_tab_is_not_forgotten(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page where nothing happens for longer than Reflex keeps a state: the sign of life comes before that."""
    assert get_config().redis_token_expiration > 2 * live.KEPT_EVERY
    company = await factories.company()
    cookie = await factories.sign_in(company)
    monkeypatch.setattr(live, "KEPT_EVERY", 0.01)
    async with web.tab(f"/dashboard/{company.whop_id}", cookie) as tab:
        await tab.open()
        until = web.app.state_manager._token_expires_at
        (key,) = [key for key in until if tab.token in key]
        before = until[key][0]
        keeping = asyncio.create_task(live.hub.keep_tabs())
        await tab.until(lambda: until[key][0] > before)
        keeping.cancel()
        await asyncio.wait([keeping])
