"""Signing in with the sandbox's Whop and out again, over HTTP."""

import httpx
import pytest
from sqlalchemy import text

from tests.support.signing_in import Browser, WhopSide
from tests.support.web import ORIGIN, Web
from whop_crm.access import Role
from whop_crm.db import platform_session
from whop_crm.jobs.access import recheck_access
from whop_crm.state.session import SessionState, Visitor


async def _rows(statement: str) -> list[tuple]:
    async with platform_session() as db:
        return [tuple(row) for row in await db.execute(text(statement))]


async def test_an_owner_arrives_at_their_company(browser: Browser, side: WhopSide) -> None:
    company = side.companies[0]
    assert await browser.sign_in(side.person("owner")) == f"/dashboard/{company}"
    access = await _rows("SELECT whop_id, role FROM company_access JOIN companies ON companies.id = company_id")
    assert (company, "admin") in access
    async with browser.web.tab(f"/dashboard/{company}", browser.cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.WELCOME
        assert tab.var(SessionState, "role") == Role.ADMIN.label
        assert tab.var(SessionState, "user_id") == side.person("owner")


async def test_the_first_opening_asks_for_a_sync(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("owner"))
    first = await _rows("SELECT count(*) FROM inboxes WHERE sync_due_at IS NOT NULL")
    assert first[0][0] >= 1


@pytest.mark.parametrize(("role", "label"), [("support", "Support"), ("moderator", "Support"), ("manager", "Admin")])
async def test_the_role_at_whop_decides(browser: Browser, side: WhopSide, role: str, label: str) -> None:
    await browser.sign_in(side.person(role))
    async with browser.web.tab(f"/dashboard/{side.companies[0]}", browser.cookie) as tab:
        await tab.open()
        assert tab.var(SessionState, "role") == label


async def test_customers_and_strangers_get_a_clear_page(browser: Browser, side: WhopSide) -> None:
    for person in (side.customer(), side.person("stranger")):
        assert await browser.sign_in(person) == "/no-access"
        assert await browser.sign_in(person, f"/dashboard/{side.companies[0]}") == "/no-access"
    assert await _rows("SELECT * FROM company_access WHERE role IS NOT NULL") == []


async def test_a_shared_link_leads_through_the_sign_in(browser: Browser, side: WhopSide) -> None:
    wanted = f"/dashboard/{side.companies[0]}/members?q=anna&page=2"
    answer = await browser.http.get(wanted)
    assert answer.status_code == 303
    back = await browser.choose(
        (await browser.http.get(answer.headers["location"])).headers["location"], side.person("owner")
    )
    assert (await browser.http.get(back)).headers["location"] == wanted
    assert (await browser.http.get(wanted)).status_code == 404  # no front end is mounted here


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "/auth/logout",
        "/a\nb",
        "/" + "x" * 3000,
    ],
)
async def test_a_sign_in_ends_nowhere_else(browser: Browser, side: WhopSide, elsewhere: str) -> None:
    assert await browser.sign_in(side.person("owner"), elsewhere) == f"/dashboard/{side.companies[0]}"


