"""The secrets of the webhooks that we made ourselves, as the door knows them."""

from time import monotonic

import structlog

from whop_crm.db import platform_session
from whop_crm.services import connection

log = structlog.get_logger(__name__)


class MadeSecrets:
    """Kept in memory. A delivery that fits none of them has them read again, at most once a second."""

    EVERY = 1.0

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        self._read_at = float("-inf")

    async def read_again(self) -> bool:
        """Whether there are others now."""
        if monotonic() - self._read_at < self.EVERY:
            return False
        self._read_at = monotonic()
        try:
            async with platform_session() as db:
                found = await connection.list_secrets(db)
        except Exception as error:
            log.warning("webhook_secrets_unread", reason=type(error).__name__)
            return False
        changed, self.known = found != self.known, found
        return changed
