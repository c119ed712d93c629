"""API keys at the door: who gets in, as whom, and how often."""

import asyncio
import hashlib
from secrets import token_hex

import psycopg
import pytest
from redis import Redis, RedisError

from tests.support import database, factories, rest
from tests.support.web import ORIGIN, Web
from whop_crm.access import CompanyRef, KeyScope, Role
from whop_crm.api.v1 import callers, rates
from whop_crm.config import settings
from whop_crm.db import company_session
from whop_crm.services import api_keys


@pytest.fixture
async def company(web: Web) -> CompanyRef:
    return await factories.company(title="Iron Forge")


async def test_a_key_is_kept_as_a_hash_alone(web: Web, company: CompanyRef, database_name: str) -> None:
    secret = await factories.api_key(company)
    assert secret.startswith("wcrm_")
    assert len(secret) == 48
    with psycopg.connect(database.admin_of(database_name)) as connection:
        [kept] = connection.execute("SELECT key_hash, name, scopes FROM api_key_lookups").fetchall()
        [row] = connection.execute("SELECT prefix FROM api_keys").fetchall()
    assert kept == (hashlib.sha256(secret.encode()).hexdigest(), "Reporting", "read write export")
    assert row == (secret[:11],)


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", "Bearer wcrm_" + "A" * 43, "Basic d2NybTp4", "Bearer \xff", "wcrm_" + "A" * 43],
)
async def test_nobody_without_a_key_gets_in(web: Web, company: CompanyRef, given: str | None) -> None:
    await factories.api_key(company)
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    async with web.http(headers=headers) as http:
        answer = await http.get("/api/v1/members")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "API key" in answer.json()["detail"]


async def test_a_revoked_key_opens_nothing_from_then_on(web: Web, company: CompanyRef) -> None:
    program = await rest.client(web, company)
    assert (await program.get("/members")).status_code == 200
    async with company_session(factories.scope(company)) as db:
        [key] = await api_keys.list_keys(db)
        assert key.last_used_at is not None
        revoked = await api_keys.revoke_key(db, key.id)
        assert await api_keys.revoke_key(db, key.id) == revoked
    assert (await program.get("/members")).status_code == 401


async def test_a_key_does_what_its_scopes_say(web: Web, company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    reader = await rest.client(web, company, KeyScope.READ)
    assert (await reader.get(f"/members/{member.whop_id}")).status_code == 200
    for method, path, body in (
        ("PATCH", f"/members/{member.whop_id}", {"add_tags": ["VIP"]}),
        ("POST", f"/members/{member.whop_id}/notes", {"body": "x"}),
        ("POST", "/sync/trigger", None),
        ("PATCH", "/company/settings", {}),
    ):
        answer = await reader.ask(method, path, json=body)
        assert answer.status_code == 403, path
        assert "scope “write”" in answer.json()["detail"]


async def test_what_a_key_writes_bears_its_name(web: Web, company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    writer = await rest.client(web, company, KeyScope.WRITE)
    made = await writer.post(f"/members/{member.whop_id}/notes", json={"body": "Called **back**"})
    assert made.status_code == 201
    assert (made.json()["author"], made.json()["editable"]) == ("Reporting", True)
    [told] = (await writer.get(f"/members/{member.whop_id}/timeline")).json()["data"]
    assert (told["kind"], told["actor"], told["note_id"]) == ("noted", "Reporting", made.json()["id"])


async def test_the_limit_holds_and_says_when_to_come_back(
    web: Web, company: CompanyRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "3")
    settings.cache_clear()
    program, other = await rest.client(web, company), await rest.client(web, company)
    try:
        answers = await asyncio.gather(*(program.get("/tags") for _ in range(5)))
        told = sorted((one.status_code, one.headers["ratelimit-remaining"]) for one in answers)
        over = next(one for one in answers if one.status_code == 429)
        assert (await other.get("/tags")).status_code == 200
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert told == [(200, "0"), (200, "1"), (200, "2"), (429, "0"), (429, "0")]
    assert over.headers["ratelimit-limit"] == "3"
    assert over.headers["ratelimit-policy"] == "3;w=60"
    assert 0 < int(over.headers["retry-after"]) == int(over.headers["ratelimit-reset"]) <= 60


async def test_the_next_minute_begins_anew(web: Web, company: CompanyRef, database_name: str) -> None:
    program = await rest.client(web, company)
    for _ in range(2):
        await program.get("/tags")
    with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
        connection.execute("UPDATE api_rates SET began_at = began_at - interval '61 s', requests = 100")
    assert (await program.get("/tags")).headers["ratelimit-remaining"] == "99"


_REDIS = "redis://127.0.0.1:6379/15"


def _redis_answers() -> bool:
    try:
        with Redis.from_url(_REDIS) as redis:
            return bool(redis.ping())
    except RedisError:
        return False


async def test_redis_counts_where_there_is_one_and_postgresql_where_it_is_away(
    web: Web, company: CompanyRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = hashlib.sha256(f"{company.whop_id} {token_hex(8)}".encode()).hexdigest()
    try:
        monkeypatch.setenv("REDIS_URL", _REDIS)
        settings.cache_clear()
        counted = [(await rates.count(secret)).requests for _ in range(2)]
        await rates.close()
        monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
        settings.cache_clear()
        alone = await rates.count(secret)
        await rates.close()
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert counted == [1, 2]
    assert alone.requests == (1 if _redis_answers() else 3), "what Redis has counted, PostgreSQL has not"
    assert 0 < alone.resets_in <= 60


async def test_a_session_needs_the_companys_name_and_our_own_page(web: Web, company: CompanyRef) -> None:
    theirs = await factories.company()
    cookie = await factories.sign_in(company, role=Role.SUPPORT)
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    notes = f"/api/v1/members/{member.whop_id}/notes"
    async with web.http(headers={"cookie": f"whop_crm={cookie}"}) as http:

        async def write(**headers: str) -> int:
            return (await http.post(notes, json={"body": "x"}, headers=headers)).status_code

        named = {callers.COMPANY_HEADER: company.whop_id}
        assert (await http.get("/api/v1/members")).status_code == 422
        assert (await http.get("/api/v1/members", headers=named)).status_code == 200
        assert (await http.get("/api/v1/members", headers={callers.COMPANY_HEADER: theirs.whop_id})).status_code == 403
        assert await write() == 422, "a form of another site cannot send the header"
        assert await write(origin="https://evil.test") == 403
        assert await write(origin="https://evil.test", **named) == 403
        assert await write(**{"sec-fetch-site": "cross-site"}, **named) == 403
        assert await write(origin=ORIGIN) == 422
        assert await write(origin=ORIGIN, **named) == 201
        assert await write(**named) == 201
        refused = await http.patch("/api/v1/company/settings", json={}, headers=named)
    assert refused.status_code == 403
    assert "Support" in refused.json()["detail"]


async def test_a_key_stands_before_a_cookie(web: Web, company: CompanyRef) -> None:
    cookie = await factories.sign_in(company)
    headers = {"cookie": f"whop_crm={cookie}", "x-company": company.whop_id, "authorization": "Bearer wcrm_x"}
    async with web.http(headers=headers) as http:
        assert (await http.get("/api/v1/members")).status_code == 401
