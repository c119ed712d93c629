"""The connection with Whop: what is granted, and a webhook that is made, tried out and put right."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.support import factories
from tests.support.sandbox import QUIET, new_folder
from tests.support.web import ORIGIN, Web
from tests.support.whop import Wire
from whop_crm.access import CompanyRef, Role
from whop_crm.clients.scopes import ACTIONS, WEBHOOK_EVENTS
from whop_crm.clients.whop import WhopClient
from whop_crm.config import settings
from whop_crm.db import company_session, platform_session
from whop_crm.errors import Forbidden, WhopError, WhopForbidden
from whop_crm.jobs import upkeep
from whop_crm.models.enums import WebhookState
from whop_crm.sandbox.hooks import Hook
from whop_crm.sandbox.server import Sandbox, create_app
from whop_crm.sandbox.signing import signed_headers
from whop_crm.services import connection

WHOP = "http://whop.test"
ADDRESS = f"{ORIGIN}/api/webhooks/whop"


class Place:
    """A Whop whose deliveries go to this app's own door, with no webhook registered there."""

    def __init__(self, sandbox: Sandbox, whop: WhopClient, wire: Wire, company: CompanyRef) -> None:
        self.sandbox, self.whop, self.wire, self.company = sandbox, whop, wire, company
        self.proof = factories.scope(company, Role.ADMIN)

    @property
    def hooks(self) -> list[Hook]:
        return [hook for hook in self.sandbox.hooks.list() if hook.url == ADDRESS]

    async def known(self) -> connection.Connection:
        async with company_session(self.proof) as db:
            return await connection.get_connection(db)

    async def state(self) -> WebhookState | None:
        await connection.look(self.proof, self.whop)
        found = (await self.known()).webhook
        return found and found.state


@pytest.fixture
async def place(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    app = create_app(new_folder(tmp_path), replace(QUIET, webhook_path=None))
    async with app.router.lifespan_context(app):
        sandbox: Sandbox = app.state.sandbox
        for name, value in sandbox.credentials.environment(WHOP).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("WHOP_WEBHOOK_SECRET")
        settings.cache_clear()
        monkeypatch.setattr("whop_crm.api.webhooks.made.EVERY", 0.0)
        if sandbox.courier._client:
            await sandbox.courier._client.aclose()
        sandbox.courier._client = httpx.AsyncClient(transport=httpx.ASGITransport(web.asgi))
        wire = Wire(httpx.ASGITransport(app))
        whop = WhopClient(settings(), wire)
        company = await factories.company(whop_id=sandbox.store.installed_accounts[0])
        yield Place(sandbox, whop, wire, company)
        await whop.aclose()
    settings.cache_clear()


async def test_a_missing_webhook_is_made_tried_out_and_trusted(place: Place) -> None:
    assert await place.state() is WebhookState.MISSING
    assert (await connection.mend(place.proof, place.whop)).state is WebhookState.GOOD
    (hook,) = place.hooks
    assert set(hook.events) == set(WEBHOOK_EVENTS)
    assert (hook.enabled, hook.api_version_date) == (True, "2026-10-15-1")
    assert hook.resource_id == place.sandbox.credentials.app_id
    found = await place.known()
    assert found.webhook
    assert found.webhook.good
    assert not found.attention


async def test_the_secret_is_kept_sealed(place: Place) -> None:
    await connection.mend(place.proof, place.whop)
    (hook,) = place.hooks
    async with platform_session() as db:
        assert await connection.list_secrets(db) == (hook.secret,)
        (kept,) = await db.scalars(text("SELECT secret FROM webhook_endpoints"))
    assert hook.secret.encode() not in bytes(kept)


async def test_a_new_key_takes_the_secret_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await connection.mend(place.proof, place.whop)
    (hook,) = place.hooks
    old = settings().secret_key
    assert old
    new = base64.b64encode(b"n" * 32).decode()
    for keys in (f"{new},{old.get_secret_value()}", new):
        monkeypatch.setenv("SECRET_KEY", keys)
        settings.cache_clear()
        assert await upkeep.seal_anew() == (1 if "," in keys else 0)
    async with platform_session() as db:
        assert await connection.list_secrets(db) == (hook.secret,)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"enabled": False}, WebhookState.DISABLED),
        ({"events": ("payment.succeeded", "dispute_alert.created")}, WebhookState.INCOMPLETE),
        ({"api_version_date": None}, WebhookState.OUTDATED),
        ({"failing_since": "2026-11-22T10:00:00.000Z"}, WebhookState.FAILING),
    ],
)
async def test_what_is_amiss_is_named_and_put_right(place: Place, changes: dict, state: WebhookState) -> None:
    await connection.mend(place.proof, place.whop)
    (hook,) = place.hooks
    place.sandbox.hooks.save(replace(hook, **changes))
    assert await place.state() is state
    assert (await place.known()).attention
    if state is WebhookState.FAILING:  # Whop forgets a failure with the next delivery that arrives
        place.sandbox.hooks.note_result(hook.id, success=True, first=True, last=True, now=factories.NOW)
    assert (await connection.mend(place.proof, place.whop)).state is WebhookState.GOOD
    (mended,) = place.hooks
    assert (mended.id, mended.secret, mended.enabled) == (hook.id, hook.secret, True)
    assert set(mended.events) == {*WEBHOOK_EVENTS, *(event for event in hook.events), *changes.get("events", ())}


