"""The REST API: addresses, paging, repeated requests, conditional requests, errors."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from tests.support import database, factories, rest
from tests.support.rest import Client
from tests.support.web import Web
from whop_crm.access import CompanyRef, Scope
from whop_crm.db import company_session
from whop_crm.models.enums import ActivityKind, MemberStatus
from whop_crm.services import members, notes, sync, tags
from whop_crm.services.members import MemberListQuery, MemberSort

NOW = factories.NOW


@pytest.fixture
async def company(web: Web) -> CompanyRef:
    return await factories.company(title="Iron Forge")


@pytest.fixture
async def program(web: Web, company: CompanyRef) -> Client:
    return await rest.client(web, company)


async def crowd(company: CompanyRef) -> list[str]:
    """Members alike in all that they are sorted by, with something missing here and there."""
    async with company_session(factories.scope(company)) as db:
        made = [
            await factories.member(
                db,
                name=f"Member {n % 4}",
                email=None if n % 3 == 0 else f"m{n % 5}@example.com",
                plan_name="" if n % 2 else f"Plan {n % 3}",
                joined_at=None if n % 5 == 0 else NOW - timedelta(days=n % 4),
                last_active_at=None if n % 4 == 0 else NOW - timedelta(hours=n % 3),
                net_revenue_minor=n % 3,
                mrr_minor=n % 2,
                status=MemberStatus.ACTIVE if n % 2 else MemberStatus.CANCELED,
                canceling=n % 4 == 1,
            )
            for n in range(17)
        ]
    return [one.whop_id for one in made]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.slow
async def test_pages_hold_everybody_once_in_the_order_of_the_screen(
    company: CompanyRef, program: Client, descending: bool
) -> None:
    everybody = await crowd(company)
    for sort in MemberSort:
        params: dict[str, Any] = {"sort": sort.value, "descending": descending}
        whole = await ids_of_screen(company, sort, descending)
        assert sorted(whole) == sorted(everybody)
        assert [one["id"] for one in await program.walk("/members", 7, **params)] == whole, sort
        kept = await program.walk("/members", 5, **params, status="active")
        assert {one["status"] for one in kept} == {"active"}
        active = {one["id"] for one in kept}
        assert [one["id"] for one in kept] == [one for one in whole if one in active], sort


async def ids_of_screen(company: CompanyRef, sort: MemberSort, descending: bool) -> list[str]:
    async with company_session(factories.scope(company)) as db:
        page = await members.list_members(db, MemberListQuery(sort=sort, descending=descending))
    return [row.whop_id for row in page.rows]


async def test_pages_stay_put_while_members_come_and_go(company: CompanyRef, program: Client) -> None:
    before = await crowd(company)
    async with company_session(factories.scope(company)) as db:
        first = (await program.get("/members", params={"first": 6, "sort": "name", "descending": False})).json()
        for name in ("Aaron", "Member 0", "Member 2", "Zoe"):
            await factories.member(db, name=name)
        shown = [one["id"] for one in first["data"]]
        await db.execute(text("DELETE FROM members WHERE whop_id = :id"), {"id": shown[1]})
    params = {"sort": "name", "descending": False, "after": first["page_info"]["end_cursor"]}
    rest_of = (await program.get("/members", params=params)).json()["data"]
    found = shown + [one["id"] for one in rest_of]
    assert len(found) == len(set(found))
    assert set(before) <= set(found)


async def test_filter_search_status_and_tag_narrow_together(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        ines = await factories.member(db, name="Ines Okafor", mrr_minor=4900)
        await factories.member(db, name="Ines Low", mrr_minor=100)
        await factories.member(db, name="Ines Gone", mrr_minor=4900, status=MemberStatus.CANCELED)
        await tags.add_tag(db, ines.id, "VIP")
    where = {"where": {"field": "mrr", "op": "at_least", "value": 4900}}
    body = {"filter": where, "q": "ines", "status": ["active"], "tag": "vip", "include_total": True}
    found = (await program.post("/members/query", json=body)).json()
    assert [one["name"] for one in found["data"]] == ["Ines Okafor"]
    assert found["total"] == 1
    assert found["data"][0]["mrr"] == {"amount_minor": 4900, "currency": "usd"}
    assert found["data"][0]["joined_at"] == "2026-08-24T12:00:00Z"
    assert [tag["name"] for tag in found["data"][0]["tags"]] == ["VIP"]
    asked = {"filter": '{"where": {"field": "mrr", "op": "at_least", "value": 4900}}', "status": ["active", "canceled"]}
    assert len((await program.get("/members", params=asked)).json()["data"]) == 2
    hits = (await program.get("/members/search", params={"q": "okaf"})).json()["data"]
    assert [one["id"] for one in hits] == [ines.whop_id]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"filter": "{"}, "no JSON"),
        ({"filter": "[]"}, "JSON object"),
        ({"filter": '{"where": {"field": "statsu", "op": "is", "value": "active"}}'}, "Did you mean"),
        ({"tag": "VIPP"}, "There is no"),
        ({"after": "x"}, "end_cursor"),
        ({"after": "WyJhIiwxXQ"}, "end_cursor"),
        ({"nonsense": "1"}, "does not make sense"),
        ({"first": "101"}, "does not make sense"),
        ({"q": "\0"}, "NUL"),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_so(program: Client, params: dict[str, str], words: str) -> None:
    answer = await program.get("/members", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


async def test_a_cursor_belongs_to_its_question(company: CompanyRef, program: Client) -> None:
    await crowd(company)
    cursor = (await program.get("/members", params={"first": 3})).json()["page_info"]["end_cursor"]
    answer = await program.get("/members", params={"first": 3, "sort": "name", "after": cursor})
    assert answer.status_code == 422


async def test_tags_are_set_put_on_and_taken_off(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        await tags.add_tag(db, member.id, "Old")
    path = f"/members/{member.whop_id}"

    async def change(**wanted: Any) -> list[str]:
        answer = await program.patch(path, json=wanted)
        assert answer.status_code == 200, answer.text
        return [tag["name"] for tag in answer.json()["tags"]]

    assert await change(add_tags=["VIP", "vip"]) == ["Old", "VIP"]
    assert await change(remove_tags=["old", "not on them"]) == ["VIP"]
    assert await change(tags=["New", "vip"]) == ["VIP", "New"]
    assert await change(tags=[]) == []
    assert (await program.patch(path, json={"add_tags": ["a"], "remove_tags": ["A"]})).status_code == 422
    assert (await program.patch(path, json={"add_tags": [" "]})).status_code == 422
    assert (await program.patch(path, json={"name": "Renamed"})).status_code == 422
    assert {tag["name"]: tag["members"] for tag in (await program.get("/tags")).json()["data"]} == {
        "New": 0, "Old": 0, "VIP": 0,
    }  # fmt: skip


async def test_notes_are_written_read_changed_and_deleted(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member, other = await factories.member(db), await factories.member(db)
        for n in range(5):
            await notes.add_note(db, member.id, f"note {n}")
    path = f"/members/{member.whop_id}/notes"
    assert [one["body"] for one in await program.walk(path, 2)] == [f"note {n}" for n in (4, 3, 2, 1, 0)]
    made = await program.post(path, json={"body": "**new**"})
    place = made.headers["location"].removeprefix("/api/v1")
    assert (await program.get(place)).json() == made.json()
    changed = await program.patch(place, json={"body": "newer"})
    assert (changed.json()["html"], changed.json()["edited_at"][-1]) == ("<p>newer</p>\n", "Z")
    assert (await program.get(place.replace(member.whop_id, other.whop_id))).status_code == 404
    assert (await program.delete(place)).status_code == 204
    assert (await program.delete(place)).status_code == 404
    assert (await program.post(path, json={"body": "  "})).status_code == 422


async def test_the_timeline_is_read_to_its_end(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        for n in range(5):
            at = NOW - timedelta(days=n // 2)
            await factories.activity(db, member, occurred_at=at, title=f"{n}", amount_minor=n, currency="usd")
        await factories.activity(db, member, kind=ActivityKind.JOINED, title="Joined")
    path = f"/members/{member.whop_id}/timeline"
    assert len(await program.walk(path, 2)) == 6
    some = await program.walk(path, 2, group="community")
    assert [one["title"] for one in some] == ["1", "0", "3", "2", "4"]
    assert some[0]["amount"] == {"amount_minor": 1, "currency": "usd"}


async def test_the_same_request_twice_is_done_once(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    path, key = f"/members/{member.whop_id}/notes", {"Idempotency-Key": "note-1"}
    twins = await asyncio.gather(*(program.post(path, json={"body": "once"}, headers=key) for _ in range(4)))
    assert {one.status_code for one in twins} == {201}
    assert len({one.text for one in twins}) == 1
    assert len({one.headers["location"] for one in twins}) == 1
    assert sorted(one.headers.get("idempotency-replayed", "") for one in twins) == ["", "true", "true", "true"]
    alias = await program.http.post(f"/api{path}", json={"body": "once"}, headers=key)
    assert alias.headers["idempotency-replayed"] == "true"
    other = await program.post(path, json={"body": "other"}, headers=key)
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert len((await program.get(path)).json()["data"]) == 1


async def test_an_error_keeps_no_answer_and_a_day_later_all_is_forgotten(
    web: Web, company: CompanyRef, program: Client, database_name: str
) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    path, key = f"/members/{member.whop_id}/notes", {"Idempotency-Key": "note-1"}
    assert (await program.post("/members/mber_none/notes", json={"body": "x"}, headers=key)).status_code == 404
    assert (await program.post(path, json={"body": "x"}, headers=key)).status_code == 201
    with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
        connection.execute("UPDATE api_answers SET created_at = created_at - interval '25 hours'")
    again = await program.post(path, json={"body": "another"}, headers=key)
    assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
    second = await rest.client(web, company)
    assert "idempotency-replayed" not in (await second.post(path, json={"body": "y"}, headers=key)).headers
    for bad in ("", "x" * 256, "with space"):
        assert (await program.post(path, json={"body": "x"}, headers={"Idempotency-Key": bad})).status_code == 422


async def test_what_has_not_changed_is_not_sent_again(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    path = f"/members/{member.whop_id}"
    first = await program.get(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for given in (tag, f'"x", W/{tag}', "*"):
        again = await program.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    async with company_session(factories.scope(company)) as db:
        await tags.add_tag(db, member.id, "VIP")
    changed = await program.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


async def test_webhooks_are_listed_and_worked_off_again(company: CompanyRef, program: Client) -> None:
    async with company_session(Scope.system(company)) as db:
        await sync.store_deliveries(
            db,
            [
                factories.envelope(company.whop_id, "payment.succeeded", {"id": f"pay_{n}", "secret": "s"})
                for n in range(5)
            ],
        )
    found = await program.walk("/webhooks/logs", 2)
    assert [one["object_id"] for one in found] == [f"pay_{n}" for n in (4, 3, 2, 1, 0)]
    one = (await program.get(f"/webhooks/logs/{found[0]['id']}")).json()
    assert one["payload"] == {"id": "pay_4", "secret": "(hidden)"}
    assert len(await program.walk("/webhooks/logs", 2, q="pay_1")) == 1
    replayed = await program.post(f"/webhooks/replay/{found[0]['id']}")
    assert (replayed.status_code, replayed.json()["status"]) == (202, "pending")
    assert (await program.post("/webhooks/replay/999999999")).status_code == 404


async def test_the_sync_is_told_of_and_asked_for(program: Client) -> None:
    assert (await program.get("/sync/status")).json()["run"] is None
    assert (await program.post("/sync/trigger")).status_code == 202
    assert (await program.get("/sync/status")).json()["run"]["status"] == "running"
    assert (await program.post("/sync/trigger")).status_code == 202


async def test_settings_are_changed_one_by_one(program: Client) -> None:
    before = (await program.get("/company/settings")).json()
    changed = (await program.patch("/company/settings", json={"timezone": "Europe/Berlin"})).json()
    assert changed == {**before, "timezone": "Europe/Berlin", "recounting": True}
    wrong = await program.patch("/company/settings", json={"timezone": "Europe/Nowhere"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "timezone")
    weights = {"posts": 0, "comments": 0, "courses": 0, "recency": 0}
    assert (await program.patch("/company/settings", json={"score_weights": weights})).status_code == 422


async def test_every_address_answers_without_the_version_too(web: Web, program: Client) -> None:
    for path in ("/members", "/members/search?q=x", "/webhooks/logs", "/sync/status", "/company/settings", "/tags"):
        assert (await program.http.get(f"/api{path}")).json() == (await program.get(path)).json()
    async with web.http() as http:
        assert (await http.get("/api/v1/health")).json()["status"] == "fit"


async def test_a_method_that_an_address_does_not_take(program: Client) -> None:
    wrong = await program.http.put("/api/v1/members")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert (await program.get("/nothing")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [b'{"body": "\\u0000"}', b'{"body": "\\ud800"}', b'{"body": ', b"[" * 50_000, b'{"body": "' + b"x" * 2**20 + b'"}'],
)
async def test_hostile_bodies_are_the_callers_fault(company: CompanyRef, program: Client, body: bytes) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    headers = {"content-type": "application/json"}
    answer = await program.post(f"/members/{member.whop_id}/notes", content=body, headers=headers)
    assert answer.status_code in {400, 413, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_halves_of_a_pair_that_fit_are_a_character(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    headers = {"content-type": "application/json"}
    body = b'{"body": "\\ud83e\\udd8a and \\\\u0000"}'
    answer = await program.post(f"/members/{member.whop_id}/notes", content=body, headers=headers)
    assert answer.json()["body"] == "🦊 and \\u0000"


async def test_what_fails_half_way_leaves_nothing(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
    path = f"/members/{member.whop_id}"
    assert (await program.patch(path, json={"add_tags": ["Fine", "\u200d " * 30]})).status_code == 422
    assert (await program.get("/tags")).json()["data"] == []
