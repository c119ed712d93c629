"""A batch of facts, by kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from whop_crm.clients.facts import (
    ChatFact,
    CourseProgressFact,
    DisputeFact,
    Fact,
    InvoiceFact,
    LessonFact,
    MemberFact,
    MembershipFact,
    PaymentFact,
    PlanFact,
    PostFact,
    ProductFact,
    PromoCodeFact,
    RefundFact,
    TeamMemberFact,
)


@dataclass(slots=True)
class Sorted:
    products: list[ProductFact] = field(default_factory=list[ProductFact])
    plans: list[PlanFact] = field(default_factory=list[PlanFact])
    promo_codes: list[PromoCodeFact] = field(default_factory=list[PromoCodeFact])
    team: list[TeamMemberFact] = field(default_factory=list[TeamMemberFact])
    members: list[MemberFact] = field(default_factory=list[MemberFact])
    memberships: list[MembershipFact] = field(default_factory=list[MembershipFact])
    payments: list[PaymentFact] = field(default_factory=list[PaymentFact])
    refunds: list[RefundFact] = field(default_factory=list[RefundFact])
    disputes: list[DisputeFact] = field(default_factory=list[DisputeFact])
    invoices: list[InvoiceFact] = field(default_factory=list[InvoiceFact])
    courses: list[CourseProgressFact] = field(default_factory=list[CourseProgressFact])
    lessons: list[LessonFact] = field(default_factory=list[LessonFact])
    posts: list[PostFact] = field(default_factory=list[PostFact])
    chats: list[ChatFact] = field(default_factory=list[ChatFact])


def sort_facts(facts: Iterable[Fact]) -> Sorted:
    found = Sorted()
    for fact in facts:
        _put(found, fact)
    return found


def _put(found: Sorted, fact: Fact) -> None:  # noqa: C901 - one line a kind
    match fact:
        case MemberFact():
            found.members.append(fact)
        case MembershipFact():
            found.memberships.append(fact)
        case PaymentFact():
            found.payments.append(fact)
        case ChatFact():
            found.chats.append(fact)
        case PostFact():
            found.posts.append(fact)
        case LessonFact():
            found.lessons.append(fact)
        case RefundFact():
            found.refunds.append(fact)
        case DisputeFact():
            found.disputes.append(fact)
        case InvoiceFact():
            found.invoices.append(fact)
        case CourseProgressFact():
            found.courses.append(fact)
        case ProductFact():
            found.products.append(fact)
        case PlanFact():
            found.plans.append(fact)
        case PromoCodeFact():
            found.promo_codes.append(fact)
        case TeamMemberFact():
            found.team.append(fact)
        case _:
            assert_never(fact)
