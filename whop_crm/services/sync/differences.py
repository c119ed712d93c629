"""What is stored against what Whop says: which facts have to be written, and which of them nobody told us of.

A difference counts as drift where an event should have told it. What has no event at Whop (last visits, how often a
code was used) is brought up to date without a word, and so is what changed while the run was reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import (
    UNSAID,
    DisputeFact,
    Fact,
    InvoiceFact,
    MemberFact,
    MembershipFact,
    PaymentFact,
    PlanFact,
    ProductFact,
    RefundFact,
)
from whop_crm.db import CompanyDb
from whop_crm.models.enums import SyncResource
from whop_crm.services import billing, members
from whop_crm.services.bulk import as_json, looked_up

Compared = ProductFact | PlanFact | MemberFact | MembershipFact | PaymentFact | RefundFact | DisputeFact | InvoiceFact

TABLES: dict[type[Compared], tuple[SyncResource, str]] = {
    ProductFact: (SyncResource.PRODUCTS, "products"),
    PlanFact: (SyncResource.PLANS, "plans"),
    MemberFact: (SyncResource.MEMBERS, "members"),
    MembershipFact: (SyncResource.MEMBERSHIPS, "memberships"),
    PaymentFact: (SyncResource.PAYMENTS, "payments"),
    RefundFact: (SyncResource.REFUNDS, "refunds"),
    DisputeFact: (SyncResource.DISPUTES, "disputes"),
    InvoiceFact: (SyncResource.INVOICES, "invoices"),
}
_OURS = frozenset(
    {"whop_id", "version", "paused_version", "total_company_minor", "search_text", "sort_name", "deleted_at"}
)
"""Not Whop's own words, or decided by more than the newest fact."""
_QUIET = frozenset({"last_active_at", "spent_usd_minor", "ended_at", "paused_at"})
"""No event of Whop's promises to tell these, or they follow from others."""
_ONLY_SAID = frozenset(
    {"reason", "paused_at", "last_active_at", "whop_member_id", "whop_user_id", "whop_membership_id", "email", "phone"}
)
"""What one source of a fact leaves out stays as another told it; some is hidden where a permission is missing."""
_UNDATED = (MemberFact, InvoiceFact)
"""They carry no `updated_at` in a list: their version is when Whop was asked."""
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Difference:
    resource: SyncResource
    whop_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`stale` has to be written, `drifted` of it is what nobody told."""

    stale: tuple[Fact, ...]
    drifted: tuple[Difference, ...]


async def compare(db: CompanyDb, facts: Sequence[Fact], asked_since: datetime) -> Comparison:
    """Against the rows as they stand in this transaction. `asked_since` is when reading began."""
    db.scope.require(Permission.SYNC_READ)
    stale: list[Fact] = [fact for fact in facts if not isinstance(fact, Compared)]
    drifted: list[Difference] = []
    for kind, (resource, table) in TABLES.items():
        some = [fact for fact in facts if isinstance(fact, kind)]
        if not some:
            continue
        rows = [_row_of(fact, db.scope.company.currency) for fact in some]
        stored = await _stored(db, table, list(rows[0]), [fact.id for fact in some])
        for fact, row in zip(some, rows, strict=True):
            verdict = _judge(fact, row, stored.get(fact.id), asked_since)
            if verdict is not None:
                stale.append(fact)
                if verdict:
                    drifted.append(Difference(resource, fact.id, verdict))
    return Comparison(tuple(stale), tuple(drifted))


def _row_of(fact: Compared, currency: str) -> dict[str, object]:
    return members.row_of(fact) if isinstance(fact, MemberFact) else billing.row_of(fact, currency)


async def _stored(
    db: CompanyDb, table: str, columns: Sequence[str], ids: Iterable[str]
) -> dict[str, dict[str, object]]:
    found = await db.execute(
        text(f"SELECT {', '.join(columns)} FROM {looked_up(table)} t"),  # noqa: S608 - names are ours
        {"ids": as_json(list(ids))},
    )
    return {row.whop_id: dict(zip(columns, row, strict=True)) for row in found}


def _judge(fact: Compared, row: dict[str, object], was: dict[str, object] | None, asked_since: datetime) -> str | None:
    """None: nothing to write. Empty: to be written, and nobody is to blame. Else the difference in words."""
    if was is None:
        return "" if fact.created_at > asked_since else "It was not here."
    version = was["version"]
    if isinstance(version, datetime) and version > fact.version:
        return None
    unsaid = "paused" if isinstance(fact, MembershipFact) and fact.paused is UNSAID else ""
    compared = [name for name in row if name not in _OURS and name != unsaid]
    differing = [name for name in compared if _differs(name, row[name], was[name])]
    if not differing:
        return None
    unasked = isinstance(fact, RefundFact) and was["reason"] is None  # a refund's event does not say why
    loud = [name for name in differing if name not in _QUIET and not (unasked and name == "reason")]
    meanwhile = not isinstance(fact, _UNDATED) and fact.version > asked_since
    return "" if meanwhile or not loud else _words(loud, row, was)


def _differs(name: str, new: object, old: object) -> bool:
    if name in _ONLY_SAID and new is None:
        return False
    if name == "last_active_at" and isinstance(new, datetime) and isinstance(old, datetime):
        return new > old
    return new != old


def _words(names: Sequence[str], row: dict[str, object], was: dict[str, object]) -> str:
    told = [f"{_name(name)}: {_value(was[name])} here, {_value(row[name])} at Whop" for name in names[:_MOST_WORDS]]
    more = len(names) - len(told)
    return "; ".join(told) + (f"; and {more} more." if more else ".")


def _name(column: str) -> str:
    words = column.removesuffix("_minor").removeprefix("whop_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _value(value: object) -> str:
    match value:
        case None | "":
            return "nothing"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)[:80]
