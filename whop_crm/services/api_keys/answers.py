"""What a request was answered, kept for a day, so that sending it again does not do it again.

The row is claimed and filled in the transaction of what the request does, so a twin at the same time waits for that to
end. An error keeps nothing, because it has done nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models import ApiAnswer
from whop_crm.models.columns import now

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
PATIENCE = "5s"
_TAKEN = "55P03"
_BUSY = "A request with this Idempotency-Key is still being worked on. Send it again in a moment."

_CLAIM = text("""
INSERT INTO api_answers AS a (company_id, caller, key, request_hash) VALUES (:company, :caller, :key, :request)
ON CONFLICT (company_id, caller, key) DO UPDATE
SET request_hash = excluded.request_hash, status = 0, location = NULL, body = '', created_at = now()
WHERE a.created_at < :expired
RETURNING a.key
""")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status: int
    location: str | None
    body: str


async def claim_answer(db: CompanyDb, caller: str, key: str, request_hash: str) -> KeptAnswer | None:
    """None: this request is the first with its key, and goes ahead. Else what the first was answered.

    Raises InvalidInput where the first was another request, Conflict where it is still being worked on.
    """
    db.scope.require(Permission.MEMBERS_READ)
    values = {"company": db.scope.company_id, "caller": caller, "key": key, "request": request_hash,
              "expired": now() - KEPT}  # fmt: skip
    try:
        async with db.begin_nested():
            await db.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
            first = (await db.execute(_CLAIM, values)).first() is not None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _TAKEN:
            raise
        raise Conflict(
            "A request with this Idempotency-Key is still being worked on. Send it again in a moment."
        ) from None
    return None if first else await _kept(db, caller, key, request_hash)


async def _kept(db: CompanyDb, caller: str, key: str, request_hash: str) -> KeptAnswer:
    row = (await db.scalars(select(ApiAnswer).where(col(ApiAnswer.caller) == caller, col(ApiAnswer.key) == key))).one()
    if row.request_hash != request_hash:
        raise InvalidInput("This Idempotency-Key was used for another request. Use a new key.", "Idempotency-Key")
    return KeptAnswer(row.status, row.location, row.body)


async def keep_answer(db: CompanyDb, caller: str, key: str, answer: KeptAnswer) -> None:
    """Keeps the answer to the request that claimed the key."""
    db.scope.require(Permission.MEMBERS_READ)
    mine = col(ApiAnswer.caller) == caller, col(ApiAnswer.key) == key
    values = {"status": answer.status, "location": answer.location, "body": answer.body}
    await db.execute(update(ApiAnswer).where(*mine).values(**values))


async def prune_answers(db: CompanyDb) -> int:
    """Forgets answers older than a day; returns how many."""
    db.scope.require(Permission.FACTS_WRITE)
    old = delete(ApiAnswer).where(col(ApiAnswer.created_at) < now() - KEPT)
    return len((await db.scalars(old.returning(col(ApiAnswer.key)))).all())