async def test_the_cookie_is_closed_to_scripts_and_only_its_hash_is_kept(browser: Browser, side: WhopSide) -> None:
    answer = await browser.http.get(await browser.choose(await browser.leave(), side.person("owner")))
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("whop_crm="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert f"Max-Age={30 * 86400}" in cookie
    ((id_hash, tokens),) = await _rows("SELECT id_hash, tokens FROM sessions")
    assert browser.cookie
    assert browser.cookie not in id_hash
    assert b"access" not in tokens


async def test_over_https_the_cookie_belongs_to_this_host_alone(
    browser: Browser, side: WhopSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whop_crm.config import settings

    monkeypatch.setenv("APP_URL", "https://crm.example")
    settings.cache_clear()
    async with browser.web.http(base_url="https://crm.example") as http:
        answer = await http.get("/auth/login")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-whop_crm_signin_")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"]


async def test_a_forged_or_repeated_return_is_refused(browser: Browser, side: WhopSide) -> None:
    back = await browser.choose(await browser.leave(), side.person("owner"))
    url = httpx.URL(back)
    forged = url.copy_set_param("state", "x" * 32)
    assert (await browser.http.get(str(forged))).headers["location"] == "/?reason=expired"
    other = url.copy_set_param("code", "nonsense")
    assert (await browser.http.get(str(other))).headers["location"] == "/?reason=refused"
    assert (await browser.http.get(back)).headers["location"] == "/?reason=expired"
    assert browser.cookie is None


async def test_another_browser_cannot_finish_a_sign_in(browser: Browser, side: WhopSide) -> None:
    back = await browser.choose(await browser.leave(), side.person("owner"))
    async with browser.web.http() as other:
        assert (await other.get(back)).headers["location"] == "/?reason=expired"


async def test_a_new_key_of_whops_is_taken_up_at_once(browser: Browser, side: WhopSide) -> None:
    home = f"/dashboard/{side.companies[0]}"
    assert await browser.sign_in(side.person("owner")) == home
    side.sandbox.keys.rotate()
    assert await browser.sign_in(side.person("owner")) == home


async def test_an_id_token_for_another_sign_in_is_refused(browser: Browser, side: WhopSide) -> None:
    at_whop = httpx.URL(await browser.leave())
    back = await browser.choose(str(at_whop.copy_set_param("nonce", "of-another-sign-in")), side.person("owner"))
    assert (await browser.http.get(back)).headers["location"] == "/?reason=refused"


async def test_saying_no_at_whop_leads_back_with_a_word(browser: Browser, side: WhopSide) -> None:
    back = await browser.choose(await browser.leave(), "")
    assert (await browser.http.get(back)).headers["location"] == "/?reason=denied"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/userinfo", "/accounts", "/.well-known/jwks.json"])
@pytest.mark.slow
async def test_a_whop_that_does_not_answer_is_named(browser: Browser, side: WhopSide, path: str) -> None:
    back = await browser.choose(await browser.leave(), side.person("owner"))
    side.wire.fault = lambda request: httpx.ConnectError("down") if request.url.path.endswith(path) else None
    assert (await browser.http.get(back)).headers["location"] == "/?reason=whop_unavailable"
    assert browser.cookie is None


async def test_signing_out_ends_the_session_here_and_at_whop(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("owner"))
    cookie = browser.cookie
    async with browser.web.tab(f"/dashboard/{side.companies[0]}", cookie) as tab:
        await tab.open()
        answer = await browser.http.post("/auth/logout")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?reason=signed_out")
        await tab.until(lambda: tab.var(SessionState, "visitor") == Visitor.SIGNED_OUT)
    assert browser.cookie is None
    assert side.wire.seen("/oauth/revoke") == 1
    assert await _rows("SELECT tokens FROM sessions WHERE ended_at IS NOT NULL") == [(None,)]
    again = await browser.http.get(f"/dashboard/{side.companies[0]}", headers={"cookie": f"whop_crm={cookie}"})
    assert again.headers["location"].startswith("/auth/login?next=")


async def test_signing_out_works_when_whop_does_not(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("owner"))
    side.wire.fault = lambda request: httpx.ConnectError("down")
    assert (await browser.http.post("/auth/logout")).status_code == 303
    assert await _rows("SELECT 1 FROM sessions WHERE ended_at IS NULL") == []


async def test_signing_out_everywhere_ends_other_browsers(browser: Browser, side: WhopSide, web: Web) -> None:
    await browser.sign_in(side.person("owner"))
    phone = Browser(web, side)
    async with phone.http:
        await phone.sign_in(side.person("owner"))
        assert len(await _rows("SELECT 1 FROM sessions WHERE ended_at IS NULL")) == 2
        await phone.http.post("/auth/logout-everywhere")
    assert await _rows("SELECT 1 FROM sessions WHERE ended_at IS NULL") == []


async def test_another_site_cannot_sign_anybody_out(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("owner"))
    for headers in ({"origin": "https://evil.test"}, {"origin": "null"}):
        assert (await browser.http.post("/auth/logout", headers=headers)).status_code == 403
    assert (await browser.http.get("/auth/logout")).status_code in {404, 405}
    assert len(await _rows("SELECT 1 FROM sessions WHERE ended_at IS NULL")) == 1


async def test_signing_in_again_ends_the_session_before(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("owner"))
    await browser.sign_in(side.person("support"))
    assert await _rows("SELECT user_id FROM sessions WHERE ended_at IS NULL") == [(side.person("support"),)]


async def test_lost_access_is_found_out_and_ends_what_is_open(browser: Browser, side: WhopSide) -> None:
    from whop_crm.api.auth import whop

    await browser.sign_in(side.person("support"))
    company = side.companies[0]
    async with browser.web.tab(f"/dashboard/{company}", browser.cookie) as tab:
        await tab.open()
        assert await recheck_access(whop()) == 0
        async with platform_session() as db:
            await db.execute(text("UPDATE company_access SET checked_at = now() - interval '16 minutes'"))
        _dismiss(side, side.person("support"))
        assert await recheck_access(whop()) == 1
        await tab.until(lambda: tab.var(SessionState, "visitor") == Visitor.NO_ACCESS)


async def test_opening_a_page_asks_whop_when_its_word_is_old(browser: Browser, side: WhopSide) -> None:
    await browser.sign_in(side.person("support"))
    async with platform_session() as db:
        await db.execute(text("UPDATE company_access SET checked_at = now() - interval '3 days'"))
    asked = side.wire.seen(side.companies[0])
    await browser.http.get(f"/dashboard/{side.companies[0]}")
    assert side.wire.seen(side.companies[0]) == asked + 1
    await browser.http.get(f"/dashboard/{side.companies[0]}")
    assert side.wire.seen(side.companies[0]) == asked + 1
    _dismiss(side, side.person("support"))
    async with platform_session() as db:
        await db.execute(text("UPDATE company_access SET checked_at = now() - interval '3 days'"))
    await browser.http.get(f"/dashboard/{side.companies[0]}")
    assert await _rows("SELECT role FROM company_access") == [(None,)]


def _dismiss(side: WhopSide, user_id: str) -> None:
    """Takes somebody off the team at Whop."""
    with side.sandbox.store.transaction() as connection:
        connection.execute("DELETE FROM team_member WHERE user_id = ?", (user_id,))


async def test_people_go_where_they_can(browser: Browser, side: WhopSide) -> None:
    assert (await browser.http.get("/dashboard")).headers["location"] == "/auth/login?next=/dashboard"
    await browser.sign_in(side.person("owner"))
    assert (await browser.http.get("/")).headers["location"] == "/dashboard"
    assert (await browser.http.get("/dashboard/")).headers["location"] == f"/dashboard/{side.companies[0]}"
    assert (await browser.http.get("/?reason=denied")).status_code == 404  # the page itself, which is not mounted here


async def test_the_other_names_of_this_machine_lead_to_the_one_in_app_url(browser: Browser) -> None:
    answer = await browser.http.get("http://127.0.0.1:3000/dashboard/biz_x?a=b")
    assert answer.headers["location"] == f"{ORIGIN}/dashboard/biz_x?a=b"
    evil = await browser.http.get("http://evil.test/dashboard/biz_x")
    assert evil.headers["location"].startswith("/auth/login")
