"""Two companies, each with a key: neither reaches what is the other's, whatever the endpoint."""

from typing import Any

import pytest

from tests.support import factories, rest
from tests.support.web import Web
from whop_crm import filters
from whop_crm.access import CompanyRef, Scope
from whop_crm.db import company_session
from whop_crm.models.action import BulkKind
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import bulk_actions, custom_fields, lists, notes, segments, sync, tags
from whop_crm.services.lists import ListInput
from whop_crm.services.segments import SegmentInput
from whop_crm.services.sync import EventQuery

PARAMETERS = {"member_id", "note_id", "event_id", "segment_id", "action_id"}
"""Every id that an address of the API holds: a new one needs something of each company to be tried with."""


async def furnished(company: CompanyRef) -> dict[str, Any]:
    """One of everything that has an id."""
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db, name=f"Member of {company.whop_id}")
        note = await notes.add_note(db, member.id, f"note of {company.whop_id}")
        tag = await tags.add_tag(db, member.id, f"Tag of {company.whop_id}")
        await tags.create_tag(db, "VIP")
        await custom_fields.create_field(db, "Shirt", CustomFieldType.CHOICE, ["S", "M", "L"])
        await lists.create_list(db, ListInput(f"List of {company.whop_id}"))
        who = filters.parse({"where": {"field": "tags", "op": "has", "value": tag.id}})
        wanted = SegmentInput(name=f"Segment of {company.whop_id}", shared=True, filter=who)
        segment_id = await segments.create_segment(db, wanted)
        action = await bulk_actions.start(db, BulkKind.REMOVE_TAG, tag.id, (member.id,))
    async with company_session(Scope.system(company)) as db:
        data = {"id": f"pay_of_{company.whop_id}"}
        await sync.store_deliveries(db, [factories.envelope(company.whop_id, "payment.succeeded", data)])
        [event] = await sync.list_events_before(db, EventQuery(), None, 1)
    return {
        "member_id": member.whop_id, "note_id": note.id, "event_id": event.id, "segment_id": segment_id,
        "action_id": action.id,
    }  # fmt: skip


def test_every_parameter_is_walked() -> None:
    named = {
        one["name"] for _, _, operation in rest.documented() for one in operation["parameters"] if one["in"] == "path"
    }
    assert named == PARAMETERS


def filled(path: str, ids: dict[str, Any]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


QUERIES = {"search_members": {"q": "Member"}}


async def test_no_endpoint_lets_a_company_reach_another(web: Web) -> None:
    mine, theirs = await factories.company(), await factories.company(title="Iron Forge")
    own, others = await furnished(mine), await furnished(theirs)
    program = await rest.client(web, mine)
    for method, path, operation in rest.documented():
        name = operation["operationId"]
        mixed = [others] if "{" in path else [own]
        if "{note_id}" in path:
            mixed += [{**own, "note_id": others["note_id"]}, {**others, "note_id": own["note_id"]}]
        for ids in mixed:
            answer = await program.http.request(
                method, filled(path, ids), json=rest.body_of(operation), params=QUERIES.get(name)
            )
            assert answer.status_code == (404 if "{" in path else answer.status_code), f"{method} {path}"
            assert answer.status_code < 405, f"{method} {path} {answer.text}"
            assert theirs.whop_id not in answer.text, f"{method} {path}"
            assert "Iron Forge" not in answer.text


@pytest.mark.slow
async def test_what_the_documentation_shows_works_on_what_is_ones_own(web: Web) -> None:
    mine = await factories.company()
    own, program = await furnished(mine), await rest.client(web, mine)
    for method, path, operation in sorted(rest.documented(), key=lambda one: one[0] == "DELETE"):
        name = operation["operationId"]
        answer = await program.http.request(
            method, filled(path, own), json=rest.body_of(operation), params=QUERIES.get(name)
        )
        assert answer.is_success, f"{method} {path} {answer.text}"


@pytest.mark.parametrize("question", ["filter", "tag", "q"])
async def test_a_question_cannot_name_what_is_anothers(web: Web, question: str) -> None:
    mine, theirs = await factories.company(), await factories.company()
    await furnished(theirs)
    program = await rest.client(web, mine)
    tag = f"Tag of {theirs.whop_id}"
    params = {
        "filter": f'{{"where": {{"field": "tags", "op": "has", "value": "{tag}"}}}}',
        "tag": tag,
        "q": f"Member of {theirs.whop_id}",
    }
    answer = await program.get("/members", params={question: params[question]})
    assert answer.status_code == 422 or answer.json()["data"] == []


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in rest.documented()]
    assert len(names) == len(set(names))
