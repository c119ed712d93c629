"""OAuth 2.1 with PKCE and OpenID Connect, as `https://api.whop.com/oauth/` does it.

Nobody has a password here: the authorize page lists people to continue as. Everything else is strict, so that
what works against the sandbox works against Whop.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from whop_crm.sandbox.grants import ACCESS_SECONDS, CodeRequest, Grants, OAuthError, Tokens
from whop_crm.sandbox.keys import KeyRing, SandboxCredentials
from whop_crm.sandbox.oauth_page import SignInGroup, sign_in_page, trouble_page

_FIELDS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
    "code_challenge", "code_challenge_method", "company_id",
)  # fmt: skip
_SCOPE = re.compile(r"^[a-z_]+(:[a-z_]+)*$")
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class SignIn:
    """What OAuth needs of the rest of the sandbox.

    `redirect_uris` are compared exactly. `groups` lists the people of the authorize page; `find_user` gives the
    profile behind a user id (`name, username, picture, email`), or None. `confidential` demands the client secret
    of each token request, as an app set to a confidential client does.
    """

    credentials: SandboxCredentials
    keys: KeyRing
    grants: Grants
    redirect_uris: tuple[str, ...]
    groups: Callable[[], Iterable[SignInGroup]]
    find_user: Callable[[str], Mapping[str, Any] | None]
    confidential: bool = False
    clock: Callable[[], float] = field(default=time)


class _Untrusted(Exception):
    """A request that may not be answered by a redirect, because its target is not known to be the app's."""


def oauth_router(sign_in: SignIn) -> APIRouter:
    """`/oauth/*` and the discovery documents, JWKS included."""
    router = APIRouter()
    _add_browser_routes(router, sign_in)
    _add_token_routes(router, sign_in)
    _add_discovery(router, sign_in)
    return router


def _add_browser_routes(router: APIRouter, sign_in: SignIn) -> None:
    @router.get("/oauth/authorize")
    async def authorize(request: Request) -> Response:
        fields = _known(request.query_params)
        return _checked(sign_in, fields) or _people_page(sign_in, fields)

    @router.post("/oauth/authorize")
    async def choose(request: Request) -> Response:
        sent = await _sent(request)
        return _checked(sign_in, _known(sent)) or _chosen(sign_in, _known(sent), sent.get("user_id", ""))


def _add_token_routes(router: APIRouter, sign_in: SignIn) -> None:
    @router.post("/oauth/token")
    async def token(request: Request) -> Response:
        try:
            sent = await _sent(request)
            _check_client(sign_in, request, sent)
            tokens = _exchange(sign_in, sent)
        except OAuthError as error:
            return JSONResponse(error.body(), error.status, _NO_STORE)
        return JSONResponse(_token_body(sign_in, tokens, _issuer(request)), headers=_NO_STORE)

    @router.post("/oauth/revoke")
    async def revoke(request: Request) -> Response:
        try:
            sent = await _sent(request)
            _check_client(sign_in, request, sent)
            sign_in.grants.revoke(_required(sent, "token"))
        except OAuthError as error:
            return JSONResponse(error.body(), error.status, _NO_STORE)
        return JSONResponse({}, headers=_NO_STORE)

    @router.api_route("/oauth/userinfo", methods=["GET", "POST"])
    async def userinfo(request: Request) -> Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        grant = sign_in.grants.find_access(value, sign_in.clock()) if scheme.lower() == "bearer" else None
        if grant is None:
            error = OAuthError("invalid_token", "The access token is missing, wrong or expired.", 401)
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"', **_NO_STORE}
            return JSONResponse(error.body(), error.status, challenge)
        return JSONResponse(_claims(sign_in, grant.user_id, grant.scopes), headers=_NO_STORE)


def _add_discovery(router: APIRouter, sign_in: SignIn) -> None:
    @router.get("/.well-known/openid-configuration")
    @router.get("/oauth/.well-known/openid-configuration")
    async def openid_configuration(request: Request) -> dict[str, Any]:
        return discovery(_issuer(request))

    @router.get("/.well-known/jwks.json")
    @router.get("/oauth/.well-known/jwks.json")
    async def jwks() -> JSONResponse:
        return JSONResponse(sign_in.keys.jwks(), headers={"Cache-Control": "public, max-age=300"})


