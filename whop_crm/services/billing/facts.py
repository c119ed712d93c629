"""Memberships, payments and what is taken back of them: newest wins, whatever order they come in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import UNSAID, DisputeFact, InvoiceFact, MembershipFact, PaymentFact, RefundFact
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import Dispute, Invoice, Membership, Payment, Refund
from whop_crm.models.enums import MembershipStatus
from whop_crm.services.billing import rates, rows
from whop_crm.services.billing.written import MembershipBefore, Written, by_version, newest
from whop_crm.services.bulk import Link, as_json, looked_up, overwrite, recordset, table_of, upsert

_TELLS = "excluded.paused_version >= coalesce(t.paused_version, '-infinity')"
_PAUSED = {
    "paused": f"CASE WHEN {_TELLS} THEN excluded.paused ELSE t.paused END",
    "paused_version": f"CASE WHEN {_TELLS} THEN excluded.paused_version ELSE t.paused_version END",
    "paused_at": f"""CASE WHEN NOT coalesce({_TELLS}, false) THEN t.paused_at
                     WHEN excluded.paused THEN coalesce(excluded.paused_at, CASE WHEN t.paused THEN t.paused_at END)
                     END""",
}
"""A fact that does not tell of pausing leaves alone what an older one told."""

_PAUSE_COLUMNS = ("paused", "paused_at", "paused_version")
_PAUSE_LATE = overwrite(
    Membership,
    _PAUSE_COLUMNS,
    f"SELECT * FROM {recordset(table_of(Membership), ('id', *_PAUSE_COLUMNS))}",  # noqa: S608 - constants of ours
)

_PAYMENT_BEFORE = f"SELECT whop_id, member_id FROM {looked_up('payments')} p"  # noqa: S608 - names are ours


async def write_memberships(db: CompanyDb, facts: Sequence[MembershipFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    groups = by_version(facts)
    if not groups:
        return
    before = await _before(db, list(groups))
    values = [_merged(group) for group in groups.values()]
    await upsert(db, Membership, values, link=Link.PERSON, sets=_PAUSED)
    late = _late_pauses(values, before)
    if late:
        await db.execute(text(_PAUSE_LATE), {"rows": as_json(late)})
    written.memberships |= groups
    written.memberships_before |= before
    written.gone_from |= {was.member_id for was in before.values() if was.member_id is not None}
    db.touch((), Topic.MEMBERSHIPS)


def _merged(group: Sequence[MembershipFact]) -> rows.Values:
    values = rows.membership(group[-1])
    told = next((fact for fact in reversed(group) if fact.paused is not UNSAID), None)
    if told is not None and told is not group[-1]:
        values |= {"paused": told.paused, "paused_at": rows.paused_at(told), "paused_version": told.version}
    return values


async def _before(db: CompanyDb, ids: Sequence[str]) -> dict[str, MembershipBefore]:
    found = await db.execute(
        text(
            "SELECT whop_id, id, version, member_id, status, paused, paused_version, cancel_at_period_end, whop_plan_id"  # noqa: S608 - names are ours
            f" FROM {looked_up('memberships')} m"
        ),
        {"ids": as_json(ids)},
    )
    return {
        row.whop_id: MembershipBefore(
            row.id, row.version, row.member_id, MembershipStatus(row.status), row.paused, row.paused_version,
            row.cancel_at_period_end, row.whop_plan_id,
        )
        for row in found
    }  # fmt: skip


def _late_pauses(values: Sequence[rows.Values], before: dict[str, MembershipBefore]) -> list[rows.Values]:
    """What facts too old to replace their row still tell of pausing, where no newer one told."""
    late: list[rows.Values] = []
    for each in values:
        was, told = before.get(str(each["whop_id"])), each["paused_version"]
        if was is None or not isinstance(told, datetime) or not _older(each, was):
            continue
        if was.paused_version is None or told > was.paused_version:
            late.append({"id": was.id, **{name: each[name] for name in _PAUSE_COLUMNS}})
    return late


def _older(values: rows.Values, was: MembershipBefore) -> bool:
    version = values["version"]
    return isinstance(version, datetime) and version < was.version


async def write_payments(db: CompanyDb, facts: Sequence[PaymentFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest = newest(facts)
    if not latest:
        return
    found = await db.execute(
        text(_PAYMENT_BEFORE),
        {"ids": as_json([f.id for f in latest])},
    )
    before = {row.whop_id: row.member_id for row in found}
    currency = db.scope.company.currency
    await upsert(db, Payment, [rows.payment(fact, currency) for fact in latest], link=Link.PERSON)
    written.payments |= {fact.id: fact for fact in latest}
    written.new_payments |= {fact.id for fact in latest if fact.id not in before}
    written.gone_from |= {member_id for member_id in before.values() if member_id is not None}
    await rates.fill_amounts(db, _without_amount(latest, currency))
    db.touch((), Topic.PAYMENTS)


def _without_amount(facts: Sequence[PaymentFact], currency: str) -> list[str]:
    return [f.id for f in facts if rows.in_company_currency(f.currency, f.total, f.usd_total, currency) is None]


async def write_refunds(db: CompanyDb, facts: Sequence[RefundFact], written: Written) -> None:
    """A webhook does not say the reason; what once said it, however old, is believed."""
    db.scope.require(Permission.FACTS_WRITE)
    groups = by_version(facts)
    if not groups:
        return
    values = [
        rows.refund(group[-1])
        | {"reason": next((f.reason for f in reversed(group) if f.reason not in (UNSAID, None)), None)}
        for group in groups.values()
    ]
    await upsert(db, Refund, values, sets={"reason": "coalesce(excluded.reason, t.reason)"})
    await _fill_in(db, Refund, ("reason",), values)
    written.payments_taken_from |= {group[-1].payment_id for group in groups.values()}
    db.touch((), Topic.REFUNDS)


async def write_disputes(db: CompanyDb, facts: Sequence[DisputeFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest = newest(facts)
    if not latest:
        return
    await upsert(db, Dispute, [rows.dispute(fact) for fact in latest])
    written.payments_taken_from |= {fact.payment_id for fact in latest}
    db.touch((), Topic.DISPUTES)


_INVOICE_MEMBERS = overwrite(
    Invoice,
    ("member_id",),
    f"""
    SELECT t.id, m.id AS member_id FROM {looked_up("invoices")} t
    CROSS JOIN LATERAL (SELECT id FROM members WHERE whop_id = t.whop_member_id OFFSET 0) m""",  # noqa: S608 - names are ours
)


async def write_invoices(db: CompanyDb, facts: Sequence[InvoiceFact]) -> None:
    """A list of invoices names no member; what once named one, however old, is believed."""
    db.scope.require(Permission.FACTS_WRITE)
    groups = by_version(facts)
    if not groups:
        return
    values = [
        rows.invoice(group[-1])
        | {"whop_member_id": next((f.member_id for f in reversed(group) if f.member_id not in (UNSAID, None)), None)}
        for group in groups.values()
    ]
    sets = {
        "whop_member_id": "coalesce(excluded.whop_member_id, t.whop_member_id)",
        "whop_user_id": "coalesce(excluded.whop_user_id, t.whop_user_id)",
        "member_id": "coalesce(excluded.member_id, t.member_id)",
    }
    await upsert(db, Invoice, values, link=Link.PERSON, sets=sets)
    await _fill_in(db, Invoice, ("whop_member_id",), values)
    await db.execute(text(_INVOICE_MEMBERS), {"ids": as_json(list(groups))})
    db.touch((), Topic.INVOICES)


async def _fill_in(
    db: CompanyDb, model: type[Refund | Invoice], columns: Sequence[str], values: Sequence[rows.Values]
) -> None:
    """Gives to stored rows what a fact too old to replace them says, where they say nothing (of the first column)."""
    said = {str(each["whop_id"]): each for each in values if each[columns[0]] is not None}
    if not said:
        return
    table = table_of(model)
    empty = text(f"SELECT id, whop_id FROM {looked_up(table.name)} t WHERE {columns[0]} IS NULL")  # noqa: S608 - names are ours
    missing = (await db.execute(empty, {"ids": as_json(list(said))})).all()
    if missing:
        late = [{"id": row.id, **{name: said[row.whop_id][name] for name in columns}} for row in missing]
        source = f"SELECT * FROM {recordset(table, ('id', *columns))}"  # noqa: S608 - names are ours
        await db.execute(text(overwrite(model, columns, source)), {"rows": as_json(late)})
