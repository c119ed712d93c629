"""Every endpoint there is, called without a session, with another's, and with nonsense. New ones are covered, too."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from tests.support import factories
from tests.support.signing_in import WhopSide
from tests.support.web import ORIGIN, Web

OPEN_TO_ALL = {
    ("GET", "/api/health"),
    ("GET", "/api/v1/docs"),
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/auth/login"),
    ("GET", "/auth/callback"),
    ("GET", "/auth/outside"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/logout-everywhere"),
    ("POST", "/api/webhooks/whop"),
}
"""What anybody may call: signing in and out, what machines ask, and what Whop signs."""

BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"content": b""},
    {"content": b"\xff\xfe\0", "headers": {"content-type": "application/json"}},
    {"content": b"[" * 5000, "headers": {"content-type": "application/json"}},
    {"json": {"a": [1, None, {"b": "\0"}]}},
    {"data": {"next": "\0", "state": "x" * 5000}},
)
QUERIES = ("", "?next=%00", "?state=%ff%fe&code=%00&error=%0d%0a", "?next=" + "a" * 9000, "?state[]=1&code=")


def endpoints() -> Iterator[tuple[str, str]]:
    from whop_crm.whop_crm import app

    api = next(one for one in app.api_transformer if isinstance(one, FastAPI))
    for found in iter_route_contexts(api.routes):
        if isinstance(found.original_route, APIRoute):
            yield from ((method, found.path) for method in found.methods)


def test_the_walk_finds_what_is_there() -> None:
    found = set(endpoints())
    assert {("GET", "/api/health"), ("GET", "/metrics"), ("POST", "/auth/logout"), ("GET", "/api/v1/members")} <= found
    assert not {path for _, path in found if not path.startswith(("/api/", "/auth/", "/metrics"))}


async def test_whatever_is_not_open_to_all_demands_a_session(web: Web) -> None:
    company = await factories.company()
    async with web.http(headers={"origin": ORIGIN}) as http:
        for method, path in set(endpoints()) - OPEN_TO_ALL:
            for cookie in ("", "whop_crm=" + "A" * 43):
                answer = await http.request(method, _filled(path, company.whop_id), headers={"cookie": cookie})
                assert answer.status_code == 401, f"{method} {path}"


async def test_whatever_belongs_to_a_company_is_closed_to_others(web: Web) -> None:
    theirs = await factories.company(title="Iron Forge")
    cookie = await factories.sign_in(await factories.company())
    headers = {"origin": ORIGIN, "cookie": f"whop_crm={cookie}", "x-company": theirs.whop_id}
    async with web.http(headers=headers) as http:
        for method, path in set(endpoints()) - OPEN_TO_ALL:
            answer = await http.request(method, _filled(path, theirs.whop_id))
            assert answer.status_code in {401, 403, 404, 405, 422}, f"{method} {path}"
            assert "Iron Forge" not in answer.text


async def test_an_unknown_endpoint_is_a_problem_and_no_page(web: Web) -> None:
    async with web.http() as http:
        answer = await http.get("/api/nothing/here")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such endpoint."


@pytest.mark.slow
async def test_nonsense_is_never_our_fault(web: Web, side: WhopSide) -> None:
    company = await factories.company()
    async with web.http(headers={"origin": ORIGIN}) as http:
        for method, path in endpoints():
            for query in QUERIES:
                for body in BODIES if method != "GET" else BODIES[:1]:
                    answer = await http.request(method, _filled(path, company.whop_id) + query, **body)
                    assert answer.status_code < 500, f"{method} {path}{query[:40]} {answer.text[:200]}"
                    assert "Traceback" not in answer.text


@pytest.mark.slow
async def test_nonsense_cookies_are_never_our_fault(web: Web) -> None:
    company = await factories.company()
    paths = [
        *(path for method, path in endpoints() if method == "GET"),
        "/",
        "/dashboard",
        f"/dashboard/{company.whop_id}",
    ]
    cookies = (
        "whop_crm",
        "whop_crm=",
        "whop_crm=\xff\xfe",
        "=;=;;",
        'whop_crm="',
        "whop_crm=" + "é" * 43,
        "a=b; " * 500,
    )
    async with web.http() as http:
        for path in paths:
            for cookie in cookies:
                headers = {"cookie": cookie.encode("latin-1"), "accept": b"text/html"}
                answer = await http.get(path, headers=headers)
                assert answer.status_code < 500, f"{path} {cookie[:30]}"


def _filled(path: str, company: str) -> str:
    """The address of an endpoint, its parameters filled with a company's id."""
    return "/".join(company if part.startswith("{") else part for part in path.split("/"))
