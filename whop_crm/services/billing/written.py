"""What a write of facts touched, for the steps that follow it in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from whop_crm.clients.facts import MembershipFact, PaymentFact
from whop_crm.models.enums import MembershipStatus


class _Versioned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> datetime: ...


_Fact = TypeVar("_Fact", bound=_Versioned)


@dataclass(frozen=True, slots=True)
class MembershipBefore:
    """A membership as it was stored before this write."""

    id: int
    version: datetime
    member_id: int | None
    status: MembershipStatus
    paused: bool
    paused_version: datetime | None
    cancel_at_period_end: bool
    whop_plan_id: str


@dataclass(slots=True)
class Written:
    """Whop's ids of what has to be settled, and the members concerned by what it was before.

    `memberships_before` and `new_payments` tell what was not there or not so; `gone_from` are members that may have
    lost something to another.
    """

    memberships: dict[str, list[MembershipFact]] = field(default_factory=dict[str, list[MembershipFact]])
    memberships_before: dict[str, MembershipBefore] = field(default_factory=dict[str, MembershipBefore])
    payments: dict[str, PaymentFact] = field(default_factory=dict[str, PaymentFact])
    new_payments: set[str] = field(default_factory=set[str])
    payments_taken_from: set[str] = field(default_factory=set[str])
    repriced_plans: set[str] = field(default_factory=set[str])
    repriced_promos: set[str] = field(default_factory=set[str])
    renamed_plans: set[str] = field(default_factory=set[str])
    renamed_products: set[str] = field(default_factory=set[str])
    gone_from: set[int] = field(default_factory=set[int])


def by_version(facts: Iterable[_Fact]) -> dict[str, list[_Fact]]:
    """Facts of each object in the order of their versions; those of one version as they came."""
    groups: defaultdict[str, list[_Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.id].append(fact)
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=lambda fact: fact.version)
    return groups


def newest(facts: Sequence[_Fact]) -> list[_Fact]:
    """The last word on each object."""
    return [group[-1] for group in by_version(facts).values()]
