"""What a browser, and a program that is none, meet at the server as it is run."""

import json
import re
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, main, ready
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e

_PRIVATE = re.compile(r"cookie|authorization", re.IGNORECASE)


def _handshake(crm: Crm, **headers: str) -> int:
    """The status with which the server answers a websocket handshake."""
    place = urlsplit(crm.url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=10)
    sent = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    try:
        connection.request("GET", "/_event/?token=abc&EIO=4&transport=websocket", headers=sent)
        return connection.getresponse().status
    finally:
        connection.close()


def test_only_our_own_pages_open_the_websocket(crm: Crm) -> None:
    assert _handshake(crm, Origin=crm.url) == 101
    assert _handshake(crm, Origin="https://evil.test") == 403
    assert _handshake(crm, Origin="null") == 403


def test_pages_are_not_kept_and_their_parts_are_kept_for_ever(crm: Crm) -> None:
    with httpx.Client(base_url=crm.url, trust_env=False) as http:
        page = http.get("/")
        part = http.get(re.findall(r'/assets/[^"\']+\.js', page.text)[0])
    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in part.headers["cache-control"]
    for answer in (page, part):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_redirects_stay_on_the_address_that_people_typed(crm: Crm) -> None:
    with httpx.Client(base_url=crm.url, trust_env=False) as http:
        answer = http.get("/no-access", headers={"x-forwarded-proto": "https", "host": "crm.example"})
    assert answer.headers["location"] == "/no-access/"


def test_no_page_breaks_its_own_content_policy(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            said.append(message.text)

    page.on("console", hear)
    for address in (crm.dashboard(), crm.members(), crm.profile(crm.member())):
        page.goto(address)
        ready(page)
    assert said == []


def test_neither_cookie_nor_token_reaches_the_browsers_state(crm: Crm, team: Team) -> None:
    page = team.browser_of(OWNER).new_page()
    frames: list[str] = []
    page.on("websocket", lambda wire: wire.on("framereceived", lambda frame: frames.append(str(frame))))
    page.goto(crm.members())
    ready(page)
    cookies = page.context.cookies(crm.url)
    received = "".join(frames)
    assert received
    assert all(str(cookie.get("value")) not in received for cookie in cookies)
    kept = page.evaluate("JSON.stringify({...sessionStorage, ...localStorage}) + document.cookie")
    assert all(str(cookie.get("value")) not in kept for cookie in cookies)
    assert not any(_PRIVATE.fullmatch(key) for key in re.findall(r'"([\w-]+)":', json.dumps(frames)))


def test_half_a_request_does_no_harm(crm: Crm, team: Team) -> None:
    place = urlsplit(crm.url)
    for rubbish in (
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/webhooks/whop HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection((place.hostname or "", place.port or 80), 5) as raw:
            raw.sendall(rubbish)
    page = team.open(OWNER, crm.dashboard())
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Dashboard")
