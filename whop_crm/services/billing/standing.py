"""What follows from the facts about money, in the transaction that wrote them.

Per payment: what was taken back of it. Per membership: its first charge, its MRR, and a change where its state is new.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import UNSAID, MembershipFact
from whop_crm.db import CompanyDb
from whop_crm.models import Membership, MembershipChange, Payment
from whop_crm.models.enums import MembershipStatus, Origin, PaymentStatus, PlanType, PromoDuration
from whop_crm.services.billing.history import Change, Charge, Standing, State, observe, reconstruct
from whop_crm.services.billing.mrr import Terms
from whop_crm.services.billing.written import Written
from whop_crm.services.bulk import as_json, insert_rows, looked_up, overwrite, recordset, table_of

CLEARED = "status = 'paid' AND total_minor > 0 AND paid_at IS NOT NULL"
"""A charge above zero that has cleared."""

_SKEW = timedelta(minutes=1)

_OWN = """CASE WHEN x.currency = p.currency THEN x.amount_minor
                WHEN x.currency = 'usd' AND p.usd_total_minor > 0
                THEN x.amount_minor::numeric * p.total_minor / p.usd_total_minor ELSE 0 END"""
"""In the payment's currency, at the payment's own rate."""

_TAKEN = overwrite(
    Payment,
    ("taken_company_minor", "refunds", "disputes"),
    f"""
    SELECT p.id, r.n AS refunds, d.n AS disputes,
           CASE WHEN p.total_minor > 0 THEN
               round(p.total_company_minor::numeric * least(r.taken + d.taken, p.total_minor) / p.total_minor)::bigint
           ELSE 0 END AS taken_company_minor
    FROM {looked_up("payments")} p
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE x.status = 'succeeded') AS n,
               coalesce(sum({_OWN}) FILTER (WHERE x.status = 'succeeded'), 0) AS taken
        FROM refunds x WHERE x.whop_payment_id = p.whop_id) r
    CROSS JOIN LATERAL (
        SELECT count(*) AS n, coalesce(sum({_OWN}) FILTER (WHERE x.status = 'lost'), 0) AS taken
        FROM disputes x WHERE x.whop_payment_id = p.whop_id) d""",  # noqa: S608 - constants of ours
)

_DERIVED = overwrite(
    Membership,
    ("first_charge_at", "mrr_minor"),
    f"SELECT * FROM {recordset(table_of(Membership), ('id', 'first_charge_at', 'mrr_minor'))}",  # noqa: S608 - names are ours
)

_STANDING = f"""
SELECT m.id, m.whop_id, m.member_id, m.version, m.status, m.paused, m.paused_at, m.cancel_at_period_end, m.canceled_at,
       m.whop_created_at, m.ended_at, m.whop_plan_id, m.initial_price_minor, m.renewal_price_minor, m.currency,
       coalesce(m.billing_period_days, pl.billing_period_days) AS period_days,
       coalesce(m.split_pay_required_payments, pl.split_pay_required_payments) AS split_pay,
       m.first_charge_at, m.mrr_minor, pl.plan_type, coalesce(pl.trial_period_days, 0) AS trial_days,
       CASE WHEN pl.currency = m.currency THEN pl.renewal_price_minor END AS plan_price, promo.duration,
       paid.first, paid.last, rate.total_minor, rate.total_company_minor
FROM {looked_up("memberships")} m
LEFT JOIN LATERAL (SELECT * FROM plans WHERE whop_id = m.whop_plan_id OFFSET 0) pl ON true
LEFT JOIN LATERAL (SELECT * FROM promo_codes WHERE whop_id = m.whop_promo_code_id OFFSET 0) promo ON true
CROSS JOIN LATERAL (
    SELECT min(paid_at) AS first, max(paid_at) AS last FROM payments
    WHERE whop_membership_id = m.whop_id AND {CLEARED}) paid
LEFT JOIN LATERAL (
    SELECT total_minor, total_company_minor FROM payments
    WHERE whop_membership_id = m.whop_id AND {CLEARED} AND currency = m.currency AND total_company_minor > 0
    ORDER BY paid_at DESC, whop_id DESC LIMIT 1) rate ON true
