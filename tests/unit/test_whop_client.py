"""Our client: the official calls against the sandbox, and what it makes of Whop's errors."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from time import monotonic

import httpx
import pytest

from tests.support.sandbox import QUIET
from tests.support.whop import World, open_world
from whop_crm.clients.calls import Caller, translate
from whop_crm.clients.facts import UNSAID, ChatFact, MemberFact, MembershipFact, PaymentFact, PostFact, RefundFact
from whop_crm.clients.readers import NESTED
from whop_crm.clients.scopes import ACTIONS
from whop_crm.clients.whop import WhopClient
from whop_crm.config import Settings
from whop_crm.errors import CrmError, NotConfigured, NotFound, SignInNeeded, WhopError, WhopForbidden, WhopUnavailable
from whop_crm.models.enums import SyncResource


@pytest.fixture(scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("whop")) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_faults(request) -> None:
    if "world" in request.fixturenames:
        world = request.getfixturevalue("world")
        world.wire.fault = lambda request: None
        world.wire.requests.clear()


async def everything(world: World, resource: SyncResource) -> list:
    parents = [None]
    if resource in NESTED:
        parents = list((await world.whop.parents(resource, world.company)).items)
    facts: list = []
    for parent in parents:
        cursor = None
        while True:
            page = await world.whop.page(resource, world.company, cursor, parent)
            facts += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    return facts


KINDS = {
    SyncResource.MEMBERS: "member",
    SyncResource.MEMBERSHIPS: "membership",
    SyncResource.PAYMENTS: "payment",
    SyncResource.REFUNDS: "refund",
    SyncResource.DISPUTES: "dispute",
    SyncResource.PRODUCTS: "product",
    SyncResource.PLANS: "plan",
}


@pytest.mark.parametrize("resource", KINDS)
async def test_reads_every_object_once(world, resource) -> None:
    facts = await everything(world, resource)

    assert len({fact.id for fact in facts}) == len(facts)
    assert len(facts) == world.sandbox.store.count(KINDS[resource], account_id=world.company)


@pytest.mark.parametrize("resource", SyncResource)
async def test_reads_every_resource(world, resource) -> None:
    facts = await everything(world, resource)

    assert facts or resource is SyncResource.PAUSED


async def test_lists_newest_first(world) -> None:
    for resource in (SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAYMENTS):
        created = [fact.created_at for fact in await everything(world, resource)]
        assert created == sorted(created, reverse=True)


async def test_comments_come_with_their_posts(world) -> None:
    posts = [fact for fact in await everything(world, SyncResource.FORUMS) if isinstance(fact, PostFact)]

    ids = {post.id for post in posts}
    comments = [post for post in posts if post.parent_id]
    assert comments
    assert all(comment.parent_id in ids for comment in comments)
    assert len(ids) == len(posts)


async def test_retrieves_the_same_facts_as_the_lists(world) -> None:
    membership = (await everything(world, SyncResource.MEMBERSHIPS))[0]
    payment = (await everything(world, SyncResource.PAYMENTS))[0]
    member = (await everything(world, SyncResource.MEMBERS))[0]

    assert await world.whop.retrieve_membership(membership.id) == membership
    assert await world.whop.retrieve_payment(payment.id) == payment
    again = await world.whop.retrieve_member(member.id)
    assert again == replace(member, version=again.version)


async def test_retrieves_each_kind(world) -> None:
    for resource, retrieve in {
        SyncResource.REFUNDS: world.whop.retrieve_refund,
        SyncResource.DISPUTES: world.whop.retrieve_dispute,
        SyncResource.INVOICES: world.whop.retrieve_invoice,
        SyncResource.PRODUCTS: world.whop.retrieve_product,
        SyncResource.PLANS: world.whop.retrieve_plan,
    }.items():
        fact = (await everything(world, resource))[0]
        assert (await retrieve(fact.id)).id == fact.id


async def test_knows_the_company_and_its_permissions(world) -> None:
    account = await world.whop.account(world.company)
    assert account.id == world.company
    assert account.title

    permissions = await world.whop.permissions(world.company)
    assert permissions.granted == ACTIONS
    some = await world.whop.permissions(world.company, ("member:basic:read", "stats:read"))
    assert some.missing == ("stats:read",)


async def test_knows_what_somebody_is_at_a_company(world) -> None:
    team = [fact for fact in await everything(world, SyncResource.TEAM) if fact.status == "joined"]
    owner = next(fact for fact in team if fact.role == "owner")
    members = await everything(world, SyncResource.MEMBERS)
    customer = next(m for m in members if m.access_level == "customer" and m.user_id)

    assert (await world.whop.check_access(owner.user_id, world.company)).level == "admin"
    assert await world.whop.team_role(owner.user_id, world.company) == "owner"
    assert (await world.whop.check_access(customer.user_id, world.company)).level == "customer"
    assert await world.whop.team_role(customer.user_id, world.company) is None
    assert not (await world.whop.check_access("user_nobodyatall00", world.company)).has_access


async def test_lists_the_companies_of_a_signed_in_person(world) -> None:
    team = await everything(world, SyncResource.TEAM)
    owner = next(fact for fact in team if fact.role == "owner")
    token = world.sandbox.grants.issue_access(owner.user_id, "openid profile email company:basic:read", 4_000_000_000)

    accounts = await world.whop.accounts_of(token)

    assert world.company in {account.id for account in accounts}
    with pytest.raises(SignInNeeded):
        await world.whop.accounts_of("not-a-token")


async def test_pins_the_version_and_the_key(world) -> None:
    await world.whop.account(world.company)

    [request] = world.wire.requests
    assert request.headers["api-version-date"] == "2026-10-15-1"
    assert request.headers["authorization"] == f"Bearer {world.sandbox.credentials.api_key}"


async def test_says_what_is_not_there(world) -> None:
    with pytest.raises(NotFound):
        await world.whop.retrieve_payment("pay_nosuchpayment")


async def test_a_missing_scope_is_named(tmp_path) -> None:
    async with open_world(tmp_path) as world:
        store = world.sandbox.store
        store.set_app_permissions(store.app_permissions - {"payment:basic:read"})

        with pytest.raises(WhopForbidden) as caught:
            await world.whop.page(SyncResource.PAYMENTS, world.company)

        assert caught.value.scopes == ("payment:basic:read",)
        assert str(caught.value) == "Whop has not granted payment:basic:read."


async def test_a_wrong_key_is_named(world) -> None:
    settings = Settings(whop_base_url="http://whop.test", whop_api_key="apik_wrong")
    client = WhopClient(settings, world.wire)

    with pytest.raises(WhopError, match="does not accept this key"):
        await client.account(world.company)


def test_without_a_key_there_is_no_client(monkeypatch) -> None:
    with pytest.raises(NotConfigured, match="WHOP_API_KEY"):
        WhopClient(Settings(whop_api_key=None))


def answering(*answers: httpx.Response | Exception):
    """A fault that gives these answers in turn, then steps aside."""
    left = list(answers)
    return lambda request: left.pop(0) if left else None


@pytest.mark.slow
async def test_waits_and_tries_again(world) -> None:
    world.wire.fault = answering(
        httpx.Response(429, headers={"Retry-After": "0.02"}, json={"error": {"message": "slow down"}}),
        httpx.Response(503, headers={"Retry-After": "0"}, text="upstream"),
        httpx.Response(200, headers={"Retry-After": "0"}, text="<html>a proxy</html>"),
    )
    began = monotonic()

    page = await world.whop.page(SyncResource.PRODUCTS, world.company)

    assert page.items
    assert len(world.wire.requests) == 4
    assert monotonic() - began >= 0.02


async def test_gives_up_where_the_wait_is_too_long_for_who_waits(world) -> None:
    world.wire.fault = lambda request: httpx.Response(429, headers={"Retry-After": "30"}, json={})

    with pytest.raises(WhopUnavailable) as caught:
        await world.whop.account(world.company)

    assert caught.value.retry_after == 30
    assert len(world.wire.requests) == 1


@pytest.mark.slow
async def test_a_broken_connection_is_not_reachable(world) -> None:
    world.wire.fault = lambda request: httpx.ConnectError("refused")

    with pytest.raises(WhopUnavailable, match="cannot be reached"):
        await world.whop.account(world.company)

    assert len(world.wire.requests) == 3


async def test_respects_the_sandboxs_rate_limit(tmp_path) -> None:
    async with open_world(tmp_path, options=replace(QUIET, rate_limit=2)) as world:
        await world.whop.account(world.company)
        await world.whop.account(world.company)

        with pytest.raises(WhopUnavailable, match="asks to wait") as caught:
            await world.whop.account(world.company)

    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 61


async def test_one_unreadable_row_does_not_hide_the_others(world) -> None:
    whole = await world.whop.page(SyncResource.MEMBERS, world.company)
    answer = await world.wire.inner.handle_async_request(world.wire.requests[-1])
    body = json.loads(await answer.aread())
    del body["data"][0]["usd_total_spent"]
    world.wire.fault = answering(httpx.Response(200, json=body))

    page = await world.whop.page(SyncResource.MEMBERS, world.company)

    assert [fact.id for fact in page.items] == [fact.id for fact in whole.items][1:]
    assert page.next_cursor == whole.next_cursor


async def test_an_answer_in_an_unknown_shape_is_an_error(world) -> None:
    world.wire.fault = lambda request: httpx.Response(200, json={"surprise": True})

    with pytest.raises(WhopError, match="shape"):
        await world.whop.page(SyncResource.MEMBERS, world.company)


async def test_a_write_keeps_its_key_when_it_is_tried_again(world) -> None:
    world.wire.fault = answering(httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(404, json={}))
    send = world.whop._whop.payments.retry

    for _ in range(2):
        with pytest.raises(CrmError):
            await world.whop._caller.call("payments.retry", lambda: send("pay_none"))
        world.wire.fault = lambda request: httpx.Response(400, json={"error": {"message": "no"}})

    keys = [request.headers["idempotency-key"] for request in world.wire.requests]
    assert keys[0] == keys[1] != keys[2]


async def test_the_budget_is_given_out_in_slices() -> None:
    caller = Caller(per_minute=600)
    sent = 0

    async def send() -> int:
        nonlocal sent
        sent += 1
        return sent

    began = monotonic()
    for _ in range(61):
        await caller.call("members.list", send)

    assert 0.05 < monotonic() - began < 2
    assert await caller.call("payments.list", send) == 62


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, WhopError), (401, WhopError), (403, WhopForbidden), (404, NotFound), (409, WhopError),
     (429, WhopUnavailable), (500, WhopUnavailable), (503, WhopUnavailable)],
)  # fmt: skip
def test_every_status_has_its_error(status, error) -> None:
    for body in (None, "text", {}, {"error": "plain"}, {"error": {"message": "m\x00"}}, {"error": {"message": 7}}, []):
        made = translate(status, {}, body)
        assert type(made) is error or isinstance(made, error)
        assert "\x00" not in str(made)


def test_the_wait_is_read_from_the_sentence_too() -> None:
    error = translate(429, {}, {"error": {"message": "Rate limit exceeded. Try again in 12 seconds."}})

    assert isinstance(error, WhopUnavailable)
    assert error.retry_after == 12


async def test_money_is_minor_units_and_texts_are_excerpts(world) -> None:
    payments = await everything(world, SyncResource.PAYMENTS)
    chats = await everything(world, SyncResource.CHATS)
    doc = world.sandbox.store.get("payment", payments[0].id)

    assert isinstance(payments[0], PaymentFact)
    assert payments[0].total == round(float(doc["total"]["amount"]) * 100)
    assert all(isinstance(chat, ChatFact) and len(chat.text) <= 280 for chat in chats)


async def test_what_lists_do_not_say_is_unsaid(world) -> None:
    invoices = await everything(world, SyncResource.INVOICES)
    refunds = await everything(world, SyncResource.REFUNDS)

    assert all(invoice.member_id is UNSAID for invoice in invoices)
    assert all(isinstance(refund, RefundFact) and refund.reason is not UNSAID for refund in refunds)
    assert all(isinstance(each, MemberFact) for each in await everything(world, SyncResource.MEMBERS))
    assert all(isinstance(each, MembershipFact) for each in await everything(world, SyncResource.MEMBERSHIPS))