def discovery(issuer: str) -> dict[str, Any]:
    """The OpenID provider metadata of a sandbox at this origin."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "profile", "email"],
        "claims_supported": ["sub", "name", "preferred_username", "picture", "email", "email_verified"],
    }


def _known(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: sent[name] for name in _FIELDS if sent.get(name)}


def _checked(sign_in: SignIn, fields: dict[str, str]) -> Response | None:
    """The answer to a request that cannot go on; None when all is well."""
    try:
        _trust(sign_in, fields)
        _check_request(fields)
    except _Untrusted as error:
        hint = "Whop would refuse this request too. Check the app's settings, then sign in again from the app."
        return HTMLResponse(trouble_page(str(error), hint), 400, _PAGE_HEADERS)
    except OAuthError as error:
        return _back(fields, error.body())
    return None


def _trust(sign_in: SignIn, fields: dict[str, str]) -> None:
    if fields.get("client_id") != sign_in.credentials.app_id:
        raise _Untrusted("There is no app with this client_id in the sandbox.")
    if "redirect_uri" not in fields:
        raise _Untrusted("The request has no redirect_uri.")
    if fields["redirect_uri"] not in sign_in.redirect_uris:
        raise _Untrusted(f"The redirect_uri {fields['redirect_uri']} is not registered for this app.")


def _check_request(fields: dict[str, str]) -> None:
    if fields.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.match(fields.get("code_challenge", "")):
        raise OAuthError("invalid_request", "PKCE is required: code_challenge with code_challenge_method=S256.")
    scopes = fields.get("scope", "").split()
    if not scopes or not all(_SCOPE.match(scope) for scope in scopes):
        raise OAuthError("invalid_scope", "scope must name at least one scope, such as openid.")
    if "openid" in scopes and "nonce" not in fields:
        raise OAuthError("invalid_request", "nonce is required with the openid scope.")


def _people_page(sign_in: SignIn, fields: dict[str, str]) -> Response:
    return HTMLResponse(sign_in_page(sign_in.groups(), fields), headers=_PAGE_HEADERS)


def _chosen(sign_in: SignIn, fields: dict[str, str], user_id: str) -> Response:
    if not user_id:
        return _back(fields, {"error": "access_denied", "error_description": "The person chose not to continue."})
    if sign_in.find_user(user_id) is None:
        return _back(fields, {"error": "access_denied", "error_description": "There is no such person."})
    request = CodeRequest(
        user_id=user_id,
        redirect_uri=fields["redirect_uri"],
        scope=fields["scope"],
        challenge=fields["code_challenge"],
        nonce=fields.get("nonce"),
        company_id=fields.get("company_id"),
    )
    return _back(fields, {"code": sign_in.grants.issue_code(request, sign_in.clock())})


def _back(fields: dict[str, str], answer: dict[str, str]) -> Response:
    target = fields["redirect_uri"]
    if "state" in fields:
        answer = {**answer, "state": fields["state"]}
    joint = "&" if urlsplit(target).query else "?"
    return RedirectResponse(f"{target}{joint}{urlencode(answer)}", 303, {"Cache-Control": "no-store"})


async def _sent(request: Request) -> dict[str, str]:
    """The body's parameters, form or JSON; what is not text is left out."""
    raw = await request.body()
    if "json" in request.headers.get("content-type", ""):
        try:
            body = json.loads(raw)
        except ValueError:
            raise OAuthError("invalid_request", "The body is not JSON.") from None
        return {k: v for k, v in body.items() if isinstance(v, str)} if isinstance(body, dict) else {}
    return dict(parse_qsl(raw.decode("utf-8", "replace")))


def _required(sent: dict[str, str], name: str) -> str:
    if not sent.get(name):
        raise OAuthError("invalid_request", f"{name} is missing.")
    return sent[name]


def _check_client(sign_in: SignIn, request: Request, sent: dict[str, str]) -> None:
    basic = _basic(request.headers.get("authorization", ""))
    client_id, secret = basic or (sent.get("client_id"), sent.get("client_secret"))
    if client_id != sign_in.credentials.app_id:
        raise OAuthError("invalid_client", "client_id is missing or unknown.", 401)
    if (secret or sign_in.confidential) and secret != sign_in.credentials.oauth_client_secret:
        raise OAuthError("invalid_client", "client_secret is wrong.", 401)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", "The Authorization header is not Basic.", 401) from None
    return unquote(user), unquote(secret)


def _exchange(sign_in: SignIn, sent: dict[str, str]) -> Tokens:
    now = sign_in.clock()
    match _required(sent, "grant_type"):
        case "authorization_code":
            return sign_in.grants.redeem(
                _required(sent, "code"),
                redirect_uri=_required(sent, "redirect_uri"),
                verifier=_required(sent, "code_verifier"),
                now=now,
            )
        case "refresh_token":
            return sign_in.grants.refresh(
                _required(sent, "refresh_token"), company_id=sent.get("company_id") or None, now=now
            )
        case _:
            raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")


def _token_body(sign_in: SignIn, tokens: Tokens, issuer: str) -> dict[str, Any]:
    grant = tokens.grant
    body: dict[str, Any] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": tokens.refresh_token,
        "scope": grant.scope,
    }
    if "openid" in grant.scopes:
        body["id_token"] = sign_in.keys.id_token(
            issuer=issuer,
            user=_claims(sign_in, grant.user_id, grant.scopes),
            app_id=sign_in.credentials.app_id,
            nonce=grant.nonce,
            now=sign_in.clock(),
        )
    return body


def _claims(sign_in: SignIn, user_id: str, scopes: frozenset[str]) -> dict[str, Any]:
    """`sub`, and with the profile and email scopes what they stand for."""
    user = sign_in.find_user(user_id) or {}
    claims: dict[str, Any] = {"sub": user_id}
    if "profile" in scopes:
        claims |= {
            "name": user.get("name"),
            "preferred_username": user.get("username"),
            "picture": user.get("picture"),
        }
    if "email" in scopes:
        claims |= {"email": user.get("email"), "email_verified": user.get("email") is not None}
    return claims


def _issuer(request: Request) -> str:
    return str(request.base_url).rstrip("/")