ORDER BY m.id"""  # noqa: S608 - a constant of ours

_CHARGES = f"""
SELECT whop_membership_id, paid_at, total_minor, subtotal_minor, tax_minor, total_company_minor, billing_reason
FROM {looked_up("payments", param="payments")} p WHERE {CLEARED} AND whop_membership_id IS NOT NULL
UNION ALL
SELECT whop_membership_id, paid_at, total_minor, subtotal_minor, tax_minor, total_company_minor, billing_reason
FROM {looked_up("payments", "whop_membership_id", "memberships")} p WHERE {CLEARED}"""  # noqa: S608 - a constant of ours


async def settle_payments(db: CompanyDb, whop_ids: Iterable[str]) -> None:
    """What refunds and lost disputes took of these payments."""
    db.scope.require(Permission.FACTS_WRITE)
    ids = list(whop_ids)
    if ids:
        await db.execute(text(_TAKEN), {"ids": as_json(ids)})


async def settle_memberships(db: CompanyDb, written: Written, origin: Origin) -> frozenset[str]:
    """First charge, MRR and changes of every membership that what was written has to do with; Whop's ids of those."""
    db.scope.require(Permission.FACTS_WRITE)
    whop_ids = await _concerned(db, written)
    if not whop_ids:
        return frozenset()
    standings = await settle_standings(db, whop_ids)
    if origin is Origin.BACKFILL:
        charges = await _charges(db, written)
        await _reconstruct(db, standings, charges)
    else:
        await _observe(db, standings, written.memberships, origin)
    return frozenset(whop_ids)


async def settle_standings(db: CompanyDb, whop_ids: Iterable[str]) -> list[Standing]:
    """How these memberships stand; what follows from their payments is written to them."""
    found = (await db.execute(text(_STANDING), {"ids": as_json(sorted(whop_ids))})).all()
    standings = [_standing(row, db.scope.company.currency) for row in found]
    await _write_derived(db, found, standings)
    return standings


async def _concerned(db: CompanyDb, written: Written) -> set[str]:
    whop_ids = set(written.memberships)
    whop_ids |= {fact.membership_id for fact in written.payments.values() if fact.membership_id}
    if written.repriced_plans or written.repriced_promos:
        found = await db.execute(
            text(
                "SELECT whop_id FROM memberships WHERE whop_plan_id = ANY(:plans) OR whop_promo_code_id = ANY(:promos)"
            ),
            {"plans": list(written.repriced_plans), "promos": list(written.repriced_promos)},
        )
        whop_ids |= set(found.scalars())
    return whop_ids


def _standing(row: Any, company_currency: str) -> Standing:
    if row.currency == company_currency:
        rate = (1, 1)
    else:
        rate = (row.total_company_minor, row.total_minor) if row.total_minor else None
    return Standing(
        id=row.id, whop_id=row.whop_id, member_id=row.member_id, version=row.version,
        status=MembershipStatus(row.status), paused=row.paused, paused_at=row.paused_at,
        canceling=row.cancel_at_period_end, canceled_at=row.canceled_at, created_at=row.whop_created_at,
        ended_at=row.ended_at, plan=row.whop_plan_id, initial_price=row.initial_price_minor,
        terms=Terms(
            row.renewal_price_minor, row.period_days, PlanType(row.plan_type) if row.plan_type else None,
            row.plan_price, PromoDuration(row.duration) if row.duration else None, bool(row.split_pay),
        ),
        trial=row.trial_days > 0, rate=rate, first_charge_at=row.first, last_charge_at=row.last,
    )  # fmt: skip


async def _write_derived(db: CompanyDb, found: Sequence[Any], standings: Sequence[Standing]) -> None:
    changed = [
        {"id": each.id, "first_charge_at": each.first_charge_at, "mrr_minor": each.mrr}
        for row, each in zip(found, standings, strict=True)
        if row.first_charge_at != each.first_charge_at or row.mrr_minor != each.mrr
    ]
    if changed:
        await db.execute(text(_DERIVED), {"rows": as_json(changed)})


async def _charges(db: CompanyDb, written: Written) -> dict[str, list[Charge]]:
    """The charges just read, and for memberships just read whatever charges were there before them."""
    new = [whop_id for whop_id in written.memberships if whop_id not in written.memberships_before]
    paid = [f.id for f in written.payments.values() if f.status == PaymentStatus.PAID]
    charges: defaultdict[str, list[Charge]] = defaultdict(list)
    if not new and not paid:
        return charges
    for row in (await db.execute(text(_CHARGES), {"payments": as_json(paid), "memberships": as_json(new)})).all():
        charges[row.whop_membership_id].append(
            Charge(row.paid_at, row.total_minor, row.subtotal_minor, row.tax_minor, row.total_company_minor,
                   row.billing_reason)
        )  # fmt: skip
    return charges


