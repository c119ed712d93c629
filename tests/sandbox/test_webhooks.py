"""Webhooks: their shape and signature, and how they are delivered."""

import importlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from whop_sdk.lib.verify_webhook import WebhookVerificationError, unwrap
from whop_sdk.types.membership import Membership

from tests.support.sandbox import QUIET, delivering_to, extras_of, new_folder, open_app, receiving, sdk_of
from whop_crm.sandbox.acts import ACTS
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.hooks import DISABLED_AFTER, TESTABLE, Hooks
from whop_crm.sandbox.outbox import Attempt, Outbox, pending_deliveries, take_deliveries
from whop_crm.sandbox.server import Sandbox
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.transitions import Impossible

PACKAGES = {
    "membership": "memberships", "member": "members", "payment": "payments", "refund": "refunds",
    "dispute": "disputes", "invoice": "invoices", "course_lesson_interaction": "course_lesson_interactions",
    "chat": "messages", "product": "products", "plan": "variants",
}  # fmt: skip
UNTYPED = {"membership.deactivated", "membership.cancel_at_period_end_changed"}


def act(sandbox: Sandbox, name: str, *, seed: int = 7, main: bool = True) -> str:
    account_id = sandbox.store.installed_accounts[0 if main else 1]
    return ACTS[name](Stage(sandbox.store, Random(seed), account_id, datetime.now(UTC)))


def parsed(envelope: dict[str, Any]) -> object:
    """The envelope as the SDK's payload class of its event."""
    family = envelope["type"].split(".")[0]
    if envelope["type"] in UNTYPED:
        return Membership.model_validate(envelope["data"])
    name = "post_" + envelope["type"].replace(".", "_") + "_payload"
    module = importlib.import_module(f"whop_sdk.{PACKAGES[family]}.types.{name}")
    return getattr(module, "".join(part.capitalize() for part in name.split("_"))).model_validate(envelope)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store.open(new_folder(tmp_path))
    Hooks(found).ensure("http://localhost:3000/hook", "app_mine", "ws_secret", datetime.now(UTC))
    yield found
    found.close()


# what is sent


def test_every_event_parses_with_the_official_types(store: Store) -> None:
    main = store.installed_accounts[0]
    rng = Random(3)
    seen: set[str] = set()
    for name in [*ACTS, *ACTS, *ACTS]:
        with suppress(Impossible):
            ACTS[name](Stage(store, rng, main, datetime.now(UTC), asked=True))
    for delivery in take_deliveries(store, datetime.now(UTC)):
        envelope = json.loads(delivery.body)
        seen.add(envelope["type"])
        assert list(envelope)[:6] == ["id", "api_version", "api_version_date", "timestamp", "type", "account_id"]
        assert envelope["account_id"] == main
        assert envelope["id"] == delivery.event_id == delivery.headers["webhook-id"]
        assert extras_of(parsed(envelope)) == []
        assert b"sandbox-origin" not in delivery.body
    assert seen >= {
        "membership.activated", "membership.deactivated", "membership.updated",
        "membership.cancel_at_period_end_changed", "member.created", "member.updated", "payment.created",
        "payment.succeeded", "payment.failed", "refund.created", "refund.updated", "dispute.created",
        "course_lesson_interaction.completed", "chat.message.created",
    }  # fmt: skip


def test_the_official_helper_accepts_the_signature_and_nothing_else(store: Store) -> None:
    ACTS["join"](Stage(store, Random(1), store.installed_accounts[0], datetime.now(UTC)))
    delivery = pending_deliveries(store, datetime.now(UTC))[0]
    assert unwrap(delivery.body, headers=delivery.headers, key="ws_secret")["id"] == delivery.event_id
    with pytest.raises(WebhookVerificationError):
        unwrap(delivery.body, headers=delivery.headers, key="ws_other")
    with pytest.raises(WebhookVerificationError):
        unwrap(delivery.body + b" ", headers=delivery.headers, key="ws_secret")
    old = pending_deliveries(store, datetime.now(UTC) - timedelta(minutes=6))[0]
    with pytest.raises(WebhookVerificationError):
        unwrap(old.body, headers=old.headers, key="ws_secret")


def test_pending_deliveries_wait_until_they_are_taken(store: Store) -> None:
    ACTS["chat"](Stage(store, Random(1), store.installed_accounts[0], datetime.now(UTC)))
    now = datetime.now(UTC)
    waiting = pending_deliveries(store, now)
    assert [d.event_id for d in waiting] == [d.event_id for d in pending_deliveries(store, now)]
    assert take_deliveries(store, now) == waiting
    assert pending_deliveries(store, now) == []


