"""Making and revoking API keys.

A key holds 256 random bits. The tables keep their SHA-256 and the first characters, so that nobody can be shown a key a
second time; revoking deletes the hash, and with it the way in.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from whop_crm.access import KeyScope, Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.models import ApiKey, ApiKeyLookup
from whop_crm.models.columns import now
from whop_crm.services.api_keys.queries import row_of
from whop_crm.services.api_keys.schemas import NAME_LIMIT, KeyRow, MadeKey
from whop_crm.text import one_line

MARK = "wcrm_"
_SHOWN = len(MARK) + 6
USED_EVERY = timedelta(minutes=1)


async def make_key(db: CompanyDb, name: str, scopes: Collection[KeyScope]) -> MadeKey:
    """Raises InvalidInput without a name or a scope."""
    db.scope.require(Permission.KEYS_MANAGE)
    called, wanted = key_name(name), [one for one in KeyScope if one in scopes]
    if not wanted:
        raise InvalidInput("Choose what the key may do: read, write or export.", "scopes")
    secret = MARK + secrets.token_urlsafe(32)
    key = ApiKey(
        company_id=db.scope.company_id, name=called, prefix=secret[:_SHOWN], scopes=" ".join(wanted),
        created_by=db.scope.actor.user_id, created_by_name=db.scope.actor.name,
    )  # fmt: skip
    db.add(key)
    await db.flush()
    db.add(
        ApiKeyLookup(key_hash=hashed(secret), company_id=key.company_id, key_id=key.id, name=called, scopes=key.scopes)
    )
    await db.flush()
    return MadeKey(row_of(key), secret)


async def revoke_key(db: CompanyDb, key_id: int) -> KeyRow:
    """From its commit on the key opens nothing; twice is once. Raises NotFound."""
    db.scope.require(Permission.KEYS_MANAGE)
    key = await db.scalar(select(ApiKey).where(col(ApiKey.id) == key_id).with_for_update())
    if key is None:
        raise NotFound("There is no such API key in this company.")
    mine = col(ApiKeyLookup.company_id) == db.scope.company_id, col(ApiKeyLookup.key_id) == key_id
    await db.execute(delete(ApiKeyLookup).where(*mine))
    key.revoked_at = key.revoked_at or now()
    await db.flush()
    return row_of(key)


async def touch_key(db: CompanyDb, key_id: int) -> None:
    """Notes that the key is in use, at most once a minute."""
    db.scope.require(Permission.MEMBERS_READ)
    used = col(ApiKey.last_used_at)
    long_ago = or_(used.is_(None), used < now() - USED_EVERY)
    await db.execute(update(ApiKey).where(col(ApiKey.id) == key_id, long_ago).values(last_used_at=now()))


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def key_name(text: str) -> str:
    """The name as it is stored. Raises InvalidInput."""
    name = one_line(text)
    if not name:
        raise InvalidInput("Give the key a name that says what it is for.", "name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"A key's name can have at most {NAME_LIMIT} characters; this one has {len(name)}.", "name")
    return name
