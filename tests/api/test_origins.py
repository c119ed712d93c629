"""What another site may not do in a visitor's browser, and what every answer says to the browser."""

from typing import Any

import httpx
import pytest
from starlette.responses import Response

from tests.support import factories
from tests.support.web import ORIGIN, Refused, Web
from whop_crm.api.app import in_front
from whop_crm.config import settings


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost:3001", "http://localhost:3000.evil.test"]
)
async def test_another_site_cannot_open_the_websocket(web: Web, origin: str) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    with pytest.raises(Refused):
        async with web.tab(f"/dashboard/{company.whop_id}", cookie, origin=origin):
            pass


async def test_a_program_without_an_origin_still_needs_a_session(web: Web) -> None:
    company = await factories.company(title="Iron Forge")
    async with web.tab(f"/dashboard/{company.whop_id}", origin=None) as tab:
        await tab.open()
        assert "Iron Forge" not in "".join(tab.raw)


async def test_only_the_own_origin_may_read_answers(web: Web) -> None:
    async with web.http() as http:
        own = await http.get("/api/health", headers={"origin": ORIGIN})
        other = await http.get("/api/health", headers={"origin": "https://evil.test"})
        asked = await http.options(
            "/auth/logout", headers={"origin": "https://evil.test", "access-control-request-method": "POST"}
        )
    assert own.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in asked.headers


async def test_a_form_of_another_site_changes_nothing(web: Web) -> None:
    async with web.http() as http:
        for headers in (
            {"origin": "https://evil.test"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ):
            answer = await http.post("/auth/logout", headers=headers)
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await http.post("/auth/logout", headers={"origin": ORIGIN})).status_code == 303


@pytest.mark.parametrize("path", ["/api/health", "/auth/login", "/nothing", "/dashboard/biz_x"])
async def test_every_answer_is_safe_for_a_browser(web: Web, path: str) -> None:
    async with web.http() as http:
        headers = (await http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "object-src 'none'" in headers["content-security-policy"]
    assert headers.get("cache-control") == "no-store" or path in {"/nothing", "/dashboard/biz_x"}


async def test_redirects_name_no_scheme(web: Web) -> None:
    async with web.http(headers={"accept": "text/html"}) as http:
        for path in ("/dashboard", "/dashboard/", "/dashboard/biz_x/members/"):
            location = (await http.get(path)).headers["location"]
            assert location.startswith("/")


async def test_what_a_proxy_on_this_machine_forwards_counts(web: Web) -> None:
    async with web.http() as http:
        near = await http.get("/metrics")
        far = await http.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})
    assert near.status_code == 200
    assert far.status_code == 404


@pytest.mark.parametrize(
    ("proxies", "peer", "seen"),
    [
        ("", "127.0.0.1", ("127.0.0.1", "http")),
        ("127.0.0.1", "127.0.0.1", ("203.0.113.7", "https")),
        ("10.0.0.0/8, 127.0.0.1", "10.1.2.3", ("203.0.113.7", "https")),
        ("10.0.0.0/8", "192.0.2.1", ("192.0.2.1", "http")),
    ],
)
async def test_only_a_proxy_that_is_trusted_says_who_asks(
    monkeypatch: pytest.MonkeyPatch, proxies: str, peer: str, seen: tuple[str, str]
) -> None:
    asked: list[tuple[str, str]] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        asked.append((scope["client"][0], scope["scheme"]))
        await Response()(scope, receive, send)

    monkeypatch.setenv("TRUSTED_PROXIES", proxies)
    settings.cache_clear()
    try:
        front = httpx.ASGITransport(in_front(page), client=(peer, 5000))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    async with httpx.AsyncClient(transport=front, base_url=ORIGIN) as http:
        headers = {"x-forwarded-for": "198.51.100.1, 203.0.113.7", "x-forwarded-proto": "https"}
        await http.get("/api/x", headers=headers)
    assert asked == [seen]
