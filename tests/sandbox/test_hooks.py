"""The endpoints that manage webhook endpoints: making, changing and removing them, and who may."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from whop_sdk.types.webhook import Webhook

from tests.support.sandbox import QUIET, client_of, extras_of, new_folder, open_app, sdk_of
from whop_crm.sandbox.hooks import EVENT_TYPES
from whop_crm.sandbox.server import Sandbox, create_app


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Sandbox, httpx.AsyncClient]]:
    async with open_app(new_folder(tmp_path)) as pair:
        yield pair


async def test_an_endpoint_can_be_made_changed_and_removed(opened) -> None:
    sandbox, client = opened
    sdk = sdk_of(sandbox, client)
    made = await sdk.webhooks.create(
        url="https://example.com/hook", events=["payment.succeeded"], api_version_date="2026-10-15-1"
    )
    assert made.webhook_secret
    assert made.webhook_secret.startswith("ws_")
    assert (made.resource_id, made.enabled, made.api_version_date) == (
        sandbox.credentials.app_id, True, "2026-10-15-1",
    )  # fmt: skip
    again = await sdk.webhooks.retrieve(made.id)
    assert again.webhook_secret is None
    changed = await sdk.webhooks.update(made.id, enabled=False, events=["member.created"])
    assert (changed.enabled, changed.events) == (False, ["member.created"])
    listed = [hook async for hook in await sdk.webhooks.list(first=1)]
    assert [hook.id for hook in listed] == [made.id, sandbox.hooks.list()[1].id]
    assert all(hook.webhook_secret is None for hook in listed)
    removed = await sdk.webhooks.delete(made.id)
    assert (removed.id, removed.deleted) == (made.id, True)
    assert extras_of([made, again, changed, listed, removed]) == []
    assert set(Webhook.model_fields) == made.model_fields_set


async def test_the_app_is_registered_on_start_with_its_secret(opened) -> None:
    sandbox, _ = opened
    hook = sandbox.hooks.list()[0]
    assert hook.url == "http://localhost:3000/api/webhooks/whop"
    assert hook.resource_id == sandbox.credentials.app_id
    assert hook.secret == sandbox.credentials.webhook_secret
    assert set(hook.events) == set(EVENT_TYPES)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "url"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://example.com", "events": ["membership.went_valid"]}, "events"),
        ({"url": "https://example.com", "api_version_date": "2020-01-01"}, "api_version_date"),
    ],
)
async def test_a_wrong_endpoint_is_refused_in_words(opened, body: dict[str, Any], param: str) -> None:
    sandbox, client = opened
    headers = {"authorization": f"Bearer {sandbox.credentials.api_key}", "api-version-date": "2026-10-15-1"}
    answer = await client.post("/api/v1/webhooks", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


async def test_endpoints_are_for_those_who_may_manage_them(opened) -> None:
    sandbox, client = opened
    version = {"api-version-date": "2026-10-15-1"}
    assert (await client.get("/api/v1/webhooks", headers=version)).status_code == 401
    user_id = sandbox.store.select("team_member", role="owner")[0]["user"]["id"]
    token = sandbox.grants.issue_access(user_id, "openid", datetime.now(UTC).timestamp())
    headers = {"authorization": f"Bearer {token}", **version}
    assert (await client.get("/api/v1/webhooks", headers=headers)).status_code == 403
    headers = {"authorization": f"Bearer {sandbox.credentials.api_key}", **version}
    own = {"url": "https://example.com", "resource_id": sandbox.store.installed_accounts[0]}
    assert (await client.post("/api/v1/webhooks", json=own, headers=headers)).status_code == 403
    assert (await client.get("/api/v1/webhooks/hook_nobodys", headers=headers)).status_code == 404


async def test_a_disabled_endpoint_gets_no_replay(opened) -> None:
    sandbox, client = opened
    hook = sandbox.hooks.save(replace(sandbox.hooks.list()[0], enabled=False))
    headers = {"authorization": f"Bearer {sandbox.credentials.api_key}", "api-version-date": "2026-10-15-1"}
    body = {"sent_after": "2026-01-01T00:00:00Z"}
    answer = await client.post(f"/api/v1/webhooks/{hook.id}/replay", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (409, "conflict")


async def test_a_restart_points_the_endpoint_to_the_app_again(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    async with open_app(folder) as (sandbox, _):
        first = sandbox.hooks.list()[0]
        sandbox.hooks.save(replace(first, enabled=False))
    moved = create_app(folder, replace(QUIET, app_origin="http://localhost:3001"))
    async with moved.router.lifespan_context(moved), client_of(moved):
        hooks = moved.state.sandbox.hooks.list()
        assert [hook.id for hook in hooks] == [first.id]
        assert (hooks[0].url, hooks[0].enabled) == ("http://localhost:3001/api/webhooks/whop", True)