def test_an_app_gets_only_what_it_was_granted(store: Store) -> None:
    granted = store.app_permissions
    store.set_app_permissions(granted - {"webhook_receive:payments", "member:email:read"})
    ACTS["join"](Stage(store, Random(1), store.installed_accounts[0], datetime.now(UTC)))
    bodies = [json.loads(d.body) for d in take_deliveries(store, datetime.now(UTC))]
    assert not [b for b in bodies if b["type"].startswith("payment.")]
    assert [b["data"]["email"] for b in bodies if b["type"] == "member.created"] == [None]


def test_a_company_hook_hears_of_its_company_only(store: Store) -> None:
    first, second = store.installed_accounts
    Hooks(store).create("http://localhost:3000/own", second, datetime.now(UTC), secret="ws_second")
    for account_id in (first, second):
        ACTS["visit"](Stage(store, Random(1), account_id, datetime.now(UTC)))
    own = [d for d in take_deliveries(store, datetime.now(UTC)) if d.url.endswith("/own")]
    assert {json.loads(d.body)["account_id"] for d in own} == {second}


def test_an_unpinned_hook_gets_company_id(store: Store) -> None:
    hooks = Hooks(store)
    hooks.save(replace(hooks.list()[0], api_version_date=None))
    ACTS["visit"](Stage(store, Random(1), store.installed_accounts[0], datetime.now(UTC)))
    body = json.loads(take_deliveries(store, datetime.now(UTC))[0].body)
    assert body["company_id"] == store.installed_accounts[0]
    assert "account_id" not in body


def test_an_endpoint_that_fails_for_three_days_is_disabled(store: Store) -> None:
    hooks = Hooks(store)
    outbox, now = Outbox(store, hooks), datetime.now(UTC)
    for moment in (now, now + DISABLED_AFTER):
        ACTS["visit"](Stage(store, Random(1), store.installed_accounts[0], moment))
        outbox.fan_out(moment)
        outbox.record(outbox.waiting()[-1], Attempt(500, "", moment, 0.1), ())
    hook = hooks.list()[0]
    assert not hook.enabled
    assert hook.wire()["disabled_reason"] == "delivery_failures"
    assert hook.consecutive_failures == 2


def test_attempts_are_forgotten_after_thirty_days(store: Store) -> None:
    outbox, now = Outbox(store, Hooks(store)), datetime.now(UTC)
    ACTS["visit"](Stage(store, Random(1), store.installed_accounts[0], now))
    outbox.fan_out(now)
    outbox.record(outbox.waiting()[0], Attempt(200, "", now, 0.1), ())
    outbox.prune(now + timedelta(days=29))
    assert len(store.query("SELECT 1 FROM hook_attempts")) == 1
    outbox.prune(now + timedelta(days=31))
    assert store.query("SELECT 1 FROM hook_attempts") == []
    assert store.query("SELECT 1 FROM events") == []


# how it is delivered


async def test_what_happens_is_delivered(tmp_path: Path) -> None:
    async with (
        receiving() as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver)) as (sandbox, _),
    ):
        for _ in range(5):
            act(sandbox, "join")
        sent = sandbox.store.last_event_id()
        await receiver.wait(lambda: len(receiver.got) == sent and sandbox.courier.idle)
        ids = set()
        for got in receiver.got:
            event = unwrap(got.body, headers=got.headers, key=sandbox.credentials.webhook_secret)
            ids.add(event["id"])
        assert len(ids) == sent
        hook = sandbox.hooks.list()[0]
        assert (hook.consecutive_failures, hook.failing_since) == (0, None)


async def test_a_failing_endpoint_is_tried_again_with_the_same_id(tmp_path: Path) -> None:
    async with (
        receiving(500, 404, 200) as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver, 0.01, 0.02, 0.04)) as (sandbox, client),
    ):
        act(sandbox, "visit")
        await receiver.wait(lambda: len(receiver.got) == 3 and sandbox.courier.idle)
        assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
        sdk = sdk_of(sandbox, client)
        pager = await sdk.webhooks.list_deliveries(sandbox.hooks.list()[0].id)
        found = [delivery async for delivery in pager]
        assert [d.response_code for d in found] == [200, 404, 500]
        assert [d.success for d in found] == [True, False, False]
        assert found[0].event == "member.updated"
        assert found[0].resource_id == sandbox.store.installed_accounts[0]
        assert found[0].response_body == {"ok": True}
        assert extras_of(found) == []
        assert sandbox.hooks.list()[0].failing_since is None


async def test_a_message_is_given_up_after_the_last_retry(tmp_path: Path) -> None:
    async with (
        receiving(503) as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver, 0.01, 0.01)) as (sandbox, _),
    ):
        act(sandbox, "visit")
        await receiver.wait(lambda: len(receiver.got) == 3 and sandbox.courier.idle)
        hook = sandbox.hooks.list()[0]
        assert hook.consecutive_failures == 1
        assert hook.failing_since
        assert hook.last_failure_at


