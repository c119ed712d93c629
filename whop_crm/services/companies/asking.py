"""What Whop says of a person at a company. No database here: Whop is never asked while a transaction is open."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from whop_crm.clients.whop import WhopClient
from whop_crm.errors import NotFound, WhopError, WhopForbidden, WhopUnavailable
from whop_crm.services.companies.access import CompanyProfile, Standing

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A company, and what a person is there."""

    profile: CompanyProfile
    standing: Standing


@dataclass(frozen=True, slots=True)
class Entries:
    """`found`: the companies that a person may open, by title. `refused`: those (`biz_…`) where Whop said no."""

    found: list[Found]
    refused: list[str]


async def ask_standing(whop: WhopClient, user_id: str, company: str) -> Standing:
    """Asks Whop now. A company that has not installed the app grants nobody entry. Raises WhopUnavailable."""
    try:
        access = await whop.check_access(user_id, company)
        on_team = access.level == "admin"
        return Standing(access.level, await whop.team_role(user_id, company) if on_team else None)
    except (WhopForbidden, NotFound):
        return Standing("no_access")


async def find_entry(whop: WhopClient, user_id: str, company: str) -> Found | None:
    """The company with what a person is there; None where they may not enter. Raises WhopUnavailable."""
    return await _found(whop, user_id, company, None)


async def find_companies(whop: WhopClient, user_id: str, token: str, known: Iterable[str]) -> Entries:
    """The companies that a person may open: of their own account list and of `known` ids.

    Raises WhopUnavailable when Whop could not be asked about any of them.
    """
    listed = {profile.whop_id: profile for profile in await _accounts(whop, token)}
    gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(company: str) -> Found | str | WhopUnavailable:
        async with gate:
            try:
                return await _found(whop, user_id, company, listed.get(company)) or company
            except WhopUnavailable as error:
                return error

    answers = await asyncio.gather(*(ask(company) for company in dict.fromkeys([*listed, *known])))
    found = [answer for answer in answers if isinstance(answer, Found)]
    failed = [answer for answer in answers if isinstance(answer, WhopUnavailable)]
    if failed and not found:
        raise failed[0]
    found.sort(key=lambda one: (one.profile.title.lower(), one.profile.whop_id))
    return Entries(found, [answer for answer in answers if isinstance(answer, str)])


async def _accounts(whop: WhopClient, token: str) -> list[CompanyProfile]:
    try:
        accounts = await whop.accounts_of(token)
    except WhopUnavailable:
        raise
    except WhopError:
        return []
    return [CompanyProfile(one.id, one.title, one.route, one.logo_url) for one in accounts]


async def _found(whop: WhopClient, user_id: str, company: str, profile: CompanyProfile | None) -> Found | None:
    standing = await ask_standing(whop, user_id, company)
    if standing.role is None:
        return None
    if profile is None:
        account = await whop.account(company)
        profile = CompanyProfile(account.id, account.title, account.route, account.logo_url)
    return Found(profile, standing)
