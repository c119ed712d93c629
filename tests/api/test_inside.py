"""The app inside Whop's frame, over HTTP: what a user token opens, and what none does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import text

from tests.support.signing_in import Browser, WhopSide
from tests.support.web import FRAMED, Refused, Web
from whop_crm.config import settings
from whop_crm.db import platform_session
from whop_crm.sandbox.keys import USER_TOKEN_ISSUER, KeyRing, SigningKey
from whop_crm.services import companies
from whop_crm.state.session import SessionState, Visitor

pytestmark = pytest.mark.slow
COOKIE = "__Host-whop_crm_frame"


@dataclass
class Frame:
    """A browser inside Whop: whoever is signed in there, with the cookie that the frame keeps."""

    web: Web
    side: WhopSide
    cookie: str = ""
    answers: list[httpx.Response] = field(default_factory=list)

    def token(self, user_id: str, **claims: object) -> str:
        now = int(time.time())
        app_id = self.side.sandbox.credentials.app_id
        usual = {"iss": USER_TOKEN_ISSUER, "sub": user_id, "aud": app_id, "iat": now, "exp": now + 60}
        return self.side.sandbox.keys.sign({**usual, **claims})

    async def get(self, path: str, token: str | None, **headers: str) -> httpx.Response:
        return await self.send("GET", path, token, **headers)

    async def send(self, method: str, path: str, token: str | None, **headers: str) -> httpx.Response:
        sent = {"accept": "text/html", "sec-fetch-dest": "iframe", **headers}
        word = {} if token is None else {b"x-whop-user-token": token.encode()}
        if self.cookie:
            sent["cookie"] = f"{COOKIE}={self.cookie}"
        async with self.web.http(headers=sent) as http:
            answer = await http.request(method, path, headers=word)
        for line in answer.headers.get_list("set-cookie"):
            if line.startswith(f"{COOKIE}="):
                self.cookie = line.split(";")[0].partition("=")[2]
        self.answers.append(answer)
        return answer

    async def open(self, user_id: str, path: str | None = None) -> httpx.Response:
        return await self.get(path or f"/dashboard/{self.side.companies[0]}", self.token(user_id))


@pytest.fixture
async def frame(web: Web, side: WhopSide, monkeypatch: pytest.MonkeyPatch) -> Frame:
    monkeypatch.setenv("WHOP_APP_ORIGIN", FRAMED)
    settings.cache_clear()
    return Frame(web, side)


async def _sessions() -> list[tuple[str, bool]]:
    async with platform_session() as db:
        found = await db.execute(text("SELECT user_id, framed FROM sessions WHERE ended_at IS NULL ORDER BY id"))
        return [(user_id, framed) for user_id, framed in found]


def said(answer: httpx.Response) -> str:
    return answer.text.partition("<h1>")[2].partition("</h1>")[0]


async def test_whops_word_opens_the_company(frame: Frame) -> None:
    owner, company = frame.side.person("owner"), frame.side.companies[0]
    answer = await frame.open(owner)
    assert answer.status_code == 404  # the page itself: no front end is mounted here
    assert await _sessions() == [(owner, True)]
    (cookie,) = (line for line in answer.headers.get_list("set-cookie") if line.startswith(COOKIE))
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= set(cookie.split("; "))
    async with frame.web.tab(f"/dashboard/{company}", frame.cookie, framed=FRAMED) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.WELCOME
        assert tab.var(SessionState, "user_id") == owner
        assert tab.var(SessionState, "framed") is True


async def test_the_first_opening_in_a_frame_asks_for_a_sync(frame: Frame) -> None:
    await frame.open(frame.side.person("owner"))
    async with platform_session() as db:
        assert await db.scalar(text("SELECT count(*) FROM inboxes WHERE sync_due_at IS NOT NULL")) == 1


async def test_opening_again_goes_on_with_the_same_session(frame: Frame) -> None:
    owner = frame.side.person("owner")
    await frame.open(owner)
    first, asked = frame.cookie, len(frame.side.wire.requests)
    async with platform_session() as db:
        await db.execute(text("UPDATE sessions SET expires_at = now() + interval '1 hour'"))
    answer = await frame.open(owner, f"/dashboard/{frame.side.companies[0]}/members?q=a")
    assert "set-cookie" not in answer.headers
    assert (frame.cookie, await _sessions()) == (first, [(owner, True)])
    assert len(frame.side.wire.requests) == asked, "Whop was asked again"
    async with platform_session() as db:
        assert await db.scalar(text("SELECT expires_at > now() + interval '23 hours' FROM sessions"))


async def test_an_experience_leads_to_its_company_and_is_remembered(frame: Frame) -> None:
    owner, company = frame.side.person("owner"), frame.side.companies[0]
    experience = frame.side.sandbox.store.select("forum", limit=1, account_id=company)[0]["experience"]["id"]
    for _ in range(2):
        answer = await frame.open(owner, f"/experiences/{experience}/some/where")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/dashboard/{company}")
    assert frame.side.wire.seen(f"/experiences/{experience}") == 1
    gone = await frame.open(owner, "/experiences/exp_0000000000000")
    assert (gone.status_code, said(gone)) == (404, "There is no such app here")


async def test_who_only_buys_sees_a_calm_page_and_gets_no_session(frame: Frame) -> None:
    for person in (frame.side.customer(), frame.side.person("stranger")):
        answer = await frame.open(person)
        assert (answer.status_code, said(answer)) == (403, "This is for the company&#x27;s team")
    assert await _sessions() == []


async def test_another_person_in_the_same_browser_takes_the_place_of_the_first(frame: Frame) -> None:
    owner, support, company = frame.side.person("owner"), frame.side.person("support"), frame.side.companies[0]
    await frame.open(owner)
    async with frame.web.tab(f"/dashboard/{company}", frame.cookie, framed=FRAMED) as tab:
        await tab.open()
        await frame.open(support)
        await tab.until(lambda: tab.var(SessionState, "visitor") == Visitor.SIGNED_OUT)
    assert await _sessions() == [(support, True)]
    answer = await frame.open(frame.side.customer())
    assert answer.status_code == 403
    assert (await _sessions(), frame.cookie) == ([], "")


async def test_inside_and_outside_do_not_disturb_each_other(frame: Frame, browser: Browser) -> None:
    owner, support = frame.side.person("owner"), frame.side.person("support")
    await browser.sign_in(owner)
    await frame.open(support)
    assert await _sessions() == [(owner, False), (support, True)]
    both = {"cookie": f"whop_crm={browser.cookie}; {COOKIE}={frame.cookie}", "accept": "text/html"}
    outside = await browser.http.get("/", headers=both)
    assert outside.headers["location"] == "/dashboard"
    out = await frame.send("POST", "/auth/logout", frame.token(support), origin=FRAMED)
    assert (out.status_code, said(out)) == (200, "You are signed out")
    assert "whop_crm=" not in "".join(line for line in out.headers.get_list("set-cookie") if COOKIE not in line)
    assert await _sessions() == [(owner, False)]


async def test_a_cookie_without_whops_word_opens_no_page(frame: Frame) -> None:
    await frame.open(frame.side.person("owner"))
    answer = await frame.get(f"/dashboard/{frame.side.companies[0]}", None)
    assert (answer.status_code, said(answer)) == (401, "Whop did not say who you are")


@pytest.mark.parametrize(
    ("claims", "title"),
    [
        ({"exp": int(time.time()) - 120}, "This page was open for too long"),
        ({"aud": "app_of_somebody_else"}, "Whop&#x27;s word on who you are cannot be trusted"),
        ({"iss": "https://evil.test"}, "Whop&#x27;s word on who you are cannot be trusted"),
        ({"sub": "biz_1"}, "Whop&#x27;s word on who you are cannot be trusted"),
        ({"sub": 7}, "Whop&#x27;s word on who you are cannot be trusted"),
        ({"exp": None}, "Whop&#x27;s word on who you are cannot be trusted"),
        ({"exp": "soon"}, "Whop&#x27;s word on who you are cannot be trusted"),
    ],
)
async def test_a_word_that_is_not_whops_for_us_opens_nothing(frame: Frame, claims: dict, title: str) -> None:
    token = frame.token(frame.side.person("owner"), **claims)
    answer = await frame.get(f"/dashboard/{frame.side.companies[0]}", token)
    assert (answer.status_code, said(answer)) == (401, title)
    assert "set-cookie" not in answer.headers
    assert await _sessions() == []


def _hmac(frame: Frame) -> str:
    """Signed with the public key as if it were a shared secret."""
    key = frame.side.sandbox.keys.jwks()["keys"][0]
    claims = jwt.decode(frame.token(frame.side.person("owner")), options={"verify_signature": False})
    return jwt.encode(claims, (key["x"] + key["y"]) * 2, algorithm="HS256", headers={"kid": key["kid"]})


def _rsa(frame: Frame) -> str:
    claims = jwt.decode(frame.token(frame.side.person("owner")), options={"verify_signature": False})
    private = rsa.generate_private_key(65537, 2048)
    return jwt.encode(claims, private, algorithm="RS256", headers={"kid": frame.side.sandbox.keys.kid})


def _forged(frame: Frame) -> str:
    claims = jwt.decode(frame.token(frame.side.person("owner")), options={"verify_signature": False})
    made = SigningKey.make()
    return SigningKey(frame.side.sandbox.keys.kid, made.private).sign(claims)


def _unsigned(frame: Frame) -> str:
    claims = jwt.decode(frame.token(frame.side.person("owner")), options={"verify_signature": False})
    return jwt.encode(claims, None, algorithm="none", headers={"kid": frame.side.sandbox.keys.kid})


@pytest.mark.parametrize(
    "make", [_hmac, _rsa, _forged, _unsigned, lambda _: "x.y.z", lambda _: "é", lambda _: "a" * 9000]
)
async def test_a_forged_word_opens_nothing(frame: Frame, make: Callable[[Frame], str]) -> None:
    answer = await frame.get(f"/dashboard/{frame.side.companies[0]}", make(frame))
    assert answer.status_code == 401
    assert await _sessions() == []


async def test_a_new_key_of_whops_is_found_and_made_up_ones_do_not_trouble_whop(frame: Frame, tmp_path: Path) -> None:
    owner = frame.side.person("owner")
    await frame.open(owner)
    frame.side.sandbox.keys.rotate()
    assert (await frame.open(owner)).status_code == 404
    assert frame.side.wire.seen("/jwks.json") == 2
    others = KeyRing(tmp_path)
    for _ in range(20):
        others.rotate()
        token = others.user_token(owner, frame.side.sandbox.credentials.app_id)
        assert (await frame.get("/dashboard", token)).status_code == 401
    assert frame.side.wire.seen("/jwks.json") == 2


async def test_keys_are_looked_for_once_a_minute(frame: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = frame.side.person("owner")
    await frame.open(owner)
    for _ in range(2):
        frame.side.sandbox.keys.rotate()
        answer = await frame.open(owner)
    assert answer.status_code == 401
    monkeypatch.setattr("whop_crm.clients.user_token._COOLDOWN", 0.0)
    assert (await frame.open(owner)).status_code == 404


@pytest.mark.parametrize("path", ["/jwks.json", "/access/", "/users/"])
async def test_a_whop_that_is_away_is_named(frame: Frame, path: str) -> None:
    frame.side.wire.fault = lambda request: httpx.ConnectError("down") if path in request.url.path else None
    answer = await frame.open(frame.side.person("owner"))
    assert (answer.status_code, said(answer)) == (503, "Whop cannot be reached")
    assert await _sessions() == []


async def test_who_is_known_comes_in_while_whop_is_away(frame: Frame) -> None:
    owner = frame.side.person("owner")
    await frame.open(owner)
    frame.side.wire.fault = lambda request: httpx.ConnectError("down")
    assert (await frame.open(owner)).status_code == 404


async def test_whops_word_goes_no_further_than_the_door(frame: Frame) -> None:
    owner, company = frame.side.person("owner"), frame.side.companies[0]
    await frame.open(owner)
    token = frame.token(owner)
    async with frame.web.tab(f"/dashboard/{company}", frame.cookie, framed=FRAMED, user_token=token) as tab:
        await tab.open()
        assert tab.var(SessionState, "visitor") == Visitor.WELCOME
        assert "whop-user-token" not in "".join(tab.raw)
        assert token not in "".join(tab.raw)
        assert frame.cookie not in "".join(tab.raw)


async def test_only_whops_origin_for_this_app_opens_the_websocket(frame: Frame) -> None:
    await frame.open(frame.side.person("owner"))
    for origin in ("https://app2.apps.whop.com", "https://whop.com", "http://app1.apps.whop.com"):
        with pytest.raises(Refused):
            async with frame.web.tab("/", frame.cookie, framed=origin):
                pass


async def test_only_what_whop_asked_for_may_be_framed_by_whop(frame: Frame) -> None:
    inside = await frame.open(frame.side.person("owner"))
    async with frame.web.http(headers={"accept": "text/html"}) as http:
        outside = await http.get("/no-access")
    assert "frame-ancestors 'self' https://whop.com https://*.whop.com" in inside.headers["content-security-policy"]
    assert f"wss://{FRAMED.removeprefix('https://')}" in inside.headers["content-security-policy"]
    assert outside.headers["content-security-policy"].endswith("frame-ancestors 'self'")


async def test_nobody_is_sent_to_a_sign_in_inside_the_frame(frame: Frame) -> None:
    owner, company = frame.side.person("owner"), frame.side.companies[0]
    await frame.open(owner)
    for path in ("/auth/login", "/", "/?reason=signed_out", "/no-access/"):
        assert (await frame.open(owner, path)).headers["location"] == "/dashboard"
    assert (await frame.open(owner, "/dashboard")).headers["location"] == f"/dashboard/{company}"
    wanted = f"/auth/login?next=/dashboard/{company}/members"
    assert (await frame.open(owner, wanted)).headers["location"] == f"/dashboard/{company}/members"
    nobody = await frame.open(frame.side.customer(), "/dashboard")
    assert (nobody.status_code, said(nobody)) == (404, "No company to open")


async def test_a_new_tab_leads_outside(frame: Frame) -> None:
    for wanted, place in (
        ("/dashboard/biz_x/members?q=a", "/dashboard/biz_x/members?q=a"),
        ("//evil.test", "/dashboard"),
    ):
        async with frame.web.http() as http:
            answer = await http.get("/auth/outside", params={"next": wanted})
        assert answer.headers["location"] == f"http://localhost:3000{place}"


async def test_access_that_whop_takes_is_gone_at_the_next_opening(frame: Frame) -> None:
    support = frame.side.person("support")
    await frame.open(support)
    with frame.side.sandbox.store.transaction() as connection:
        connection.execute("DELETE FROM team_member WHERE user_id = ?", (support,))
    async with platform_session() as db:
        await db.execute(text("UPDATE company_access SET checked_at = now() - interval '2 days'"))
    answer = await frame.open(support)
    assert answer.status_code == 403
    assert companies.frame_cookie_name() == COOKIE
