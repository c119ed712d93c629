"""Facts of Whop's into the tables of the services that own them, with all that follows from them, in one transaction.

A batch is a handful of statements however many rows it has. Facts come in any order and more than once: versions
decide, and whatever is derived is worked out from what is then stored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import Fact
from whop_crm.db import CompanyDb
from whop_crm.models.enums import Origin
from whop_crm.services import activities, billing, companies, members
from whop_crm.services.activities import Draft
from whop_crm.services.bulk import FACTS_LOCK
from whop_crm.services.sync.growth import gather_statistics
from whop_crm.services.sync.sorting import Sorted, sort_facts
from whop_crm.services.sync.timeline import Stored, tell

_BEGIN = f"""
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_memoize', 'off', true), {FACTS_LOCK}"""
"""A batch is small against what it is joined with, whatever PostgreSQL thinks of tables that have just grown."""


@dataclass(frozen=True, slots=True)
class AppliedFacts:
    """What a batch came to.

    `unknown_members` are Whop's ids of members that memberships or payments name and nobody has told of yet;
    `taken_from` of payments that a refund or a dispute has changed without their own fact saying so.
    """

    facts: int
    member_ids: frozenset[int]
    unknown_members: frozenset[str]
    taken_from: frozenset[str]

    def joined(self, other: "AppliedFacts") -> "AppliedFacts":
        """What both came to."""
        return AppliedFacts(
            self.facts + other.facts,
            self.member_ids | other.member_ids,
            self.unknown_members | other.unknown_members,
            self.taken_from | other.taken_from,
        )


async def apply_facts(
    db: CompanyDb, facts: Sequence[Fact], origin: Origin, extra: Sequence[Draft] = ()
) -> AppliedFacts:
    """Writes a batch. `extra` is what the timeline shall tell besides what the facts say themselves.

    Batches of one company wait for each other: what is summed up is then never what another is just changing.
    """
    db.scope.require(Permission.FACTS_WRITE)
    await db.execute(text(_BEGIN), {"company": db.scope.company_id})
    await companies.renew_scope(db)
    sorted_facts = sort_facts(facts)
    owned = await billing.keep_links(db, sorted_facts.memberships, sorted_facts.payments)
    sorted_facts.memberships, sorted_facts.payments = owned
    stored, arrived = await _write(db, sorted_facts)
    counted = await _link(db, arrived)
    touched = await _settle(db, sorted_facts, stored.written, origin) | arrived
    await members.summarize_money(db, touched)
    counted |= await tell(db, sorted_facts, stored, origin, extra)
    await _summarize_activity(db, sorted_facts, counted, arrived)
    db.touch(touched | counted)
    if origin is Origin.BACKFILL:
        await gather_statistics(db, sorted_facts)
    named = {f.member_id for f in (*sorted_facts.memberships, *sorted_facts.payments) if f.member_id}
    known = await members.find_ids(db, named) if named else {}
    return AppliedFacts(
        len(facts), touched | counted, frozenset(named - set(known)), frozenset(stored.written.payments_taken_from)
    )


async def _write(db: CompanyDb, facts: Sorted) -> tuple[Stored, frozenset[int]]:
    """The rows themselves, members first so that the others find them; the members concerned by their own facts."""
    written = billing.Written()
    before = await members.write_members(db, facts.members)
    await companies.write_team(db, facts.team)
    await billing.write_products(db, facts.products, written)
    await billing.write_plans(db, facts.plans, written)
    await billing.write_promo_codes(db, facts.promo_codes, written)
    await billing.write_memberships(db, facts.memberships, written)
    await billing.write_payments(db, facts.payments, written)
    await billing.write_refunds(db, facts.refunds, written)
    await billing.write_disputes(db, facts.disputes, written)
    await billing.write_invoices(db, facts.invoices)
    await members.write_course_progress(db, facts.courses)
    new = {fact.id for fact in facts.members if fact.id not in before}
    arrived = await members.find_ids(db, new) if new else {}
    return Stored(before, written), frozenset(arrived.values())


async def _link(db: CompanyDb, arrived: Collection[int]) -> frozenset[int]:
    """What came before these members; those who got activities by it."""
    if not arrived:
        return frozenset()
    await billing.link_members(db, arrived)
    await members.link_courses(db, arrived)
    linked = await activities.link_activities(db, arrived)
    await members.note_activity(db, linked.seen)
    return linked.member_ids


async def _settle(db: CompanyDb, facts: Sorted, written: billing.Written, origin: Origin) -> frozenset[int]:
    """What follows for payments and memberships; the members whose summaries have to follow them."""
    payments = written.payments.keys() | written.payments_taken_from
    await billing.settle_payments(db, payments)
    settled = await billing.settle_memberships(db, written, origin)
    holders = await billing.members_of(db, settled, payments, written.renamed_plans, written.renamed_products)
    again = [fact.id for fact in facts.members]
    known = await members.find_ids(db, again) if again else {}
    return holders | written.gone_from | frozenset(known.values())


async def _summarize_activity(db: CompanyDb, facts: Sorted, counted: Collection[int], arrived: Collection[int]) -> None:
    await members.summarize_community(db, counted)
    students = {fact.user_id for fact in facts.courses}
    found = await members.find_ids(db, (), students) if students else {}
    if found or arrived:
        await members.summarize_courses(db, {*found.values(), *arrived})
    seen = [(fact.user_id, fact.created_at) for fact in (*facts.posts, *facts.chats)]
    await members.note_activity(db, [*seen, *((fact.user_id, fact.completed_at) for fact in facts.lessons)])