async def test_an_endpoint_that_is_not_there_counts_as_failed(tmp_path: Path) -> None:
    async with receiving() as receiver:
        options = delivering_to(receiver)
    async with open_app(new_folder(tmp_path), options) as (sandbox, _):
        act(sandbox, "visit")
        await receiver.wait(lambda: sandbox.courier.idle)
        row = sandbox.store.query_one("SELECT response_code, success FROM hook_attempts")
        assert tuple(row or ()) == (0, 0)


async def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    async with open_app(folder, QUIET) as (sandbox, _):
        act(sandbox, "visit")
        assert sandbox.courier.outbox.fan_out(datetime.now(UTC)) == 1
        act(sandbox, "visit")
    async with receiving() as receiver, open_app(folder, delivering_to(receiver)) as (sandbox, _):
        await receiver.wait(lambda: len(receiver.got) == 2 and sandbox.courier.idle)


async def test_held_deliveries_wait_for_their_release(tmp_path: Path) -> None:
    async with (
        receiving() as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver)) as (sandbox, _),
    ):
        sandbox.courier.pause()
        act(sandbox, "visit")
        assert len(pending_deliveries(sandbox.store, datetime.now(UTC))) == 1
        assert receiver.got == []
        sandbox.courier.resume()
        await receiver.wait(lambda: len(receiver.got) == 1)


# replays and tests


async def test_a_replay_keeps_its_id_unless_told_otherwise(tmp_path: Path) -> None:
    async with (
        receiving() as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver)) as (sandbox, client),
    ):
        act(sandbox, "visit")
        await receiver.wait(lambda: len(receiver.got) == 1 and sandbox.courier.idle)
        sdk, hook_id = sdk_of(sandbox, client), sandbox.hooks.list()[0].id
        delivery = (await sdk.webhooks.list_deliveries(hook_id)).items[0]
        same = await sdk.webhooks.replay_delivery(hook_id, delivery.id)
        fresh = await sdk.webhooks.replay_delivery(hook_id, delivery.id, regenerate_id=True)
        assert (same.success, same.status, same.body) == (True, 200, '{"ok":true}')
        assert extras_of([same, fresh]) == []
        first, second, third = (json.loads(got.body) for got in receiver.got)
        assert receiver.got[1].body == receiver.got[0].body
        assert third["id"] == receiver.got[2].headers["webhook-id"] != first["id"]
        assert {**third, "id": second["id"]} == second
        newest = (await sdk.webhooks.list_deliveries(hook_id)).items[0]
        assert newest.replayed_from == delivery.id
        for got in receiver.got:
            unwrap(got.body, headers=got.headers, key=sandbox.credentials.webhook_secret)


async def test_a_window_can_be_replayed_failed_ones_only(tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    async with (
        receiving(200, 500, 200) as receiver,
        open_app(new_folder(tmp_path), delivering_to(receiver)) as (sandbox, client),
    ):
        for number in (1, 2):
            act(sandbox, "visit")
            await receiver.wait(lambda n=number: len(receiver.got) == n and sandbox.courier.idle)
        sdk, hook_id = sdk_of(sandbox, client), sandbox.hooks.list()[0].id
        answer = await sdk.webhooks.replay(hook_id, sent_after=before.isoformat(), failed_only=True)
        assert answer.queued
        assert extras_of(answer) == []
        await receiver.wait(lambda: len(receiver.got) == 3 and sandbox.courier.idle)
        assert receiver.got[2].body == receiver.got[1].body
        await sdk.webhooks.replay(hook_id, sent_after=before.isoformat(), events=["member.updated"])
        await receiver.wait(lambda: len(receiver.got) == 5 and sandbox.courier.idle)


async def test_test_deliveries_are_made_up_and_signed(tmp_path: Path) -> None:
    async with (
        receiving() as receiver,
        open_app(new_folder(tmp_path, members=400), delivering_to(receiver)) as (sandbox, client),
    ):
        sdk, hook = sdk_of(sandbox, client), sandbox.hooks.list()[0]
        for event in TESTABLE:
            answer = await sdk.webhooks.test(hook.id, event=event)
            assert (answer.success, answer.status) == (True, 200)
            got = receiver.got[-1]
            envelope = unwrap(got.body, headers=got.headers, key=sandbox.credentials.webhook_secret)
            assert (envelope["type"], envelope["account_id"]) == (event, "biz_xxxxxxxxxxxxxx")
            assert not re.search(rb':"(biz|user|mber|mem|pay)_(?!x{14})', got.body), got.body
            assert extras_of(parsed(envelope)) == []
