"""From the facts of a batch, and what was stored before them, to what the timeline shall tell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.models.enums import Origin
from whop_crm.services import activities, billing, members
from whop_crm.services.activities import Draft
from whop_crm.services.bulk import as_json, looked_up
from whop_crm.services.sync import telling
from whop_crm.services.sync.sorting import Sorted
from whop_crm.services.sync.telling import Names
from whop_crm.services.sync.telling.money import TakenBack

_TAKEN = """
SELECT t.whop_id, t.version, t.whop_created_at AS created_at, t.status, t.reason, t.amount_minor, t.currency,
       p.whop_member_id AS member_id, p.whop_user_id AS user_id, p.whop_product_id AS product_id{inquiry}
FROM (SELECT i.* FROM {by_id} i UNION SELECT i.* FROM {by_payment} i) t
CROSS JOIN LATERAL (SELECT * FROM payments WHERE whop_id = t.whop_payment_id OFFSET 0) p ORDER BY t.whop_id"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was there before the batch, and what the batch wrote of billing."""

    members: dict[str, members.MemberBefore]
    written: billing.Written


async def tell(db: CompanyDb, facts: Sorted, stored: Stored, origin: Origin, extra: Sequence[Draft]) -> frozenset[int]:
    """Records it; the ids of members whose daily counts changed."""
    refunds = await _taken(db, "refunds", "", (f.id for f in facts.refunds), stored.written.new_payments)
    disputes = await _taken(db, "disputes", ", t.inquiry", (f.id for f in facts.disputes), stored.written.new_payments)
    names = await find_names(db, facts, [*refunds, *disputes])
    drafts = [*_of_people(facts, stored, origin), *_of_billing(facts, stored, names), *_of_community(facts)]
    for item in refunds:
        drafts += telling.of_refund(item, names)
    for item in disputes:
        drafts += telling.of_dispute(item, names)
    counted = await activities.record(db, [*drafts, *extra], origin)
    await activities.record_visits(db, ((f.id, f.last_accessed_at) for f in facts.members if f.last_accessed_at))
    return counted


def _of_people(facts: Sorted, stored: Stored, origin: Origin) -> Iterable[Draft]:
    """A history read for the first time has no changes of names to tell: the stored name may be the newer one."""
    for fact in facts.members:
        before = None if origin is Origin.BACKFILL else stored.members.get(fact.id)
        yield from telling.of_member(fact, before)


def _of_billing(facts: Sorted, stored: Stored, names: Names) -> Iterable[Draft]:
    for whop_id, group in stored.written.memberships.items():
        yield from telling.of_membership(group, stored.written.memberships_before.get(whop_id), names)
    for fact in facts.payments:
        yield from telling.of_payment(fact, names)
    for fact in facts.invoices:
        yield from telling.of_invoice(fact)


def _of_community(facts: Sorted) -> Iterable[Draft]:
    yield from map(telling.of_post, facts.posts)
    yield from map(telling.of_chat, facts.chats)
    yield from map(telling.of_lesson, facts.lessons)


async def _taken(
    db: CompanyDb, table: str, inquiry: str, ids: Iterable[str], payments: Iterable[str]
) -> list[TakenBack]:
    """What is told is whose payment it was, so it is told when both are known."""
    wanted, waiting = list(ids), list(payments)
    if not wanted and not waiting:
        return []
    values = {"ids": as_json(wanted), "payments": as_json(waiting)}
    by_id, by_payment = looked_up(table), looked_up(table, "whop_payment_id", "payments")
    found = await db.execute(text(_TAKEN.format(by_id=by_id, by_payment=by_payment, inquiry=inquiry)), values)
    return [TakenBack(*row) for row in found]


async def find_names(db: CompanyDb, facts: Sorted, taken: Sequence[TakenBack] = ()) -> Names:
    products = {f.product_id for f in facts.memberships} | {f.product_id for f in facts.payments}
    products |= {item.product_id for item in taken}
    plans = {f.plan_id for f in facts.memberships}
    return Names(await _titles(db, "products", products), await _titles(db, "plans", plans))


async def _titles(db: CompanyDb, table: str, ids: Iterable[str | None]) -> dict[str, str]:
    wanted = [each for each in ids if each]
    if not wanted:
        return {}
    found = await db.execute(
        text(f"SELECT whop_id, title FROM {looked_up(table)} t WHERE title IS NOT NULL"),  # noqa: S608 - two names of ours
        {"ids": as_json(wanted)},
    )
    return {row.whop_id: row.title for row in found}
