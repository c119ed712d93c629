"""The money of a company told anew, in its present currency and time zone.

Payments by the rules of `rates`; memberships and what they went through by the price each of their states carried and
the rate of the charge before it, as if every charge had come while the company had these settings.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import MembershipChange
from whop_crm.models.enums import Origin
from whop_crm.services.billing import rates
from whop_crm.services.billing.history import Change, State
from whop_crm.services.billing.mrr import Ratio, mrr_minor
from whop_crm.services.billing.standing import (
    CLEARED,
    insert_changes,
    settle_payments,
    settle_standings,
    stored_changes,
)
from whop_crm.services.bulk import as_json, looked_up, overwrite, recordset, table_of

Rated = tuple[datetime, Ratio]
"""When a charge cleared, and the company's minor units for those of the charge."""

_CHARGES = f"""
SELECT m.id, p.paid_at, p.total_minor, p.total_company_minor FROM {looked_up("memberships")} m
CROSS JOIN LATERAL (
    SELECT whop_id, paid_at, total_minor, total_company_minor FROM payments
    WHERE whop_membership_id = m.whop_id AND {CLEARED} AND currency = m.currency AND total_company_minor > 0 OFFSET 0) p
ORDER BY m.id, p.paid_at, p.whop_id"""  # noqa: S608 - constants of ours

_REPRICED = overwrite(
    MembershipChange,
    ("mrr_minor",),
    f"SELECT * FROM {recordset(table_of(MembershipChange), ('id', 'mrr_minor'))}",  # noqa: S608 - names are ours
)


async def revalue_payments(db: CompanyDb, whop_ids: Sequence[str]) -> None:
    """What these payments, and what was taken back of them, are worth in the company's currency."""
    db.scope.require(Permission.FACTS_WRITE)
    await rates.revalue(db, whop_ids)
    await settle_payments(db, whop_ids)
    db.touch_many(Topic.PAYMENTS)


async def reprice_memberships(db: CompanyDb, whop_ids: Sequence[str]) -> None:
    """The MRR of these memberships, now and at each of their changes."""
    db.scope.require(Permission.FACTS_WRITE)
    standings = await settle_standings(db, whop_ids)
    stored = await stored_changes(db, standings)
    charges = await _charges(db, whop_ids)
    repriced: list[dict[str, int]] = []
    added: list[tuple[int, Change]] = []
    gone: list[int] = []
    for standing in standings:
        before = stored.get(standing.id, [])
        wanted = reprice(before, charges.get(standing.id, []), standing.rate)
        kept = {change.id: change for change in wanted if change.id is not None}
        gone += [change.id for change in before if change.id is not None and change.id not in kept]
        repriced += [{"id": number, "mrr_minor": change.state.mrr} for number, change in kept.items()]
        added += [(standing.id, change) for change in wanted if change.id is None]
    await _write(db, repriced, added, gone)
    db.touch_many(Topic.MEMBERSHIPS)


def reprice(stored: Sequence[Change], charges: Sequence[Rated], rate: Ratio | None) -> list[Change]:
    """The changes as they are at the charges' rates. `rate`: where there is no charge.

    Between two stored changes a charge at another rate makes one of its own; what then changes nothing is left out.
    """
    instants = [at for at, _ in charges]
    events: list[tuple[datetime, int, Change | None]] = [(change.at, 0, change) for change in stored]
    events += [(at, 1, None) for at in instants]
    wanted: list[Change] = []
    for at, _, change in sorted(events, key=lambda event: event[:2]):
        told = change or (replace(wanted[-1], at=at, id=None) if wanted else None)
        if told is None:
            continue
        position = max(bisect_right(instants, at) - 1, 0)
        state = _at_rate(told.state, charges[position][1] if charges else rate)
        if not wanted or wanted[-1].state != state:
            wanted.append(replace(told, state=state))
    return wanted


def _at_rate(state: State, rate: Ratio | None) -> State:
    if state.price == 0 or not state.period_days:
        return state
    return replace(state, mrr=mrr_minor(state.price, state.period_days, rate) if rate else 0)


async def _charges(db: CompanyDb, whop_ids: Sequence[str]) -> dict[int, list[Rated]]:
    charges: defaultdict[int, list[Rated]] = defaultdict(list)
    for row in (await db.execute(text(_CHARGES), {"ids": as_json(whop_ids)})).all():
        charges[row.id].append((row.paid_at, (row.total_company_minor, row.total_minor)))
    return charges


async def _write(
    db: CompanyDb, repriced: Sequence[dict[str, int]], added: Sequence[tuple[int, Change]], gone: Sequence[int]
) -> None:
    if gone:
        await db.execute(text("DELETE FROM membership_changes WHERE id = ANY(:ids)"), {"ids": sorted(gone)})
    if repriced:
        await db.execute(text(_REPRICED), {"rows": as_json(repriced)})
    await insert_changes(db, [one for one in added if one[1].reconstructed], Origin.BACKFILL)
    await insert_changes(db, [one for one in added if not one[1].reconstructed], Origin.LIVE)
