"""The end of a reconciliation: what is stored and was in none of Whop's lists, and what it all came to."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from sqlalchemy import func, select, text
from sqlmodel import col

from whop_crm.access import Permission, Scope
from whop_crm.clients.facts import Fact, MembershipFact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import CrmError, NotFound
from whop_crm.models import SyncDifference, SyncStep
from whop_crm.models.enums import SyncResource
from whop_crm.services import billing
from whop_crm.services.sync import runs
from whop_crm.services.sync.differences import Difference
from whop_crm.services.sync.schemas import Claim
from whop_crm.services.sync.writing import note_differences, write_page

_MOST_ASKED = 50
"""Of one kind in one night: more than these vanish by a fault of the list, not one by one."""
_LISTED: dict[SyncResource, tuple[str, str]] = {
    SyncResource.PRODUCTS: ("products", "deleted_at IS NULL"),
    SyncResource.PLANS: ("plans", "deleted_at IS NULL"),
    SyncResource.MEMBERS: ("members", "true"),
    SyncResource.MEMBERSHIPS: ("memberships", "true"),
    SyncResource.PAUSED: ("memberships", "paused AND status NOT IN ('canceled', 'expired')"),
    SyncResource.PAYMENTS: ("payments", "true"),
    SyncResource.REFUNDS: ("refunds", "true"),
    SyncResource.DISPUTES: ("disputes", "true"),
    SyncResource.INVOICES: ("invoices", "true"),
}
_GONE = "Whop lists it no more, and does not know it when asked."
_MEANWHILE = text("""
DELETE FROM sync_differences d USING webhook_events w
WHERE d.run_id = :run AND w.received_at >= :since AND w.origin = 'live' AND d.whop_id IN (
    w.object_id, w.payload ->> 'payment_id', w.payload -> 'payment' ->> 'id', w.whop_member_id)
""")
"""A change that was under way while its list was read: its own delivery came in time."""
_log = structlog.get_logger(__name__)


async def close(scope: Scope, claim: Claim, whop: WhopClient) -> str:
    """Looks for what vanished, and says what the run came to."""
    for resource in _LISTED:
        async with company_session(scope) as db:
            ids = await _unlisted(db, claim, resource)
        if ids:
            await _ask(scope, claim, whop, resource, ids)
    async with company_session(scope) as db:
        await db.execute(_MEANWHILE, {"run": claim.run_id, "since": claim.started_at})
        return await _summary(db, claim)


async def _unlisted(db: CompanyDb, claim: Claim, resource: SyncResource) -> list[str]:
    """What is here from before the run and was not in the list; what was told another night is left out."""
    if await _was_skipped(db, claim, resource):
        return []
    table, condition = _LISTED[resource]
    found = await db.scalars(
        text(
            f"SELECT t.whop_id FROM {table} t WHERE {condition} AND t.whop_created_at < :started"  # noqa: S608 - names are ours
            " AND NOT EXISTS (SELECT 1 FROM sync_seen s WHERE s.run_id = :run AND s.resource = :resource"
            " AND s.whop_id = t.whop_id)"
            " AND NOT EXISTS (SELECT 1 FROM sync_differences d WHERE d.resource = :resource AND d.whop_id = t.whop_id"
            " AND NOT d.repaired) ORDER BY t.id DESC LIMIT :most"
        ),
        {"run": claim.run_id, "resource": resource.value, "started": claim.started_at, "most": _MOST_ASKED},
    )
    return list(found)


async def _was_skipped(db: CompanyDb, claim: Claim, resource: SyncResource) -> bool:
    skipped = select(func.count()).where(
        col(SyncStep.run_id) == claim.run_id, col(SyncStep.resource) == resource, col(SyncStep.skipped).is_not(None)
    )
    return bool(await db.scalar(skipped))


async def _ask(scope: Scope, claim: Claim, whop: WhopClient, resource: SyncResource, ids: list[str]) -> None:
    """Whop knows best: what it still knows is written as it says, what it does not is told as gone."""
    known: list[Fact] = []
    gone: list[str] = []
    for whop_id in ids:
        try:
            known.append(await _retrieve(whop, resource, whop_id))
        except NotFound:
            gone.append(whop_id)
        except CrmError as error:
            _log.warning("could not ask Whop", id=whop_id, reason=str(error))
    deleted = resource in (SyncResource.PRODUCTS, SyncResource.PLANS)
    async with company_session(scope) as db:
        await runs.hold(db, claim)
        await write_page(db, claim, resource, known)
        if deleted and gone:
            await billing.mark_deleted(db, gone, claim.started_at)
        await note_differences(db, claim, [Difference(resource, one, _GONE) for one in gone], repaired=deleted)


async def _retrieve(whop: WhopClient, resource: SyncResource, whop_id: str) -> Fact:
    asks: dict[SyncResource, Callable[[str], Awaitable[Fact]]] = {
        SyncResource.PRODUCTS: whop.retrieve_product,
        SyncResource.PLANS: whop.retrieve_plan,
        SyncResource.MEMBERS: whop.retrieve_member,
        SyncResource.MEMBERSHIPS: whop.retrieve_membership,
        SyncResource.PAUSED: whop.retrieve_membership,
        SyncResource.PAYMENTS: whop.retrieve_payment,
        SyncResource.REFUNDS: whop.retrieve_refund,
        SyncResource.DISPUTES: whop.retrieve_dispute,
        SyncResource.INVOICES: whop.retrieve_invoice,
    }
    fact = await asks[resource](whop_id)
    if resource is SyncResource.PAUSED and isinstance(fact, MembershipFact):
        return replace(fact, paused=False)
    return fact


async def _summary(db: CompanyDb, claim: Claim) -> str:
    """`0 differences in 2,431 members, 3,120 memberships, 10,233 payments.`"""
    counted = await count_differences(db, claim.run_id)
    found = await db.execute(
        select(col(SyncStep.resource), func.sum(col(SyncStep.rows)))
        .where(col(SyncStep.run_id) == claim.run_id)
        .group_by(col(SyncStep.resource))
    )
    rows = {resource: int(n) for resource, n in found}
    shown = (SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAYMENTS)
    read = ", ".join(f"{rows.get(resource, 0):,} {resource.label}" for resource in shown)
    return f"{counted:,} difference{'' if counted == 1 else 's'} in {read}."


async def count_differences(db: CompanyDb, run_id: int) -> int:
    db.scope.require(Permission.SYNC_READ)
    wanted = select(func.count()).where(col(SyncDifference.run_id) == run_id)
    return await db.scalar(wanted) or 0
