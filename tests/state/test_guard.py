"""The gate before every event, through real websockets into the whole app."""

import logging

import pytest
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from tests.support import factories
from tests.support.web import HYDRATE, Web
from whop_crm.access import CompanyRef, Role
from whop_crm.db import platform_session
from whop_crm.services import companies
from whop_crm.services.companies import Standing
from whop_crm.state import session, wire
from whop_crm.state.base import PageStatus
from whop_crm.state.guard import REFLEX_EVENTS
from whop_crm.state.members import MembersState
from whop_crm.state.session import SessionState, Visitor


def test_only_these_events_of_reflex_pass_by_name() -> None:
    root = "reflex___state____state"
    on_load = f"{root}.reflex___state____on_load_internal_state"
    assert {
        f"{root}.hydrate",
        f"{root}.hydrate_and_load",
        f"{root}.set_is_hydrated",
        f"{on_load}.on_load_internal",
        f"{on_load}.set_is_hydrated",
        f"{root}.reflex___state____update_vars_internal_state.update_vars_internal",
        f"{root}.reflex___state____frontend_event_exception_state.handle_frontend_exception",
    } == REFLEX_EVENTS
    assert RegistrationContext.get().event_handlers.keys() >= REFLEX_EVENTS


async def test_a_teammate_sees_the_company_in_the_address(web: Web) -> None:
    company = await factories.company(title="Iron Forge")
    cookie = await factories.sign_in(company)
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.WELCOME
        assert tab.var(SessionState, "company_title") == "Iron Forge"
        assert tab.var(SessionState, "can_tag") is True
        assert tab.var(MembersState, "status") == PageStatus.READY


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [(None, Visitor.SIGNED_OUT), ("x" * 43, Visitor.SIGNED_OUT), ("short", Visitor.SIGNED_OUT)],
)
async def test_without_a_session_nothing_is_shown(web: Web, cookie: str | None, shown: Visitor) -> None:
    company = await factories.company(title="Iron Forge")
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == shown
        assert tab.var(MembersState, "status") == PageStatus.LOADING
        assert "Iron Forge" not in "".join(tab.raw)


async def test_a_company_of_others_looks_like_one_that_does_not_exist(web: Web) -> None:
    mine, theirs = await factories.company(), await factories.company(title="Iron Forge")
    cookie = await factories.sign_in(mine)
    seen = []
    for company in (theirs.whop_id, "biz_nobody"):
        async with web.tab(f"/dashboard/{company}/members", cookie) as tab:
            await tab.open()
            assert tab.var(SessionState, "visitor") == Visitor.NO_ACCESS
            assert "Iron Forge" not in "".join(tab.raw)
            seen.append(tab.shown)
    assert _without_address(seen[0]) == _without_address(seen[1])


def _without_address(shown: dict) -> list:
    return [state for state in shown if "router" not in state]


