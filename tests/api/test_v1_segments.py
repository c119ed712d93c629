"""Segments, bulk actions and custom fields by REST."""

import json
from typing import Any

import pytest

from tests.support import factories, rest
from tests.support.rest import Client
from tests.support.web import Web
from whop_crm import filters
from whop_crm.access import CompanyRef, KeyScope, Role
from whop_crm.db import company_session
from whop_crm.jobs import bulk as clock
from whop_crm.models.enums import CustomFieldType, MemberStatus
from whop_crm.services import custom_fields, lists, segments
from whop_crm.services.lists import ListInput
from whop_crm.services.segments import SegmentInput

ACTIVE = {"where": {"field": "status", "op": "is", "value": "active"}}


@pytest.fixture
async def company(web: Web) -> CompanyRef:
    return await factories.company()


@pytest.fixture
async def program(web: Web, company: CompanyRef) -> Client:
    return await rest.client(web, company, KeyScope.WRITE)


NAMES = ("Ada", "Bianca", "Cleo", "Dora", "Emil")


async def five(company: CompanyRef) -> list[str]:
    """Three active members and two who left."""
    async with company_session(factories.scope(company)) as db:
        made = [
            await factories.member(
                db, name=NAMES[n], status=MemberStatus.ACTIVE if n < 3 else MemberStatus.CANCELED, mrr_minor=100
            )
            for n in range(5)
        ]
    return [one.whop_id for one in made]


async def test_a_segment_is_made_read_changed_and_deleted(company: CompanyRef, program: Client) -> None:
    everybody = await five(company)
    made = await program.post("/segments", json={"name": " Active  now ", "filter": ACTIVE})
    assert made.status_code == 201, made.text
    one, place = made.json(), made.headers["location"].removeprefix("/api/v1")
    assert (one["name"], one["members"], one["shared"], one["owner"]) == ("Active now", 3, True, "Reporting")
    assert one["mrr"] == {"amount_minor": 300, "currency": "usd"}
    assert [row["id"] for row in (await program.get("/segments")).json()["data"]] == [one["id"]]
    inside = await program.walk(f"{place}/members", 2)
    assert {row["id"] for row in inside} == set(everybody[:3])
    assert len(await program.walk(f"{place}/members", 2, q="bianca")) == 1
    left = {"where": {"field": "status", "op": "is", "value": "canceled"}}
    changed = (await program.patch(place, json={"filter": left, "color": "red"})).json()
    assert (changed["name"], changed["members"], changed["color"]) == ("Active now", 2, "red")
    assert (await program.delete(place)).status_code == 204
    assert (await program.get(place)).status_code == 404


async def test_a_segment_that_cannot_be_is_told_why(company: CompanyRef, program: Client) -> None:
    for body, field in (
        ({"name": "x", "filter": {}}, "filter"),
        ({"name": " ", "filter": ACTIVE}, "name"),
        ({"name": "x", "filter": {"where": {"field": "nothing", "op": "is", "value": 1}}}, "where.field"),
    ):
        answer = await program.post("/segments", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


async def test_a_private_segment_is_there_for_its_owner_alone(company: CompanyRef, program: Client) -> None:
    async with company_session(factories.scope(company)) as db:
        hidden = await segments.create_segment(db, SegmentInput(name="Mine", filter=filters.parse(ACTIVE)))
    assert (await program.get(f"/segments/{hidden}")).status_code == 404
    assert (await program.get(f"/segments/{hidden}/members")).status_code == 404
    named = {"where": {"field": "segment", "op": "is_any_of", "value": [hidden]}}
    assert (await program.post("/members/query", json={"filter": named})).status_code == 422
    own = (await program.post("/segments", json={"name": "Own", "shared": False, "filter": ACTIVE})).json()
    async with company_session(factories.scope(company)) as db:
        assert [row.name for row in await segments.list_segments(db)] == ["Mine"]
    assert (await program.get(f"/segments/{own['id']}")).status_code == 200


async def test_a_filter_is_previewed_and_templates_are_offered(company: CompanyRef, program: Client) -> None:
    await five(company)
    found = (await program.post("/segments/preview", json={"filter": ACTIVE})).json()
    assert (found["members"], found["mrr"]["amount_minor"], len(found["first"])) == (3, 300, 3)
    assert "active" in found["words"].lower()
    templates = {one["key"]: one for one in (await program.get("/segments/templates")).json()["data"]}
    assert templates["active"]["members"] == 3
    one = templates["active"]
    wish = {"name": one["name"], "filter": one["filter"], "template": one["key"]}
    assert (await program.post("/segments", json=wish)).status_code == 201
    assert "active" not in {one["key"] for one in (await program.get("/segments/templates")).json()["data"]}


async def test_few_are_tagged_at_once_and_it_is_undone(company: CompanyRef, program: Client) -> None:
    everybody = await five(company)
    wish = {"action": "add_tag", "tag": "VIP", "query": {"filter": ACTIVE}}
    key = {"Idempotency-Key": "tag-1"}
    begun = await program.post("/members/bulk-actions", json=wish, headers=key)
    assert (begun.status_code, begun.json()["status"], begun.json()["changed"]) == (202, "done", 3)
    again = await program.post("/members/bulk-actions", json=wish, headers=key)
    assert again.json() == begun.json()
    assert len(await program.walk("/members", 10, tag="vip")) == 3
    place = begun.headers["location"].removeprefix("/api/v1")
    assert (await program.post(f"{place}/undo")).json()["undone"] == 3
    assert (await program.post(f"{place}/undo")).status_code == 409
    assert await program.walk("/members", 10, tag="vip") == []
    some = {"action": "add_tag", "tag": "VIP", "member_ids": [everybody[4], everybody[0], everybody[0]]}
    assert (await program.post("/members/bulk-actions", json=some)).json()["changed"] == 2


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"action": "add_tag", "tag": "VIP"}, 422),
        ({"action": "add_tag", "tag": "VIP", "query": {}, "member_ids": ["mber_1"]}, 422),
        ({"action": "add_tag", "tag": "VIP", "member_ids": ["mber_unknown"]}, 404),
        ({"action": "add_tag", "query": {}}, 422),
        ({"action": "remove_tag", "tag": "No such tag", "query": {}}, 404),
        ({"action": "add_to_list", "query": {}}, 422),
        ({"action": "add_to_list", "list_id": 999_999_999, "query": {}}, 404),
        ({"action": "add_tag", "tag": "VIP", "query": {"q": "nobody at all"}}, 422),
    ],
)
async def test_a_bulk_action_that_makes_no_sense(
    company: CompanyRef, program: Client, wish: dict[str, Any], status: int
) -> None:
    await five(company)
    answer = await program.post("/members/bulk-actions", json=wish)
    assert answer.status_code == status, answer.text
    assert (await program.get("/members/bulk-actions")).json()["data"] == []
    assert (await program.get("/tags")).json()["data"] == []


