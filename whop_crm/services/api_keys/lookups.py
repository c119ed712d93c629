"""Who is behind a key, before any company is known, and how often they ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlmodel import col

from whop_crm.access import CompanyRef, KeyScope, Scope
from whop_crm.db import PlatformDb
from whop_crm.models import ApiKeyLookup, ApiRate, Company
from whop_crm.models.columns import now
from whop_crm.services import companies
from whop_crm.services.api_keys.actions import MARK, hashed

RATE_WINDOW = 60
"""Seconds."""
_LENGTH = len(MARK) + 43

_COUNT = text(f"""
INSERT INTO api_rates AS r (caller, began_at, requests) VALUES (:caller, clock_timestamp(), 1)
ON CONFLICT (caller) DO UPDATE SET
    requests = CASE WHEN r.began_at > clock_timestamp() - interval '{RATE_WINDOW} s' THEN r.requests + 1 ELSE 1 END,
    began_at = CASE WHEN r.began_at > clock_timestamp() - interval '{RATE_WINDOW} s' THEN r.began_at
                    ELSE clock_timestamp() END
RETURNING requests, {RATE_WINDOW} - extract(epoch FROM clock_timestamp() - began_at)
""")  # noqa: S608 - the window is ours


@dataclass(frozen=True, slots=True)
class Holder:
    """A key that opens a company."""

    key_id: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Rate:
    """The requests of the running minute, this one included, and the seconds until the next begins."""

    requests: int
    resets_in: float


async def find_holder(db: PlatformDb, secret: str) -> Holder | None:
    """None where the key is unknown or was revoked."""
    if len(secret) != _LENGTH or not secret.startswith(MARK):
        return None
    wanted = select(ApiKeyLookup, Company).join(Company, col(Company.id) == col(ApiKeyLookup.company_id))
    row = (await db.execute(wanted.where(col(ApiKeyLookup.key_hash) == hashed(secret)))).one_or_none()
    if row is None:
        return None
    key, company = row
    return Holder(key.key_id, _scope(companies.company_ref(company), key))


def _scope(company: CompanyRef, key: ApiKeyLookup) -> Scope:
    return Scope.of_key(company, key.key_id, key.name, [KeyScope(one) for one in key.scopes.split()])


async def count_request(db: PlatformDb, caller: str) -> Rate:
    """Counts one more. What is lost when the machine fails is no more than a count, so nobody waits for the disk."""
    await db.execute(text("SET LOCAL synchronous_commit = off"))
    requests, left = (await db.execute(_COUNT, {"caller": caller})).one()
    return Rate(int(requests), max(0.0, float(left)))


async def forget_old_rates(db: PlatformDb, before: datetime | None = None) -> int:
    """Deletes the counts of callers who have not asked for a day; returns how many."""
    since = before or now() - timedelta(days=1)
    gone = await db.scalars(delete(ApiRate).where(col(ApiRate.began_at) < since).returning(col(ApiRate.caller)))
    return len(gone.all())
