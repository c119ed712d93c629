"""Reading API keys."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import KeyScope, Permission
from whop_crm.db import CompanyDb
from whop_crm.models import ApiKey
from whop_crm.services.api_keys.schemas import KeyRow


async def list_keys(db: CompanyDb) -> list[KeyRow]:
    """The company's keys: those in use first, then the revoked ones; the newest first."""
    db.scope.require(Permission.KEYS_MANAGE)
    revoked = col(ApiKey.revoked_at).is_not(None)
    found = await db.scalars(select(ApiKey).order_by(revoked, col(ApiKey.created_at).desc(), col(ApiKey.id).desc()))
    return [row_of(key) for key in found]


def row_of(key: ApiKey) -> KeyRow:
    scopes = tuple(KeyScope(one) for one in key.scopes.split())
    return KeyRow(
        key.id, key.name, key.prefix, scopes, key.created_by_name, key.created_at, key.last_used_at, key.revoked_at
    )
