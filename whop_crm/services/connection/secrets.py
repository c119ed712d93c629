"""The secrets of webhooks that we made: Whop tells each once, so it is kept, sealed."""

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.clients.hooks import MadeHook
from whop_crm.db import CompanyDb, PlatformDb
from whop_crm.models import WebhookEndpoint
from whop_crm.sealing import Unsealable, is_current, seal, unseal

log = structlog.get_logger(__name__)
_PURPOSE = "webhook-secret"


async def keep_secret(db: CompanyDb, made: MadeHook, url: str) -> None:
    db.scope.require(Permission.SYNC_RUN)
    values = {"url": url, "secret": seal(made.secret.encode(), _PURPOSE)}
    await db.execute(
        insert(WebhookEndpoint)
        .values(whop_id=made.id, **values)
        .on_conflict_do_update(index_elements=["whop_id"], set_=values)
    )


async def list_secrets(db: PlatformDb) -> tuple[str, ...]:
    """Newest first. One that no key of SECRET_KEY opens any more is left out."""
    sealed = await db.scalars(select(col(WebhookEndpoint.secret)).order_by(col(WebhookEndpoint.created_at).desc()))
    return tuple(secret for one in sealed if (secret := _opened(one)) is not None)


async def seal_anew(db: PlatformDb) -> int:
    """Seals with the first key of SECRET_KEY what another one sealed, so that that one may go; returns how many."""
    done = 0
    for row in await db.scalars(select(WebhookEndpoint)):
        secret = None if is_current(row.secret) else _opened(row.secret)
        if secret is not None:
            row.secret = seal(secret.encode(), _PURPOSE)
            done += 1
    return done


def _opened(sealed: bytes) -> str | None:
    try:
        return unseal(sealed, _PURPOSE).decode()
    except Unsealable as error:
        log.warning("webhook_secret_lost", reason=str(error))
        return None
