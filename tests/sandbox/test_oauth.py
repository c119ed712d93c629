"""Signing in: the page of people, codes with PKCE, tokens, and every way in which it must not work."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from tests.support.sandbox import QUIET, new_folder, open_app
from whop_crm.sandbox.grants import CodeRequest, Grants, OAuthError, challenge_of
from whop_crm.sandbox.server import Sandbox

BACK = "http://localhost:3000/auth/callback"
VERIFIER = "a-verifier-that-is-at-least-forty-three-characters-long"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[tuple[Sandbox, httpx.AsyncClient]]:
    async with open_app(new_folder(tmp_path)) as pair:
        yield pair


def _ask(sandbox: Sandbox, **changes: str | None) -> dict[str, str]:
    fields = {
        "response_type": "code",
        "client_id": sandbox.credentials.app_id,
        "redirect_uri": BACK,
        "scope": "openid profile email",
        "state": "st4te",
        "nonce": "n0nce",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _owner(sandbox: Sandbox) -> str:
    account_id = sandbox.store.installed_accounts[0]
    return sandbox.store.select("team_member", account_id=account_id, role="owner")[0]["user"]["id"]


def _answer(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    target = urlsplit(response.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == BACK
    return {key: values[0] for key, values in parse_qs(target.query).items()}


async def _code(sandbox: Sandbox, client: httpx.AsyncClient, **changes: str | None) -> str:
    form = {**_ask(sandbox, **changes), "user_id": _owner(sandbox)}
    return _answer(await client.post("/oauth/authorize", data=form))["code"]


def _exchange(sandbox: Sandbox, code: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": sandbox.credentials.app_id,
        "code_verifier": VERIFIER,
        **changes,
    }


def _refresh(sandbox: Sandbox, token: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": sandbox.credentials.app_id,
        **changes,
    }


async def _signed_in(sandbox: Sandbox, client: httpx.AsyncClient, **changes: str) -> dict[str, str]:
    code = await _code(sandbox, client, **changes)
    return (await client.post("/oauth/token", json=_exchange(sandbox, code))).json()


async def test_the_page_lists_people_of_both_companies_and_a_stranger(opened) -> None:
    sandbox, client = opened
    page = await client.get("/oauth/authorize", params=_ask(sandbox))
    assert page.status_code == 200
    roles = re.findall(r'<span class="role">([^<]+)</span>', page.text)
    assert {"Owner", "Admin", "Manager", "Support", "Moderator", "Member", "Stranger"} <= set(roles)
    assert roles.count("Owner") == len(sandbox.store.installed_accounts) == 2
    assert "script" not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_sign_in_ends_in_tokens_and_a_profile(opened) -> None:
    sandbox, client = opened
    user_id = _owner(sandbox)
    answer = _answer(await client.post("/oauth/authorize", data={**_ask(sandbox), "user_id": user_id}))
    assert answer["state"] == "st4te"
    response = await client.post("/oauth/token", json=_exchange(sandbox, answer["code"]))
    tokens = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "openid profile email")

    keys = jwt.PyJWKSet.from_dict((await client.get("/.well-known/jwks.json")).json())
    key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
    claims = jwt.decode(
        tokens["id_token"],
        key,
        algorithms=["ES256"],
        audience=sandbox.credentials.app_id,
        issuer="http://127.0.0.1:4000",
    )
    assert (claims["sub"], claims["nonce"]) == (user_id, "n0nce")

    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    profile = (await client.get("/oauth/userinfo", headers=bearer)).json()
    user = sandbox.store.get("user", user_id)
    assert profile["sub"] == user_id
    assert (profile["name"], profile["preferred_username"]) == (user["name"], user["username"])
    assert (profile["email"], profile["email_verified"]) == (user["email"], True)
    assert profile["picture"].startswith("http://127.0.0.1:4000/avatars/")


async def test_only_granted_scopes_are_told(opened) -> None:
    sandbox, client = opened
    tokens = await _signed_in(sandbox, client, scope="openid")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert set((await client.get("/oauth/userinfo", headers=bearer)).json()) == {"sub"}


async def test_a_token_request_may_be_a_form(opened) -> None:
    sandbox, client = opened
    code = await _code(sandbox, client)
    answer = await client.post("/oauth/token", data=_exchange(sandbox, code))
    assert answer.status_code == 200
    assert "refresh_token" in answer.json()


async def test_a_client_secret_must_be_right_where_it_is_sent(opened) -> None:
    sandbox, client = opened
    code = await _code(sandbox, client)
    wrong = await client.post("/oauth/token", json=_exchange(sandbox, code, client_secret="guess"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    body = _exchange(sandbox, code)
    del body["client_id"]
    own = (sandbox.credentials.app_id, sandbox.credentials.oauth_client_secret)
    assert (await client.post("/oauth/token", data=body, auth=own)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another-verifier-that-is-also-long-enough-to-be-one"}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:3000/elsewhere"}, "invalid_grant"),
        ({"code": "code_unknown"}, "invalid_grant"),
        ({"client_id": "app_unknown"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code_verifier": ""}, "invalid_request"),
    ],
)
async def test_a_code_is_refused(opened, changes: dict[str, str], error: str) -> None:
    sandbox, client = opened
    code = await _code(sandbox, client)
    answer = await client.post("/oauth/token", json={**_exchange(sandbox, code), **changes})
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


async def test_a_code_used_twice_takes_its_tokens_along(opened) -> None:
    sandbox, client = opened
    code = await _code(sandbox, client)
    tokens = (await client.post("/oauth/token", json=_exchange(sandbox, code))).json()
    again = await client.post("/oauth/token", json=_exchange(sandbox, code))
    assert again.json()["error"] == "invalid_grant"
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/oauth/userinfo", headers=bearer)).status_code == 401
    refreshed = await client.post("/oauth/token", json=_refresh(sandbox, tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"


async def test_a_refresh_token_rotates(opened) -> None:
    sandbox, client = opened
    first = await _signed_in(sandbox, client)
    second = (await client.post("/oauth/token", json=_refresh(sandbox, first["refresh_token"]))).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = await client.post("/oauth/token", json=_refresh(sandbox, second["refresh_token"]))
    assert third.status_code == 200


async def test_an_old_refresh_token_ends_the_family(opened) -> None:
    sandbox, client = opened
    first = await _signed_in(sandbox, client)
    second = (await client.post("/oauth/token", json=_refresh(sandbox, first["refresh_token"]))).json()
    stolen = await client.post("/oauth/token", json=_refresh(sandbox, first["refresh_token"]))
    assert stolen.json()["error"] == "invalid_grant"
    after = await client.post("/oauth/token", json=_refresh(sandbox, second["refresh_token"]))
    assert after.json()["error"] == "invalid_grant"


async def test_company_id_must_be_repeated(opened) -> None:
    sandbox, client = opened
    company_id = sandbox.store.installed_accounts[0]
    tokens = await _signed_in(sandbox, client, company_id=company_id)
    without = await client.post("/oauth/token", json=_refresh(sandbox, tokens["refresh_token"]))
    assert without.json()["error"] == "invalid_grant"
    repeated = _refresh(sandbox, tokens["refresh_token"], company_id=company_id)
    assert (await client.post("/oauth/token", json=repeated)).status_code == 200


async def test_revoking_ends_refreshing_and_leaves_the_access_token_its_hour(opened) -> None:
    sandbox, client = opened
    tokens = await _signed_in(sandbox, client)
    body = {"token": tokens["refresh_token"], "client_id": sandbox.credentials.app_id}
    assert (await client.post("/oauth/revoke", json=body)).status_code == 200
    assert (await client.post("/oauth/revoke", json=body)).status_code == 200
    refreshed = await client.post("/oauth/token", json=_refresh(sandbox, tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/oauth/userinfo", headers=bearer)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://localhost:3000/auth/callback/"},
        {"redirect_uri": "https://evil.example/<script>alert(1)</script>"},
        {"redirect_uri": None},
        {"client_id": "app_unknown"},
        {"client_id": None},
    ],
)
async def test_a_request_that_cannot_be_trusted_is_never_redirected(opened, changes: dict[str, str | None]) -> None:
    sandbox, client = opened
    shown = await client.get("/oauth/authorize", params=_ask(sandbox, **changes))
    chosen = await client.post("/oauth/authorize", data={**_ask(sandbox, **changes), "user_id": _owner(sandbox)})
    for answer in (shown, chosen):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "cannot go on" in answer.text
        assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid DROP"}, "invalid_scope"),
        ({"nonce": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
async def test_a_wrong_request_returns_to_the_app_with_its_error(
    opened, changes: dict[str, str | None], error: str
) -> None:
    sandbox, client = opened
    answer = _answer(await client.get("/oauth/authorize", params=_ask(sandbox, **changes)))
    assert (answer["error"], answer["state"]) == (error, "st4te")


@pytest.mark.parametrize("user_id", ["", "user_nobody"])
async def test_who_does_not_continue_returns_without_a_code(opened, user_id: str) -> None:
    sandbox, client = opened
    answer = _answer(await client.post("/oauth/authorize", data={**_ask(sandbox), "user_id": user_id}))
    assert answer["error"] == "access_denied"
    assert "code" not in answer


async def test_userinfo_wants_a_token(opened) -> None:
    _, client = opened
    answer = await client.get("/oauth/userinfo", headers={"authorization": "Bearer nothing"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_discovery_names_this_origin(opened) -> None:
    _, client = opened
    for path in ("/.well-known/openid-configuration", "/oauth/.well-known/openid-configuration"):
        found = (await client.get(path)).json()
        assert found["issuer"] == "http://127.0.0.1:4000"
        assert found["token_endpoint"] == "http://127.0.0.1:4000/oauth/token"
        assert found["jwks_uri"] == "http://127.0.0.1:4000/.well-known/jwks.json"


async def test_sign_ins_survive_a_restart(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    async with open_app(folder) as (sandbox, client):
        tokens = await _signed_in(sandbox, client)
    async with open_app(folder, QUIET) as (sandbox, client):
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.get("/oauth/userinfo", headers=bearer)).status_code == 200
        assert (await client.post("/oauth/token", json=_refresh(sandbox, tokens["refresh_token"]))).status_code == 200


async def test_codes_and_tokens_expire(opened) -> None:
    sandbox, _ = opened
    grants: Grants = sandbox.grants
    wish = CodeRequest(_owner(sandbox), BACK, "openid", challenge_of(VERIFIER))
    code = grants.issue_code(wish, now=1000.0)
    with pytest.raises(OAuthError, match="older than 60 seconds"):
        grants.redeem(code, redirect_uri=BACK, verifier=VERIFIER, now=1060.0)
    code = grants.issue_code(wish, now=1000.0)
    tokens = grants.redeem(code, redirect_uri=BACK, verifier=VERIFIER, now=1059.0)
    assert grants.find_access(tokens.access_token, now=1059.0 + 3599) is not None
    assert grants.find_access(tokens.access_token, now=1059.0 + 3600) is None