async def test_an_access_that_whop_has_not_confirmed_for_a_day_is_none(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with platform_session() as db:
        await db.execute(text("UPDATE company_access SET checked_at = now() - interval '25 hours'"))
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.NO_ACCESS


async def test_a_session_ends_after_its_days(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with platform_session() as db:
        await db.execute(text("UPDATE sessions SET expires_at = now()"))
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.SIGNED_OUT


async def test_signing_out_empties_every_open_tab_at_once(web: Web) -> None:
    company = await factories.company(title="Iron Forge")
    cookie, other = await factories.sign_in(company), await factories.sign_in(user_id="user_owner")
    path = f"/dashboard/{company.whop_id}/members"
    async with web.tab(path, cookie) as one, web.tab(path, cookie) as two, web.tab(path, other) as stays:
        for tab in (one, two, stays):
            await tab.open()
        async with platform_session() as db:
            await companies.end_session(db, cookie)
        for tab in (one, two):
            await tab.until(lambda tab=tab: tab.var(SessionState, "visitor") == Visitor.SIGNED_OUT)
            assert tab.var(SessionState, "company_title") == ""
            assert tab.var(MembersState, "status") == PageStatus.LOADING
        assert stays.var(SessionState, "visitor") == Visitor.WELCOME


async def test_losing_access_empties_the_tab_and_a_new_role_reaches_it(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        await _stand(company, "admin", "support")
        await tab.until(lambda: tab.var(SessionState, "role") == Role.SUPPORT.label)
        assert tab.var(SessionState, "can_tag") is False
        assert tab.var(MembersState, "status") == PageStatus.READY
        await _stand(company, "customer", None)
        await tab.until(lambda: tab.var(SessionState, "visitor") == Visitor.NO_ACCESS)
        assert tab.var(MembersState, "status") == PageStatus.LOADING


async def _stand(company: CompanyRef, level: str, team_role: str | None) -> None:
    async with platform_session() as db:
        await companies.record_standing(db, "user_owner", company, Standing(level, team_role))


async def test_a_stolen_client_token_brings_nothing(web: Web) -> None:
    company = await factories.company(title="Iron Forge")
    cookie = await factories.sign_in(company)
    path = f"/dashboard/{company.whop_id}/members"
    async with web.tab(path, cookie) as victim:
        await victim.open()
    for stolen in (None, await factories.sign_in(await factories.company(), user_id="user_thief")):
        async with web.tab(path, stolen, token=victim.token) as thief:
            await thief.open()
            await thief.call(SessionState, "check")
            assert "Iron Forge" not in "".join(thief.raw)
            assert thief.var(SessionState, "user_id") in {"", "user_thief"}


async def test_the_tab_of_a_token_in_use_gets_another_token(web: Web) -> None:
    company = await factories.company(title="Iron Forge")
    path = f"/dashboard/{company.whop_id}/members"
    async with web.tab(path, await factories.sign_in(company)) as victim:
        await victim.open()
        async with web.tab(path, None, token=victim.token) as thief:
            await thief.open()
            assert thief.token != victim.token
            assert "Iron Forge" not in "".join(thief.raw)


async def test_moving_to_another_company_starts_with_an_empty_state(web: Web) -> None:
    first, second = await factories.company(title="Iron Forge"), await factories.company(title="Tide Pool")
    cookie = await factories.sign_in(first, second)
    async with web.tab(f"/dashboard/{first.whop_id}/members?q=anna", cookie) as tab:
        await tab.open()
        assert tab.var(MembersState, "search_text") == "anna"
        await tab.go(f"/dashboard/{second.whop_id}")
        assert tab.var(SessionState, "company_title") == "Tide Pool"
        assert tab.var(MembersState, "search_text") == ""


async def test_signing_in_as_somebody_else_in_the_same_tab_starts_with_an_empty_state(web: Web) -> None:
    company = await factories.company()
    path = f"/dashboard/{company.whop_id}/members?q=anna"
    async with web.tab(path, await factories.sign_in(company)) as before:
        await before.open()
    again = await factories.sign_in(company, user_id="user_second", role=Role.VIEWER)
    async with web.tab(f"/dashboard/{company.whop_id}", again, token=before.token) as after:
        await after.open()
        assert after.var(SessionState, "user_id") == "user_second"
        assert after.var(SessionState, "can_note") is False
        assert "anna" not in "".join(after.raw)


async def test_the_browser_cannot_set_vars(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    session = SessionState.get_full_name()
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        await tab.send(f"{session}.setvar", {"var_name": "role", "value": "Owner"})
        await tab.send(f"{session}.set_role", {"value": "Owner"})
        await tab.send(
            "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal",
            {"vars": {f"{session}.role": "Owner", f"{session}._fingerprint": "1:1"}},
        )
        await tab.send(HYDRATE, {"vars": {f"{session}.role": "Owner"}})
        assert tab.var(SessionState, "role") == Role.ADMIN.label


async def test_no_cookie_reaches_a_log_or_the_browser(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    from whop_crm import log

    company = await factories.company()
    cookie = await factories.sign_in(company)
    log.configure()
    logging.getLogger().addHandler(caplog.handler)
    caplog.handler.setFormatter(logging.getLogger().handlers[0].formatter)
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        await tab.send("no.such_event", {"a": "b"})
        await tab.emit("no.such_event", payload="not an object")
        await tab.emit({"deep": "name"})
        await tab.settle()
        raw = "".join(tab.raw)
    assert cookie not in raw
    assert "such_event" in caplog.text
    assert cookie not in caplog.text


async def test_a_malformed_address_does_no_harm(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    company = await factories.company()
    members = f"/dashboard/{company.whop_id}/members"
    cookie = await factories.sign_in(company)
    async with web.tab(members, cookie) as tab:
        for address in ("?q=%00", "?q=%ed%a0%80&page=-1", "?page=9999999999999&tag=x", "/%00", "/mber_%00"):
            await tab.open(members + address)
        for router_data in (
            None,
            "text",
            [],
            {},
            {"pathname": 5},
            {"asPath": []},
            {"query": "x"},
            {"headers": {"cookie": "x"}},
        ):
            await tab.emit(HYDRATE, router_data=router_data)
        await tab.settle()
    async with web.tab(members, cookie, token=tab.token) as again:
        await again.open(members)
        assert again.var(MembersState, "status") == PageStatus.READY
    assert "page_failed" not in caplog.text


@pytest.mark.parametrize(
    "header", ["{name}={value}", 'prefs={{"a":1}}; {name}={value}', "a=b;{name}={value};c", "=;;{name}={value}"]
)
def test_our_cookie_is_found_among_any_others(header: str) -> None:
    name = companies.cookie_name()
    assert session.session_cookie(header.format(name=name, value="abc")) == "abc"
    assert session.session_cookie(f"x{name}=abc; {name}x=abc; {name}=") is None


async def test_a_search_that_comes_late_does_not_lead_back_to_the_list(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    path = f"/dashboard/{company.whop_id}/members"
    async with web.tab(path, cookie) as tab:
        await tab.open()
        await tab.call(MembersState, "search", text="ann")
        assert any("q=ann" in str(event) for event in tab.told)
        tab.told.clear()
        tab.path = f"{path}/mber_somebody"
        await tab.call(MembersState, "search", text="anna")
        assert tab.told == []


async def test_what_is_typed_stays_while_the_list_is_read_before_its_address_came(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    path = f"/dashboard/{company.whop_id}/members"
    async with web.tab(path, cookie) as tab:
        await tab.open()
        field = tab.var(MembersState, "search_key")
        await tab.call(MembersState, "search", text="a")
        await tab.call(MembersState, "search", text="an")
        for tab.path in (path, f"{path}?q=a", f"{path}?q=an"):
            await tab.call(MembersState, "refresh")
            assert tab.var(MembersState, "search_key") == field
        assert tab.var(MembersState, "search_text") == "an"
        tab.path = path
        await tab.call(MembersState, "refresh")
        assert tab.var(MembersState, "search_key") == field + 1, "somebody went back"


async def test_an_open_tab_is_no_use_of_a_session_but_goes_on_being_checked(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with web.tab(f"/dashboard/{company.whop_id}/members", cookie) as tab:
        await tab.open()
        async with platform_session() as db:
            await db.execute(text("UPDATE sessions SET last_seen_at = now() - interval '3 hours'"))
            await db.execute(text("UPDATE company_access SET checked_at = now() - interval '16 minutes'"))
        session.forget_visits()
        for sent in (wire.event_name(SessionState, "check"), wire.event_name(MembersState, "refresh")):
            async with platform_session() as db:
                await db.execute(text("UPDATE sessions SET open_at = NULL"))
            await (await wire.Tabs(web.app).send(tab.token, sent))
            assert await _noted() == (True, True), "open, but not in use"
        async with platform_session() as db:
            assert len(await companies.list_due_checks(db)) == 1
        await tab.call(MembersState, "search", text="ann")
        assert await _noted() == (False, True)


async def _noted() -> tuple[bool, bool]:
    """Whether nobody did anything for hours, and whether a tab is open now."""
    async with platform_session() as db:
        found = await db.execute(
            text(
                "SELECT last_seen_at < now() - interval '2 hours', open_at > now() - interval '1 minute' FROM sessions"
            )
        )
    return tuple(found.one())
