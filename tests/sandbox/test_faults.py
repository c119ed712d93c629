"""Faults on command: what is asked to go wrong does, where, as often and as long as asked, and nothing else."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner
from whop_sdk.lib.verify_webhook import WebhookVerificationError, unwrap

from tests.support.sandbox import QUIET, Receiver, delivering_to, new_folder, open_app, receiving
from whop_crm.config import settings
from whop_crm.sandbox.acts import ACTS
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.commands import sandbox_app
from whop_crm.sandbox.faults import Fault, FaultKind, Faults, FaultWish
from whop_crm.sandbox.faulty_wire import names_of
from whop_crm.sandbox.outbox import take_deliveries
from whop_crm.sandbox.server import Sandbox, free_port, running


def act(sandbox: Sandbox, name: str = "visit", seed: int = 7) -> None:
    main = sandbox.store.installed_accounts[0]
    ACTS[name](Stage(sandbox.store, Random(seed), main, datetime.now(UTC), asked=True))


def fault(sandbox: Sandbox, kind: FaultKind, **wish: Any) -> Fault:
    return sandbox.faults.set(FaultWish(kind=kind, **wish))


async def ask(
    sandbox: Sandbox, client: httpx.AsyncClient, path: str = "/members", token: str | None = None
) -> httpx.Response:
    token = token or sandbox.credentials.api_key
    headers = {"authorization": f"Bearer {token}", "api-version-date": "2026-10-15-1"}
    params = {"account_id": sandbox.store.installed_accounts[0], "resource_id": sandbox.store.installed_accounts[0]}
    return await client.get(f"/api/v1{path}", params=params, headers=headers)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Sandbox, httpx.AsyncClient]]:
    async with open_app(new_folder(tmp_path)) as pair:
        yield pair


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def delivering(tmp_path: Path, receiver: Receiver) -> AsyncIterator[Sandbox]:
    """A sandbox that delivers to the receiver, and tries once more after a moment."""
    async with open_app(new_folder(tmp_path), delivering_to(receiver, 0.02)) as (sandbox, _):
        yield sandbox


async def settled(sandbox: Sandbox, receiver: Receiver, events: int) -> list[str]:
    """The ids that came, in their order, once the courier has nothing left."""
    for seed in range(events):
        act(sandbox, seed=seed)
    await receiver.wait(lambda: sandbox.courier.idle)
    return [got.headers["webhook-id"] for got in receiver.got]


# how often, how long, where


def test_a_fault_happens_as_often_as_asked() -> None:
    faults = Faults()
    faults.set(FaultWish(kind=FaultKind.ERROR, times=2))
    struck = [faults.strike((FaultKind.ERROR,), ("rest",)) is not None for _ in range(4)]
    assert struck == [True, True, False, False]


def test_a_fault_lasts_as_long_as_asked() -> None:
    now = [100.0]
    faults = Faults(lambda: now[0])
    faults.set(FaultWish(kind=FaultKind.OUTAGE, lasting=600))
    assert faults.stands(FaultKind.OUTAGE, ("rest",))
    now[0] += 599
    assert faults.wire()[0]["seconds_left"] == 1
    now[0] += 1
    assert not faults.stands(FaultKind.OUTAGE, ("rest",))
    assert [each["active"] for each in faults.wire()] == [False]


@pytest.mark.parametrize(
    ("operation", "method", "path", "struck"),
    [
        ("*", "GET", "/api/v1/members", True),
        ("list_members", "GET", "/api/v1/members", True),
        ("list_members", "GET", "/api/v1/members/mber_1", False),
        ("retrieve_*", "GET", "/api/v1/members/mber_1", True),
        ("members", "GET", "/api/v1/members/mber_1", True),
        ("users/access/*", "GET", "/api/v1/users/user_1/access/biz_1", True),
        ("webhooks", "POST", "/api/v1/webhooks/hook_1/replay", True),
        ("rest", "GET", "/oauth/userinfo", False),
        ("oauth", "POST", "/oauth/token", True),
        ("token", "POST", "/oauth/token", True),
        ("jwks", "GET", "/.well-known/jwks.json", True),
        ("oauth", "GET", "/.well-known/jwks.json", False),
        ("*", "POST", "/sandbox/faults", False),
        ("*", "GET", "/health", False),
    ],
)
def test_a_fault_is_where_it_was_asked_for(operation: str, method: str, path: str, struck: bool) -> None:
    faults = Faults()
    faults.set(FaultWish(kind=FaultKind.ERROR, operation=operation))
    assert (faults.strike((FaultKind.ERROR,), names_of(method, path)) is not None) is struck


def test_the_same_seed_strikes_the_same() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.set(FaultWish(kind=FaultKind.ERROR, share=0.3, seed=seed))
        return [faults.strike((FaultKind.ERROR,), ("rest",)) is not None for _ in range(200)]

    assert struck(1) == struck(1) != struck(2)
    assert 40 < sum(struck(1)) < 80


def test_a_missing_scope_has_a_name() -> None:
    with pytest.raises(ValidationError, match="needs a scope"):
        FaultWish(kind=FaultKind.MISSING_SCOPE)


# requests


@pytest.mark.parametrize("wait", [None, 3])
async def test_429_with_and_without_retry_after(opened, wait: float | None) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.RATE_LIMIT, times=1, wait=wait)
    first, second = await ask(sandbox, client), await ask(sandbox, client)
    assert (first.status_code, second.status_code) == (429, 200)
    assert first.headers.get("retry-after") == (None if wait is None else "3")
    assert ("3 seconds" in first.json()["error"]["message"]) is (wait is not None)


async def test_errors_have_the_status_and_whops_form(opened) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.ERROR, operation="list_members", times=1)
    fault(sandbox, FaultKind.ERROR, operation="list_products", status=418)
    answer = await ask(sandbox, client)
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "internal_server_error"
    assert (await ask(sandbox, client)).status_code == 200
    assert (await ask(sandbox, client, "/products")).status_code == 418


async def test_slow_answers_are_answers(opened) -> None:
    sandbox, client = opened
    slow = fault(sandbox, FaultKind.SLOW, wait=0.05, times=1)
    answer = await ask(sandbox, client)
    assert answer.status_code == 200
    assert answer.json()["data"]
    assert slow.hits == 1


async def test_an_empty_list_looks_like_an_answer(opened) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.EMPTY, operation="list_payments")
    answer = await ask(sandbox, client, "/payments")
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    assert answer.json()["page_info"]["has_next_page"] is False


async def test_forbidden_names_the_scope(opened) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.FORBIDDEN, operation="list_payments", scope="payment:basic:read")
    answer = await ask(sandbox, client, "/payments")
    assert answer.status_code == 403
    assert "payment:basic:read" in answer.json()["error"]["message"]


async def test_a_missing_scope_is_missing_everywhere_until_it_is_cleared(opened) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.MISSING_SCOPE, scope="member:basic:read")
    assert (await ask(sandbox, client, "/memberships")).json()["data"] == []
    assert (await ask(sandbox, client, "/members")).status_code == 403
    told = {each["action"]: each["granted"] for each in (await ask(sandbox, client, "/permissions")).json()["data"]}
    assert (told["member:basic:read"], told["payment:basic:read"]) == (False, True)
    sandbox.faults.clear()
    assert (await ask(sandbox, client, "/memberships")).json()["data"]


@pytest.mark.parametrize("path", ["/api/v1/members", "/oauth/userinfo", "/.well-known/jwks.json"])
async def test_an_outage_takes_rest_oauth_and_keys(opened, path: str) -> None:
    sandbox, client = opened
    fault(sandbox, FaultKind.OUTAGE)
    assert (await client.get(path)).status_code == 503
    assert (await client.get("/health")).status_code == 200
    sandbox.faults.clear()
    assert (await client.get(path)).status_code != 503


def test_a_cut_connection_breaks_on_a_real_socket_and_the_server_goes_on(tmp_path: Path) -> None:
    with running(new_folder(tmp_path), QUIET, free_port()) as sandbox:
        url = f"{sandbox.url}/.well-known/jwks.json"
        fault(sandbox, FaultKind.CUT, times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url, trust_env=False)
        assert httpx.get(url, trust_env=False).status_code == 200


async def test_access_tokens_expire_and_stay_so(opened) -> None:
    sandbox, client = opened
    owner = sandbox.store.select("team_member", role="owner")[0]["user"]["id"]
    now = datetime.now(UTC).timestamp()
    first, second = (sandbox.grants.issue_access(owner, "openid company:basic:read", now) for _ in range(2))
    fault(sandbox, FaultKind.TOKEN_EXPIRY, times=1)
    assert (await ask(sandbox, client, "/accounts", first)).status_code == 401
    assert (await ask(sandbox, client, "/accounts", second)).status_code == 200
    assert (await ask(sandbox, client, "/accounts", first)).status_code == 401
    assert (await ask(sandbox, client, "/accounts")).status_code == 200


# deliveries


async def test_a_dropped_delivery_is_in_the_log_as_failed(delivering, receiver) -> None:
    fault(delivering, FaultKind.DROP, times=1)
    assert len(await settled(delivering, receiver, 3)) == 2
    attempts = delivering.store.query("SELECT success, response_body FROM hook_attempts ORDER BY number")
    assert Counter(row["success"] for row in attempts) == {1: 2, 0: 1}
    assert delivering.hooks.list()[0].enabled


async def test_a_vanished_delivery_leaves_no_trace(delivering, receiver) -> None:
    fault(delivering, FaultKind.VANISH, operation="member.updated", times=2)
    assert len(await settled(delivering, receiver, 3)) == 1
    assert len(delivering.store.query("SELECT 1 FROM hook_attempts")) == 1


async def test_a_duplicate_has_the_same_id(delivering, receiver) -> None:
    fault(delivering, FaultKind.DUPLICATE)
    came = Counter(await settled(delivering, receiver, 3))
    assert sorted(came.values()) == [2, 2, 2]


async def test_delayed_deliveries_come_later(delivering, receiver) -> None:
    fault(delivering, FaultKind.DELAY, times=1, wait=0.3)
    act(delivering, seed=1)
    await receiver.wait(lambda: delivering.faults.wire()[0]["hits"] == 1)
    act(delivering, seed=2)
    await receiver.wait(lambda: len(receiver.got) == 2)
    first, second = (json.loads(got.body)["timestamp"] for got in receiver.got)
    assert first > second


async def test_reordered_deliveries_all_come_in_another_order(delivering, receiver) -> None:
    fault(delivering, FaultKind.REORDER, wait=0.3, seed=3)
    for seed in range(12):
        act(delivering, seed=seed)
    await receiver.wait(lambda: delivering.courier.idle)
    came = [json.loads(got.body)["timestamp"] for got in receiver.got]
    assert len(came) == 12
    assert came != sorted(came)


async def test_a_wrong_signature_is_wrong_and_tried_again(delivering, receiver) -> None:
    receiver.answers[:] = [401, 200]
    fault(delivering, FaultKind.WRONG_SIGNATURE, times=1)
    await settled(delivering, receiver, 1)
    forged, good = receiver.got
    with pytest.raises(WebhookVerificationError):
        unwrap(forged.body, headers=forged.headers, key=delivering.credentials.webhook_secret)
    unwrap(good.body, headers=good.headers, key=delivering.credentials.webhook_secret)


async def test_nothing_is_attempted_in_an_outage_and_all_comes_after_it(delivering, receiver) -> None:
    fault(delivering, FaultKind.OUTAGE)
    looked = fault(delivering, FaultKind.VANISH, times=1)
    for seed in range(3):
        act(delivering, seed=seed)
    await receiver.wait(lambda: looked.hits == 1)
    assert (receiver.got, delivering.courier.outbox.count_waiting()) == ([], 2)
    delivering.faults.clear()
    await receiver.wait(lambda: delivering.courier.idle)
    assert len(receiver.got) == 2


def told(sandbox: Sandbox, *acts: str) -> list[dict[str, Any]]:
    for name in acts:
        act(sandbox, name)
    return [json.loads(delivery.body) for delivery in take_deliveries(sandbox.store, datetime.now(UTC))]


async def test_deliveries_do_not_say_what_the_app_may_not_read(opened) -> None:
    sandbox, _ = opened
    acts = ("join", "fail-payment", "dispute", "refund", "visit")
    assert "@" in json.dumps(told(sandbox, *acts))
    fault(sandbox, FaultKind.MISSING_SCOPE, scope="member:email:read")
    fault(sandbox, FaultKind.MISSING_SCOPE, scope="member:phone:read")
    bodies = told(sandbox, *acts)
    assert {body["type"].partition(".")[0] for body in bodies} >= {"member", "membership", "payment", "refund"}
    assert "@" not in json.dumps(bodies)


async def test_what_may_not_be_read_is_not_told_of_at_all(opened) -> None:
    sandbox, _ = opened
    fault(sandbox, FaultKind.MISSING_SCOPE, scope="payment:basic:read")
    families = {body["type"].partition(".")[0] for body in told(sandbox, "join", "refund", "dispute")}
    assert "member" in families
    assert families.isdisjoint({"payment", "refund"})


# commands


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    with running(new_folder(tmp_path), QUIET) as sandbox:

        def run(*words: str) -> str:
            result = CliRunner().invoke(sandbox_app, [*words, "--url", sandbox.url])
            return result.output.strip()

        yield run
    settings.cache_clear()


def test_faults_are_set_shown_and_cleared_by_command(cli) -> None:
    assert cli("fault", "list") == "Nothing goes wrong."
    assert len(cli("fault", "list", "--kinds").splitlines()) == len(FaultKind)
    said = cli("fault", "set", "error", "--operation", "list_payments", "--times", "3", "--for", "60")
    assert said.startswith("Fault 1: error on list_payments, 0 of 3 times so far, ")
    assert said.endswith(" s left")
    assert cli("fault", "set", "missing-scope", "--scope", "forum:read") == "Fault 2: missing-scope of forum:read"
    assert "Fault 1: error on list_payments" in cli("status")
    assert cli("fault", "clear", "1") == "Fault 1 is over."
    assert cli("fault", "clear", "1") == "There is no fault 1."
    assert cli("fault", "list") == "Fault 2: missing-scope of forum:read"
    assert cli("fault", "clear") == "All goes well again."
    assert cli("fault", "list") == "Nothing goes wrong."


def test_a_wish_that_makes_no_sense_is_refused_in_words(cli) -> None:
    assert "missing-scope needs a scope" in cli("fault", "set", "missing-scope")
