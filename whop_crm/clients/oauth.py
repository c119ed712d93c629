"""Signing in with Whop: OAuth 2.1 with PKCE, and OpenID Connect for who it was.

Endpoints are those of WHOP_BASE_URL, whatever its discovery document says; only the issuer's name is taken from there,
because Whop's own sandbox names its production host.
"""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import jwt

from whop_crm import routes
from whop_crm.config import Settings, settings
from whop_crm.errors import NotConfigured, SignInNeeded, WhopError, WhopUnavailable

SCOPE = "openid profile email company:basic:read"
"""Who it is, and with the last one which companies are theirs."""
_ALGORITHMS = ["ES256", "RS256"]
_KEYS_KEPT = 12 * 3600.0
_LEEWAY = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a sign-in must remember between leaving for Whop and coming back. All three are random."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Tokens:
    """A grant. `expires_at` is in unix seconds; the refresh token changes with each use."""

    access: str
    refresh: str | None
    expires_at: float
    id_token: str | None = None

    def encode(self) -> bytes:
        return json.dumps({**asdict(self), "id_token": None}).encode()

    @classmethod
    def decode(cls, raw: bytes) -> "Tokens":
        return cls(**json.loads(raw))


@dataclass(frozen=True, slots=True)
class Profile:
    """Who signed in; `user_id` is Whop's `user_…`."""

    user_id: str
    name: str
    username: str | None
    photo: str | None


class SignInRefused(SignInNeeded):
    """Whop, or our own check of what it sent, does not accept this sign-in."""


class OAuthClient:
    """Talks to Whop's OAuth endpoints. Methods raise SignInRefused, or WhopUnavailable when Whop does not answer."""

    def __init__(self, found: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        if found.whop_app_id is None:
            raise NotConfigured("WHOP_APP_ID is not set. It is the id of the app, app_…, from Whop's dashboard.")
        self._origin = found.whop_origin
        self._app_id = found.whop_app_id
        self._secret = found.whop_oauth_client_secret
        self._redirect_uri = found.origin + routes.SIGN_IN_CALLBACK
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(10.0, connect=5.0), transport=transport)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_read = float("-inf")
        self._issuers: frozenset[str] = frozenset()

    async def aclose(self) -> None:
        await self._http.aclose()

    def authorize_url(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in."""
        query = {
            "response_type": "code",
            "client_id": self._app_id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._origin}/oauth/authorize?{urlencode(query)}"

    async def redeem(self, code: str, attempt: Attempt) -> tuple[Tokens, Profile]:
        """Exchanges the code, checks the id token, and asks who it is."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        tokens = await self._tokens(sent)
        if tokens.id_token is None:
            raise SignInRefused("Whop did not say who signed in.")
        subject = await self._verified_subject(tokens.id_token, attempt.nonce)
        profile = await self.userinfo(tokens.access)
        if profile.user_id != subject:
            raise SignInRefused("Whop named two different people in one sign-in.")
        return tokens, profile

    async def refresh(self, tokens: Tokens) -> Tokens:
        """New tokens for old; the old refresh token is worthless afterwards."""
        if tokens.refresh is None:
            raise SignInRefused("Whop gave no refresh token for this sign-in.")
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})

    async def userinfo(self, access_token: str) -> Profile:
        answer = await self._send("GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {access_token}"})
        subject = answer.get("sub")
        if not isinstance(subject, str) or not subject.startswith("user_"):
            raise SignInRefused("Whop did not say who signed in.")
        name, username, photo = (_text(answer.get(key)) for key in ("name", "preferred_username", "picture"))
        return Profile(subject, name or username or "Somebody", username, photo)

    async def revoke(self, tokens: Tokens) -> None:
        """Ends the grant at Whop. An access token lives out its hour."""
        await self._send("POST", "/oauth/revoke", data=self._with_client({"token": tokens.refresh or tokens.access}))

    async def _tokens(self, sent: dict[str, str]) -> Tokens:
        answer = await self._send("POST", "/oauth/token", data=self._with_client(sent))
        access = answer.get("access_token")
        if not isinstance(access, str) or not access:
            raise SignInRefused("Whop sent no access token.")
        seconds = answer.get("expires_in")
        lifetime = float(seconds) if isinstance(seconds, int | float) else 3600.0
        return Tokens(access, _text(answer.get("refresh_token")), time.time() + lifetime, _text(answer.get("id_token")))

    def _with_client(self, sent: dict[str, str]) -> dict[str, str]:
        secret = {"client_secret": self._secret.get_secret_value()} if self._secret else {}
        return {**sent, "client_id": self._app_id, **secret}

    async def _verified_subject(self, id_token: str, nonce: str) -> str:
        try:
            claims = await self._claims(id_token)
        except jwt.PyJWTError as error:
            raise SignInRefused(f"Whop's id token is not valid: {type(error).__name__}.") from None
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise SignInRefused("Whop's id token belongs to another sign-in.")
        return str(claims["sub"])

    async def _claims(self, id_token: str) -> dict[str, Any]:
        key = await self._key(str(jwt.get_unverified_header(id_token).get("kid", "")))
        return jwt.decode(
            id_token, key, algorithms=_ALGORITHMS, audience=self._app_id, issuer=sorted(self._issuers),
            leeway=_LEEWAY, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )  # fmt: skip

    async def _key(self, kid: str) -> jwt.PyJWK:
        # Only Whop's own answer to our code comes here, so an unknown key is a new one and worth asking for at once.
        if kid not in self._keys or time.monotonic() - self._keys_read > _KEYS_KEPT:
            await self._read_keys()
        if kid not in self._keys:
            raise jwt.InvalidKeyError("unknown kid")
        return self._keys[kid]

    async def _read_keys(self) -> None:
        read = await self._send("GET", "/.well-known/jwks.json")
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(read).keys if key.key_id}
        self._issuers = frozenset({self._origin, f"{self._origin}/oauth", await self._issuer()})
        self._keys_read = time.monotonic()

    async def _issuer(self) -> str:
        try:
            found = await self._send("GET", "/.well-known/openid-configuration")
        except (WhopError, SignInRefused):
            return self._origin
        return _text(found.get("issuer")) or self._origin

    async def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, self._origin + path, **options)
        except httpx.HTTPError:
            raise WhopUnavailable("Whop cannot be reached. Try again in a moment.") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise WhopUnavailable("Whop is busy. Try again in a moment.")
        if answer.status_code >= 400:
            raise SignInRefused("Whop did not accept this sign-in.")
        try:
            body: object = answer.json()
        except ValueError:
            raise WhopUnavailable("Whop's answer cannot be read.") from None
        return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


@lru_cache
def oauth() -> OAuthClient:
    """This process's client. Call `close()` when its event loop ends."""
    return OAuthClient(settings())


async def close() -> None:
    if oauth.cache_info().currsize:
        await oauth().aclose()
        oauth.cache_clear()