async def stored_changes(db: CompanyDb, standings: Sequence[Standing]) -> dict[int, list[Change]]:
    found = await db.execute(
        text(
            "SELECT id, membership_id, occurred_at, reconstructed, status, paused, cancel_at_period_end, whop_plan_id,"  # noqa: S608 - names are ours
            f" mrr_minor, price_minor, period_days FROM {looked_up('membership_changes', 'membership_id')} c"
            " ORDER BY membership_id, occurred_at, id"
        ),
        {"ids": as_json([each.id for each in standings])},
    )
    stored: defaultdict[int, list[Change]] = defaultdict(list)
    for row in found.all():
        state = State(
            MembershipStatus(row.status), row.paused, row.cancel_at_period_end, row.whop_plan_id, row.mrr_minor,
            row.price_minor or 0, row.period_days,
        )  # fmt: skip
        stored[row.membership_id].append(Change(row.occurred_at, state, row.reconstructed, row.id))
    return stored


async def _reconstruct(db: CompanyDb, standings: Sequence[Standing], charges: Mapping[str, list[Charge]]) -> None:
    stored = await stored_changes(db, standings)
    added: list[tuple[int, Change]] = []
    gone: list[int] = []
    for standing in standings:
        before = stored.get(standing.id, [])
        wanted = reconstruct(standing, before, charges.get(standing.whop_id, ()))
        kept = {change.id for change in wanted if change.id is not None}
        observed = [change for change in before if not change.reconstructed]
        gone += [c.id for c in before if c.reconstructed and c.id is not None and c.id not in kept]
        added += [(standing.id, change) for change in wanted if change.id is None]
        if observed:
            added += [(standing.id, change) for change in observe(standing, observed, ())]
    if gone:
        await db.execute(text("DELETE FROM membership_changes WHERE id = ANY(:ids)"), {"ids": sorted(gone)})
    await insert_changes(db, added, Origin.BACKFILL)


async def _observe(
    db: CompanyDb, standings: Sequence[Standing], facts: Mapping[str, Sequence[MembershipFact]], origin: Origin
) -> None:
    stored = await stored_changes(db, standings)
    added: list[tuple[int, Change]] = []
    for standing in standings:
        seen = [_seen(standing, fact) for fact in facts.get(standing.whop_id, ()) if fact.version < standing.version]
        if standing.whop_id in facts:
            seen.append((standing.ended_at or standing.version, standing.state))
        added += [(standing.id, change) for change in observe(standing, stored.get(standing.id, []), seen)]
    await insert_changes(db, added, origin)


def _seen(standing: Standing, fact: MembershipFact) -> tuple[datetime, State]:
    """The state that a fact which is not the newest told, at its own time."""
    charged = standing.first_charge_at is not None and standing.first_charge_at <= fact.version + _SKEW
    was = replace(
        standing,
        version=fact.version, status=MembershipStatus(fact.status),
        paused=standing.paused if fact.paused is UNSAID else fact.paused,
        canceling=fact.cancel_at_period_end, ended_at=None, plan=fact.plan_id,
        first_charge_at=standing.first_charge_at if charged else None,
        terms=replace(
            standing.terms, renewal_price=fact.renewal_price,
            period_days=fact.billing_period_days or standing.terms.period_days,
        ),
    )  # fmt: skip
    return fact.version, was.state


async def insert_changes(db: CompanyDb, added: Sequence[tuple[int, Change]], origin: Origin) -> None:
    await insert_rows(
        db,
        MembershipChange,
        [
            {
                "membership_id": membership_id,
                "occurred_at": change.at,
                "origin": origin,
                "reconstructed": change.reconstructed,
                "status": change.state.status,
                "paused": change.state.paused,
                "cancel_at_period_end": change.state.canceling,
                "whop_plan_id": change.state.plan,
                "mrr_minor": change.state.mrr,
                "price_minor": change.state.price or None,
                "period_days": change.state.period_days,
            }
            for membership_id, change in added
        ],
    )
