"""`whop-crm api-key …`: a company's API keys, without a screen."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from whop_crm.access import Actor, KeyScope, Role, Scope
from whop_crm.db import CompanyDb, company_session, dispose, platform_session
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.services import api_keys, companies
from whop_crm.services.api_keys import KeyRow

Say = Callable[[str], None]
_WHO = Actor(None, "Command line")


async def make(whop_id: str, name: str, scopes: str, say: Say) -> None:
    """Prints the new key alone, fit for a pipe. Raises CrmError."""
    wanted = [_scope(word.strip()) for word in scopes.split(",") if word.strip()]
    async with _company(whop_id) as db:
        made = await api_keys.make_key(db, name, wanted)
    say(made.secret)


async def show(whop_id: str, say: Say) -> None:
    """A line a key. Raises CrmError."""
    async with _company(whop_id) as db:
        found = await api_keys.list_keys(db)
    for row in found:
        say(line(row))
    if not found:
        say("There are no API keys yet.")


async def revoke(whop_id: str, key_id: int, say: Say) -> None:
    """Raises CrmError."""
    async with _company(whop_id) as db:
        row = await api_keys.revoke_key(db, key_id)
    say(f"The key “{row.name}” ({row.prefix}…) opens nothing any more.")


def line(row: KeyRow) -> str:
    """`12  wcrm_a1B2c3…  read,write  Weekly report  used 2026-11-22 12:00`"""
    state = f"revoked {_day(row.revoked_at)}" if row.revoked_at else f"used {_day(row.last_used_at)}"
    return f"{row.id}  {row.prefix}…  {','.join(row.scopes)}  {row.name}  {state}"


def _day(at: datetime | None) -> str:
    return "never" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _scope(word: str) -> KeyScope:
    try:
        return KeyScope(word)
    except ValueError:
        known = ", ".join(KeyScope)
        raise InvalidInput(f"There is no scope “{word}”. A key may be made for {known}.", "scopes") from None


@asynccontextmanager
async def _company(whop_id: str) -> AsyncGenerator[CompanyDb]:
    """A session for whoever types the command, who may what an admin may. Raises NotFound."""
    try:
        async with platform_session() as db:
            company = await companies.find_company(db, whop_id)
        if company is None:
            raise NotFound(
                f"No company {whop_id} is known here. Its id, biz_…, stands in the address of its dashboard."
            )
        async with company_session(Scope(company, _WHO, Role.ADMIN)) as company_db:
            yield company_db
    finally:
        await dispose()
