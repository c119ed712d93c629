"""What one person's history with a company is made of: time that only moves forward, and what comes with a purchase.

What is going to happen is put on a heap, and `go` plays it in order up to the next moment. Nothing happens after the
world's anchor, so lives break off wherever they are: mid-period, canceling, past due, on trial, paused, disputed.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.bulk import BulkChange
from whop_crm.sandbox.clock import DAY
from whop_crm.sandbox.companies import Company


@dataclass
class Span:
    """A stretch of access; `fading` is when interest began to go, if it did."""

    start: datetime
    end: datetime
    fading: datetime | None = None


@dataclass
class Living:
    """`engagement` (0 to 1) decides how much they take part, and how likely they stay."""

    change: BulkChange
    company: Company
    rng: random.Random
    start: datetime
    anchor: datetime
    age_of: Callable[[datetime], float]
    engagement: float
    lesson_share: float = 1.0
    user_id: str | None = None
    member_id: str = ""
    spans: list[Span] = field(default_factory=list)
    _heap: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _count: int = 0

    # -- time -----------------------------------------------------------------------------------------------------

    def later(self, moment: datetime, action: Callable[[], object]) -> None:
        """Have something happen at that moment, if the life gets there."""
        self._count += 1
        heapq.heappush(self._heap, (moment, self._count, action))

    def go(self, moment: datetime) -> bool:
        """Move on to the moment, playing what was due; False when it lies after the anchor."""
        limit = min(moment, self.anchor)
        while self._heap and self._heap[0][0] <= limit:
            at, _, action = heapq.heappop(self._heap)
            self.change.at = max(self.change.at, at)
            action()
        if moment > self.anchor:
            return False
        self.change.at = max(self.change.at, moment)
        return True

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def within(self, start: datetime, end: datetime) -> datetime:
        """A moment between the two."""
        return start + (end - start) * self.rng.random()

    # -- what comes with it ---------------------------------------------------------------------------------------

    def after_payment(self, payment_id: str | None) -> None:
        """A few payments are refunded or disputed later."""
        if payment_id is None or self.change.get("payment", payment_id)["total"]["amount"] == "0.00":
            return
        luck = self.rng.random()
        if luck < 0.011:
            whole = self.chance(0.7)
            self.later(self.change.at + DAY * self.rng.uniform(0.1, 9), lambda: self._refund(payment_id, whole=whole))
        elif luck > 0.9955:
            self.later(self.change.at + DAY * self.rng.uniform(3, 45), lambda: self._dispute(payment_id))

    def _refund(self, payment_id: str, *, whole: bool) -> None:
        total = float(self.change.get("payment", payment_id)["total"]["amount"])
        amount = None if whole else f"{max(1, int(total * 0.4))}.00"
        reason = self.rng.choice(("requested_by_customer", "requested_by_customer", "duplicate", None))
        t.refund(self.change, payment_id, amount=amount, reason=reason)

    def _dispute(self, payment_id: str) -> None:
        reason = self.rng.choice(("fraudulent", "unrecognized", "subscription_canceled", "product_unacceptable"))
        dispute_id = t.open_dispute(self.change, payment_id, reason=reason, inquiry=self.chance(0.2))
        won = self.chance(0.45)
        answered = self.change.at + DAY * self.rng.uniform(1, 10)
        if self.chance(0.85):
            self.later(answered, lambda: t.answer_dispute(self.change, dispute_id))
        self.later(answered + DAY * self.rng.uniform(15, 50), lambda: t.close_dispute(self.change, dispute_id, won=won))

    def maybe_coached(self) -> None:
        """The keen ones buy coaching, by invoice."""
        if self.engagement > 0.6 and self.chance(0.09):
            self.later(self.change.at + DAY * self.rng.uniform(10, 120), self._invoice)

    def _invoice(self) -> None:
        blocks = self.rng.choice((1, 1, 2, 3))
        invoice_id = t.create_invoice(self.change, self.member_id, self.company.coaching, label="1:1 coaching block",
                                      amount=f"{300 * blocks}.00")  # fmt: skip
        due = self.change.at + timedelta(days=14)
        luck = self.rng.random()
        if luck < 0.68:
            self.later(self.within(self.change.at, due), lambda: t.pay_invoice(self.change, invoice_id))
        elif luck < 0.76:
            self.later(self.within(self.change.at, due), lambda: t.void_invoice(self.change, invoice_id))
        else:
            self.later(due + timedelta(minutes=1), lambda: t.miss_invoice(self.change, invoice_id))
            last = (lambda: t.pay_invoice(self.change, invoice_id)) if luck < 0.9 else (
                lambda: t.write_off_invoice(self.change, invoice_id))  # fmt: skip
            self.later(due + DAY * self.rng.uniform(1, 30), last)

    def study(self, membership_id: str) -> None:
        """Lessons, most of them in the first weeks; whoever lost access does not learn on."""
        lessons = self.company.lessons.get(self.change.get("membership", membership_id)["product_id"], [])
        if not lessons or not self.chance(0.75 * self.lesson_share):
            return
        moment = self.change.at
        reach = int(len(lessons) * min(1.0, self.rng.betavariate(1.2, 1.6) + 0.5 * self.engagement))
        for number, lesson_id in enumerate(lessons[:reach]):
            moment += DAY * self.rng.expovariate(0.35)
            finish = number < reach - 1 or self.chance(0.5)
            self.later(moment, lambda lesson_id=lesson_id, finish=finish: self._learn(lesson_id, finish=finish))

    def _learn(self, lesson_id: str, *, finish: bool) -> None:
        member = self.change.get("member", self.member_id)
        if member["access_level"] != "no_access" and member["user"]:
            (t.complete_lesson if finish else t.start_lesson)(self.change, member["user"]["id"], lesson_id)
