"""Whose a payment or a membership is stays known when a source does not say it: without `member:basic:read` Whop's
lists name nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import MembershipFact, PaymentFact
from whop_crm.db import CompanyDb
from whop_crm.services.bulk import as_json, looked_up

_Owned = TypeVar("_Owned", MembershipFact, PaymentFact)
_OF_MEMBERSHIPS = f"SELECT whop_id, whop_member_id, whop_user_id, NULL AS bought FROM {looked_up('memberships')} t"  # noqa: S608 - names are ours
_OF_PAYMENTS = (
    f"SELECT whop_id, whop_member_id, whop_user_id, whop_membership_id AS bought FROM {looked_up('payments')} t"  # noqa: S608 - names are ours
)


@dataclass(frozen=True, slots=True)
class _Links:
    """Whop's ids of who it is, and of what a payment was for."""

    member_id: str | None = None
    user_id: str | None = None
    membership_id: str | None = None


async def keep_links(
    db: CompanyDb, memberships: Sequence[MembershipFact], payments: Sequence[PaymentFact]
) -> tuple[list[MembershipFact], list[PaymentFact]]:
    """The same facts in the order of their versions; what they leave out is as it was told before."""
    db.scope.require(Permission.FACTS_WRITE)
    held = await _known(db, _OF_MEMBERSHIPS, (f.id for f in memberships if not (f.member_id and f.user_id)))
    paid = await _known(
        db, _OF_PAYMENTS, (f.id for f in payments if not (f.member_id and f.user_id and f.membership_id))
    )
    return _filled(memberships, held), _filled(payments, paid)


async def _known(db: CompanyDb, query: str, ids: Iterable[str]) -> dict[str, _Links]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await db.execute(text(query), {"ids": as_json(wanted)})
    return {row.whop_id: _Links(row.whop_member_id, row.whop_user_id, row.bought) for row in found}


def _filled(facts: Sequence[_Owned], known: dict[str, _Links]) -> list[_Owned]:
    filled: list[_Owned] = []
    for fact in sorted(facts, key=lambda each: each.version):
        links = _joined(known.get(fact.id, _Links()), fact)
        known[fact.id] = links
        if isinstance(fact, PaymentFact):
            fact = replace(fact, membership_id=links.membership_id)
        filled.append(replace(fact, member_id=links.member_id, user_id=links.user_id))
    return filled


def _joined(before: _Links, fact: MembershipFact | PaymentFact) -> _Links:
    """A membership may go to somebody else: then nothing of who held it before is kept."""
    membership_id = (fact.membership_id if isinstance(fact, PaymentFact) else None) or before.membership_id
    same = fact.member_id in (None, before.member_id) and fact.user_id in (None, before.user_id)
    if not same:
        return _Links(fact.member_id, fact.user_id, membership_id)
    return _Links(before.member_id, before.user_id, membership_id)
