"""The download of members: what a browser gets, who may have it, and a reader who is slow or goes away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from urllib.parse import quote, urlencode

import pytest

from tests.support import factories
from tests.support.web import ORIGIN, Web
from whop_crm import routes
from whop_crm.access import CompanyRef, Role
from whop_crm.api.spool import spooled
from whop_crm.db import company_session
from whop_crm.models import Segment

HEAD = '\ufeff"Name","Email","Username","Status","Net revenue (USD)","Joined","Tags"\r\n'


@pytest.fixture
async def company(db: None) -> CompanyRef:
    company = await factories.company()
    async with company_session(factories.scope(company)) as session:
        for name in ("Ann", "Bob"):
            await factories.member(session, name=name, email=f"{name}@x.de", username=name, joined_at=None)
    return company


async def get(web: Web, company: CompanyRef, query: str = "", role: Role = Role.ADMIN, **headers: str) -> tuple:
    cookie = await factories.sign_in(company, user_id=f"user_{factories.number()}", role=role)
    async with web.http(headers={"cookie": f"whop_crm={cookie}", **headers}) as http:
        answer = await http.get(routes.export(company.whop_id) + query)
    return answer, answer.content.decode("utf-8")


async def test_the_file(web: Web, company: CompanyRef) -> None:
    answer, text = await get(web, company, "?sort=name&dir=asc")
    day = datetime.now(company.zone).date().isoformat()
    assert text == HEAD + '"Ann","Ann@x.de","Ann",Active,0.00,,\r\n"Bob","Bob@x.de","Bob",Active,0.00,,\r\n'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"members-{day}.csv\"; filename*=UTF-8''members-{day}.csv"
    )


async def test_a_segment_names_the_file(web: Web, company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        segment = Segment(company_id=company.id, name="Zoë’s “VIPs”", owner_name="O", changed_by="O", shared=True,
                          filter={"version": 1, "where": {"all": []}})  # fmt: skip
        db.add(segment)
        await db.flush()
    answer, text = await get(web, company, f"?segment={segment.id}&columns=name&sort=name&dir=desc")
    assert text == '\ufeff"Name"\r\n"Bob"\r\n"Ann"\r\n'
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Zos VIPs-2')
    assert "filename*=UTF-8''Zo%C3%AB%E2%80%99s%20%E2%80%9CVIPs%E2%80%9D-2" in disposition


async def test_the_addresses_of_the_list_mean_the_same_here(web: Web, company: CompanyRef) -> None:
    where = quote(json.dumps({"where": {"field": "name", "op": "is", "value": "bob"}}))
    async with company_session(factories.scope(company)) as db:
        ann = await factories.member(db, name="Cid", username="c")
    for query, names in {
        "?q=ann": ["Ann"], f"?where={where}": ["Bob"], "?status=canceled": [], "?tag=7": [],
        f"?members={ann.whop_id},mber_x": ["Cid"], "?members=": [], "?next=x&state=%00": ["Cid", "Bob", "Ann"],
    }.items():  # fmt: skip
        _answer, text = await get(web, company, f"{query}&columns=name&sort=name&dir=desc")
        assert text.removeprefix("\ufeff").split("\r\n") == ['"Name"', *(f'"{one}"' for one in names), ""], query


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?columns=nme", "no column “nme”"),
        ("?sort=salary", "none of name"),
        ("?dir=up", "asc or desc"),
        ("?status=active,gone", "“gone” is none of"),
        ("?tag=x", "“tag” is a number"),
        ("?where=%7B", "a filter as JSON"),
        ("?where=" + "[" * 5000, "a filter as JSON"),
        ("?where=%5B%5D", "valid dictionary"),
        ('?where={"where":{"field":"nme","op":"is"}}', "Did you mean"),
        ("?members=mber_1,%00", "no member's id"),
    ],
)
async def test_what_makes_no_sense_is_said(web: Web, company: CompanyRef, query: str, says: str) -> None:
    answer, text = await get(web, company, query)
    assert answer.status_code == 422
    assert says in answer.json()["detail"], text


async def test_who_may_not(web: Web, company: CompanyRef) -> None:
    for role in (Role.SUPPORT, Role.VIEWER):
        answer, text = await get(web, company, role=role)
        assert answer.status_code == 403
        assert "Ann" not in text
    for path in ("/api/exports/biz_other/members.csv", "/api/exports/%00/members.csv"):
        cookie = await factories.sign_in(company, user_id=f"user_{factories.number()}")
        async with web.http(headers={"cookie": f"whop_crm={cookie}"}) as http:
            assert (await http.get(path)).status_code == 404
    async with web.http() as http:
        assert (await http.get(routes.export(company.whop_id))).status_code == 401
    answer, _text = await get(web, company, **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    answer, _text = await get(web, company, "?segment=1")
    assert answer.status_code == 404


async def test_a_long_selection_comes_as_a_form(web: Web, company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        cid = await factories.member(db, name="Cid")
    cookie = await factories.sign_in(company)
    picked = ",".join([cid.whop_id, *(f"mber_{n}" for n in range(5_000))])
    async with web.http(headers={"cookie": f"whop_crm={cookie}", "origin": ORIGIN}) as http:
        answer = await http.post(routes.export(company.whop_id), data={"members": picked, "columns": "name"})
        assert answer.text == '\ufeff"Name"\r\n"Cid"\r\n'
        pairs = [("columns", "username"), ("columns", "name")]
        answer = await http.post(f"{routes.export(company.whop_id)}?q=ann&page=%7Bpage%7D", content=urlencode(pairs))
        assert answer.text == '\ufeff"Username","Name"\r\n"Ann","Ann"\r\n'
        answer = await http.post(routes.export(company.whop_id), data={"members": "x" * 600_000})
        assert answer.status_code == 422
        answer = await http.post(routes.export(company.whop_id), content=b"\xff\xfe")
        assert answer.status_code == 422
    async with web.http(headers={"cookie": f"whop_crm={cookie}", "origin": "https://evil.example"}) as http:
        assert (await http.post(routes.export(company.whop_id), data={})).status_code == 403


async def test_a_slow_reader_holds_nothing_up() -> None:
    ended = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        for n in range(100):
            yield bytes([n]) * 10_000
        ended.set()

    async with aclosing(spooled(pieces())) as reading:
        first = await anext(reading)
        await asyncio.wait_for(ended.wait(), 5)
        rest = [piece async for piece in reading]
    assert first + b"".join(rest) == b"".join(bytes([n]) * 10_000 for n in range(100))


async def test_what_goes_wrong_while_reading_breaks_the_file_off() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"head"
        raise ValueError("gone")

    got: list[bytes] = []
    with pytest.raises(ValueError, match="gone"):
        async with aclosing(spooled(pieces())) as reading:
            got += [piece async for piece in reading]
    assert b"".join(got) in (b"", b"head")


async def test_nobody_reads_on_for_who_has_gone() -> None:
    stopped = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"head"
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with aclosing(spooled(pieces())) as reading:
        assert await anext(reading) == b"head"
    assert stopped.is_set()
