"""Codes and tokens of OAuth, hashed in the sandbox's database.

A sign-in starts a family: the code, and every access and refresh token that descends from it. Codes and
refresh tokens work once; using one again ends the whole family, as OAuth 2.1 asks. Revoking ends the refresh
tokens only: an access token lives out its hour, as Whop's do.
"""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from whop_crm.sandbox.store import Store

CODE_SECONDS = 60
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 90 * 86400

GRANT_TABLES = """
CREATE TABLE IF NOT EXISTS oauth_codes (
    hash TEXT PRIMARY KEY, family TEXT NOT NULL, user_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL, company_id TEXT, nonce TEXT, challenge TEXT NOT NULL,
    expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS oauth_tokens (
    hash TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')), family TEXT NOT NULL,
    user_id TEXT NOT NULL, scope TEXT NOT NULL, company_id TEXT, nonce TEXT,
    expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS oauth_tokens_family ON oauth_tokens (family);
"""


class OAuthError(Exception):
    """An error of RFC 6749: `code` such as `invalid_grant`, a sentence, and the HTTP status to answer with."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code, self.description, self.status = code, description, status

    def body(self) -> dict[str, str]:
        return {"error": self.code, "error_description": self.description}


@dataclass(frozen=True)
class Grant:
    """Who signed in, and for what. `scope` is space-separated; `company_id` only where the app asked."""

    family: str
    user_id: str
    scope: str
    company_id: str | None
    nonce: str | None

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())


@dataclass(frozen=True)
class Tokens:
    """A fresh pair, in clear: the only time they are."""

    grant: Grant
    access_token: str
    refresh_token: str


@dataclass(frozen=True)
class CodeRequest:
    """What the authorize request asked for and the code must be redeemed with."""

    user_id: str
    redirect_uri: str
    scope: str
    challenge: str
    nonce: str | None = None
    company_id: str | None = None


class Grants:
    """The codes and tokens kept in the sandbox's store. Moments are in unix seconds.

    `expires_early` is asked with "access" or "refresh" for each token that is shown: a fault may end it.
    """

    def __init__(self, store: Store, expires_early: Callable[[str], bool] | None = None) -> None:
        self._store = store
        self._expires_early = expires_early or (lambda _: False)
        self._write = store.transaction
        with self._write() as db:
            for statement in GRANT_TABLES.split(";"):
                db.execute(statement)

    def issue_code(self, request: CodeRequest, now: float) -> str:
        code = "code_" + secrets.token_urlsafe(32)
        row = (
            _hash(code), secrets.token_hex(12), request.user_id, request.redirect_uri, request.scope,
            request.company_id, request.nonce, request.challenge, now + CODE_SECONDS,
        )  # fmt: skip
        with self._write() as db:
            db.execute("INSERT INTO oauth_codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", row)
        return code

    def redeem(self, code: str, *, redirect_uri: str, verifier: str, now: float) -> Tokens:
        """Tokens for a code. Raises OAuthError; a code that was used before ends its family."""
        with self._write() as db:
            row = _one(db, "SELECT * FROM oauth_codes WHERE hash = ?", _hash(code))
            error = _code_error(row, redirect_uri, verifier, now)
            if row is not None:
                db.execute("UPDATE oauth_codes SET used = 1 WHERE hash = ?", (row["hash"],))
            if row is not None and row["used"]:
                _end_family(db, row["family"])
            if error is None and row is not None:
                return _issue(db, _grant(row), now)
        raise OAuthError("invalid_grant", error or "This code is unknown.")

    def refresh(self, token: str, *, company_id: str | None, now: float) -> Tokens:
        """A new pair for a refresh token, which stops working. Raises OAuthError; reuse ends the family."""
        with self._write() as db:
            row = _one(db, "SELECT * FROM oauth_tokens WHERE hash = ? AND kind = 'refresh'", _hash(token))
            error = _refresh_error(row, company_id, now)
            if row is not None and error is None and self._expires_early("refresh"):
                error = "This refresh token has expired."
            if row is not None and row["used"]:
                _end_family(db, row["family"])
            if error is None and row is not None:
                db.execute("UPDATE oauth_tokens SET used = 1 WHERE hash = ?", (row["hash"],))
                return _issue(db, _grant(row), now)
        raise OAuthError("invalid_grant", error or "This refresh token is unknown.")

    def revoke(self, token: str) -> None:
        """Ends every refresh token of the family. An unknown token is no error (RFC 7009)."""
        with self._write() as db:
            row = _one(db, "SELECT * FROM oauth_tokens WHERE hash = ?", _hash(token))
            if row is not None:
                db.execute("DELETE FROM oauth_tokens WHERE family = ? AND kind = 'refresh'", (row["family"],))

    def issue_access(self, user_id: str, scope: str, now: float) -> str:
        """An access token without the browser's way round, for commands and tests."""
        with self._write() as db:
            return _issue(db, Grant(secrets.token_hex(12), user_id, scope, None, None), now).access_token

    def find_access(self, token: str, now: float) -> Grant | None:
        """The grant behind a live access token, or None."""
        query = "SELECT * FROM oauth_tokens WHERE hash = ? AND kind = 'access'"
        row = self._store.query_one(query, (_hash(token),))
        if row is None or row["expires_at"] <= now:
            return None
        if self._expires_early("access"):
            with self._write() as db:
                db.execute("DELETE FROM oauth_tokens WHERE hash = ?", (row["hash"],))
            return None
        return _grant(row)

    def forget_expired(self, now: float) -> None:
        with self._write() as db:
            db.execute("DELETE FROM oauth_codes WHERE expires_at < ?", (now - 86400,))
            db.execute("DELETE FROM oauth_tokens WHERE expires_at < ?", (now,))


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _one(db: sqlite3.Connection, query: str, *values: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(query, values).fetchone()
    return row


def _code_error(row: sqlite3.Row | None, redirect_uri: str, verifier: str, now: float) -> str | None:
    if row is None:
        return "This code is unknown."
    if row["used"]:
        return "This code was used before; the tokens it gave are revoked."
    if row["expires_at"] <= now:
        return f"This code is older than {CODE_SECONDS} seconds."
    if row["redirect_uri"] != redirect_uri:
        return "redirect_uri is not the one the code was made for."
    if not hmac.compare_digest(row["challenge"], challenge_of(verifier)):
        return "code_verifier does not match the code_challenge."
    return None


def _refresh_error(row: sqlite3.Row | None, company_id: str | None, now: float) -> str | None:
    if row is None:
        return "This refresh token is unknown or revoked."
    if row["used"]:
        return "This refresh token was used before; its sign-in is revoked."
    if row["expires_at"] <= now:
        return "This refresh token has expired."
    if row["company_id"] != company_id:
        return "company_id must be the one given when the sign-in was authorized."
    return None


def _grant(row: sqlite3.Row) -> Grant:
    return Grant(row["family"], row["user_id"], row["scope"], row["company_id"], row["nonce"])


def _issue(db: sqlite3.Connection, grant: Grant, now: float) -> Tokens:
    access, refresh = "whop_at_" + secrets.token_urlsafe(32), "whop_rt_" + secrets.token_urlsafe(32)
    for kind, token, seconds in (("access", access, ACCESS_SECONDS), ("refresh", refresh, REFRESH_SECONDS)):
        row = (_hash(token), kind, grant.family, grant.user_id, grant.scope, grant.company_id, grant.nonce)
        db.execute("INSERT INTO oauth_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", (*row, now + seconds))
    return Tokens(grant, access, refresh)


def _end_family(db: sqlite3.Connection, family: str) -> None:
    db.execute("DELETE FROM oauth_tokens WHERE family = ?", (family,))