async def test_a_webhook_whose_secret_nobody_knows_is_replaced(place: Place) -> None:
    app_id = place.sandbox.credentials.app_id
    lost = place.sandbox.hooks.create(ADDRESS, app_id, factories.NOW, events=WEBHOOK_EVENTS)
    assert (await connection.mend(place.proof, place.whop)).state is WebhookState.GOOD
    new = next(hook for hook in place.hooks if hook.id != lost.id)
    assert [hook.id for hook in place.hooks if hook.enabled] == [new.id]


async def test_a_test_delivery_that_does_not_arrive_is_said(place: Place) -> None:
    place.sandbox.courier._client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    with pytest.raises(WhopError, match="did not arrive"):
        await connection.mend(place.proof, place.whop)
    found = (await place.known()).webhook
    assert found
    assert found.state is WebhookState.FAILING


async def test_whop_may_keep_its_webhooks_to_itself(place: Place) -> None:
    refusal = httpx.Response(403, json={"error": {"type": "forbidden", "message": "no"}})
    place.wire.fault = lambda request: refusal if request.url.path.endswith("/webhooks") else None
    assert await place.state() is WebhookState.FORBIDDEN
    with pytest.raises(WhopForbidden):
        await connection.mend(place.proof, place.whop)


async def test_who_only_reads_mends_nothing(place: Place) -> None:
    for role in (Role.SUPPORT, Role.VIEWER):
        with pytest.raises(Forbidden):
            await connection.mend(factories.scope(place.company, role), place.whop)
    assert place.hooks == []


async def test_missing_permissions_are_told_with_what_each_is_for(place: Place) -> None:
    before = await place.known()
    assert {scope.granted for scope in before.scopes} == {None}
    granted = [one for one in ACTIONS if one != "forum:read"]
    place.sandbox.store.set_app_permissions(granted)
    await connection.look(place.proof, place.whop)
    (missing,) = (await place.known()).missing
    assert (missing.action, missing.purpose) == (
        "forum:read", "Count posts and comments, and show them on the timeline.",
    )  # fmt: skip


async def test_looking_needs_no_more_than_reading(place: Place) -> None:
    await connection.look(factories.scope(place.company, Role.VIEWER), place.whop)
    assert (await place.known()).webhook


async def test_the_door_takes_the_configured_secret_and_the_made_one(
    place: Place, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connection.mend(place.proof, place.whop)
    monkeypatch.setenv("WHOP_WEBHOOK_SECRET", "ws_configured")
    settings.cache_clear()
    body = b'{"type":"payment.succeeded","account_id":"biz_xxxxxxxxxxxxxx","data":{"id":"pay_xxxxxxxxxxxxxx"}}'
    async with web.http() as http:
        for secret, status in (("ws_configured", 200), (place.hooks[0].secret, 200), ("ws_of_nobody", 401)):
            answer = await http.post("/api/webhooks/whop", content=body, headers=signed_headers(secret, "msg_1", body))
            assert answer.status_code == status