async def test_many_are_done_by_the_clock_and_can_be_stopped(
    company: CompanyRef, program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await five(company)
    monkeypatch.setattr("whop_crm.services.bulk_actions.actions.AT_ONCE", 2)
    async with company_session(factories.scope(company)) as db:
        number = await lists.create_list(db, ListInput("Webinar"))
    wish = {"action": "add_to_list", "list_id": number, "query": {}}
    begun = (await program.post("/members/bulk-actions", json=wish)).json()
    assert (begun["status"], begun["fraction"]) == ("running", 0.0)
    stopped = (await program.post(f"/members/bulk-actions/{begun['id']}/cancel")).json()
    assert stopped["status"] == "canceled"
    again = (await program.post("/members/bulk-actions", json=wish)).json()
    await clock.work()
    done = (await program.get(f"/members/bulk-actions/{again['id']}")).json()
    assert (done["status"], done["changed"]) == ("done", 5)
    [row] = (await program.get("/lists")).json()["data"]
    assert (row["name"], row["members"]) == ("Webinar", 5)


async def test_custom_fields_are_filled_in_and_emptied(web: Web, company: CompanyRef, program: Client) -> None:
    [member, *_] = await five(company)
    async with company_session(factories.scope(company)) as db:
        shirt = await custom_fields.create_field(db, "Shirt", CustomFieldType.CHOICE, ["S", "M"])
        born = await custom_fields.create_field(db, "Born", CustomFieldType.DATE)
        size = await custom_fields.create_field(db, "Size", CustomFieldType.NUMBER)
        paid = await custom_fields.create_field(db, "Paid", CustomFieldType.YES_NO)
    values = {shirt.key: "m", born.key: "2001-02-03", size.key: 4.5, paid.key: False}
    changed = await program.patch(f"/members/{member}", json={"custom_fields": values})
    assert changed.json()["custom_fields"] == {**values, shirt.key: "M"}
    where = {"where": {"field": f"custom.{shirt.key}", "op": "is", "value": "M"}}
    [found] = (await program.post("/members/query", json={"filter": where})).json()["data"]
    assert (found["id"], found["custom_fields"][size.key]) == (member, 4.5)
    emptied = await program.patch(f"/members/{member}", json={"custom_fields": {shirt.key: None}})
    assert shirt.key not in emptied.json()["custom_fields"]
    for wrong in ({shirt.key: "XL"}, {size.key: "many"}, {"unknown": 1}):
        assert (await program.patch(f"/members/{member}", json={"custom_fields": wrong})).status_code == 422
    assert [one["choices"] for one in (await program.get("/custom-fields")).json()["data"]] == [["S", "M"], [], [], []]
    cookie = await factories.sign_in(company, user_id="user_sam", role=Role.SUPPORT)
    async with web.http(headers={"cookie": f"whop_crm={cookie}", "x-company": company.whop_id}) as http:
        path = f"/api/v1/members/{member}"
        assert (await http.patch(path, json={"custom_fields": {shirt.key: "S"}})).status_code == 200
        assert (await http.patch(path, json={"add_tags": ["VIP"]})).status_code == 403


async def test_members_are_exported_as_a_file(web: Web, company: CompanyRef, program: Client) -> None:
    await five(company)
    assert (await program.get("/members/export")).status_code == 403
    exporter = await rest.client(web, company, KeyScope.EXPORT)
    keys = [one["key"] for one in (await exporter.get("/members/export/columns")).json()["data"]]
    assert {"name", "email"} <= set(keys)
    params = {"filter": json.dumps(ACTIVE), "columns": ["name"], "sort": "name", "descending": "false"}
    answer = await exporter.get("/members/export", params=params)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "members" in answer.headers["content-disposition"]
    assert answer.text.removeprefix("\ufeff").splitlines() == ['"Name"', '"Ada"', '"Bianca"', '"Cleo"']
    segment = (await program.post("/segments", json={"name": "Active", "filter": ACTIVE})).json()
    answer = await exporter.post(f"/segments/{segment['id']}/export", json={"columns": ["name"]})
    assert len(answer.text.splitlines()) == 4
    assert (await exporter.post(f"/segments/{segment['id']}/export", json={"columns": ["x"]})).status_code == 422
    assert (await exporter.post("/segments/999999999/export", json={})).status_code == 404
    assert (await exporter.post("/segments", json={"name": "x", "filter": ACTIVE})).status_code == 403
