"""Who Whop says is at the frame: the token that its proxy puts on each request to an embedded app.

It is a JWT, signed with ES256 by a key of WHOP_BASE_URL's JWKS. It names a person and nothing else: the company is in
the address, and whether the person may open it is asked separately.
"""

import asyncio
import time
from functools import lru_cache
from typing import Any, cast

import httpx
import jwt

from whop_crm.config import Settings, settings
from whop_crm.errors import NotConfigured, SignInNeeded, WhopUnavailable

HEADER = b"x-whop-user-token"
_ISSUER = "urn:whopcom:exp-proxy"
_ALGORITHM = "ES256"
_LEEWAY = 30
_MOST_LETTERS = 4096
_KEYS_KEPT = 12 * 3600.0
_COOLDOWN = 60.0
_PATIENCE = 2.0
_NO_KEYS = "Whop's keys cannot be read. Try again in a moment."


class UserTokenRefused(SignInNeeded):
    """The token is not Whop's, not for this app, or `expired`."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class UserTokens:
    """Checks tokens. Whop's keys are kept for 12 hours; for a key not among them they are read again, at most once a
    minute, so that neither a rotation nor made-up key ids do harm.
    """

    def __init__(self, found: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        if found.whop_app_id is None:
            raise NotConfigured("WHOP_APP_ID is not set. It is the id of the app, app_…, from Whop's dashboard.")
        self._app_id = found.whop_app_id
        self._address = f"{found.whop_origin}/.well-known/jwks.json"
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(5.0, connect=3.0), transport=transport)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._searched_at = self._failed_at = float("-inf")
        self._reading = asyncio.Lock()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def verify(self, token: str) -> str:
        """The Whop user id (`user_…`) that the token speaks for. Raises UserTokenRefused, or WhopUnavailable while
        there is no key to check it with.
        """
        try:
            key = await self._key(self._key_id(token))
            claims = jwt.decode(
                token, key, algorithms=[_ALGORITHM], audience=self._app_id, issuer=_ISSUER, leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"], "strict_aud": True},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise UserTokenRefused("Whop's word on who you are has run out.", expired=True) from None
        except jwt.PyJWTError as error:
            raise UserTokenRefused(f"The user token is not Whop's for this app ({type(error).__name__}).") from None
        return _user_id(claims)

    def _key_id(self, token: str) -> str:
        """The key that the token names. Raises PyJWTError for what cannot be ours, before any key is read for it."""
        if len(token) > _MOST_LETTERS:
            raise jwt.InvalidTokenError("too long")
        head = jwt.get_unverified_header(token)
        if head.get("alg") != _ALGORITHM:
            raise jwt.InvalidAlgorithmError("not ES256")
        return str(head.get("kid", ""))

    async def _key(self, kid: str) -> jwt.PyJWK:
        if kid not in self._keys or time.monotonic() - self._read_at > _KEYS_KEPT:
            async with self._reading:
                await self._look_for(kid)
        if kid not in self._keys:
            raise jwt.InvalidKeyError("unknown key")
        return self._keys[kid]

    async def _look_for(self, kid: str) -> None:
        now = time.monotonic()
        if kid in self._keys and now - self._read_at <= _KEYS_KEPT:
            return
        if self._keys and now - self._searched_at <= _COOLDOWN:
            return
        if not self._keys and now - self._failed_at <= _PATIENCE:
            raise WhopUnavailable(_NO_KEYS)
        if self._keys:
            self._searched_at = now
        try:
            self._keys, self._read_at = await self._read(), now
        except WhopUnavailable:
            self._failed_at = time.monotonic()
            if not self._keys:
                raise

    async def _read(self) -> dict[str, jwt.PyJWK]:
        try:
            answer = await self._http.get(self._address)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(cast("dict[str, Any]", answer.json()))
        except (httpx.HTTPError, ValueError, TypeError, AttributeError, jwt.PyJWTError):
            raise WhopUnavailable(_NO_KEYS) from None
        return {key.key_id: key for key in found.keys if key.key_id}


def _user_id(claims: dict[str, Any]) -> str:
    subject = claims["sub"]
    if (
        not isinstance(subject, str)
        or not subject.startswith("user_")
        or not subject[5:].isalnum()
        or not subject.isascii()
    ):
        raise UserTokenRefused("The user token names nobody.")
    return subject


@lru_cache
def user_tokens() -> UserTokens:
    """This process's checker. Call `close()` when its event loop ends."""
    return UserTokens(settings())


async def close() -> None:
    if user_tokens.cache_info().currsize:
        await user_tokens().aclose()
        user_tokens.cache_clear()
