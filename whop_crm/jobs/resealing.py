"""`whop-crm reseal`, here and now."""

from whop_crm.db import dispose, platform_session
from whop_crm.services import companies, connection
from whop_crm.services.companies import Resealed


async def reseal_now() -> Resealed:
    try:
        async with platform_session() as db:
            await connection.seal_anew(db)
            return await companies.reseal_tokens(db)
    finally:
        await dispose()
