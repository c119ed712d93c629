"""Whop's tokens under a new key: what `whop-crm reseal` does after SECRET_KEY has got a new first key."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from whop_crm.db import PlatformDb
from whop_crm.models import Session
from whop_crm.sealing import Unsealable, is_current, seal, unseal

TOKENS_PURPOSE = "whop-tokens"


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many sign-ins' tokens were sealed anew, and how many no key of SECRET_KEY opens any more."""

    done: int
    lost: int


async def reseal_tokens(db: PlatformDb) -> Resealed:
    """Seals the tokens of every sign-in with the first key. Sign-ins themselves do not depend on it."""
    query = select(col(Session.id), col(Session.tokens)).where(col(Session.tokens).is_not(None)).with_for_update()
    done = lost = 0
    for session_id, tokens in (await db.execute(query)).all():
        if tokens is None or is_current(tokens):
            continue
        try:
            fresh = seal(unseal(tokens, TOKENS_PURPOSE), TOKENS_PURPOSE)
        except Unsealable:
            lost += 1
            continue
        await db.execute(update(Session).where(col(Session.id) == session_id).values(tokens=fresh))
        done += 1
    return Resealed(done, lost)
