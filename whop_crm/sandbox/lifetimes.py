"""One person's history with a company, told by the same transitions that live life uses.

Time only moves forward within a life: what is going to happen is put on a heap, and `go` plays it in order up to the
next moment. Nothing happens after the world's anchor, so lives break off wherever they are: mid-period, canceling,
past due, on trial, paused, disputed.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.bulk import BulkChange
from whop_crm.sandbox.clock import DAY, iso, parse_iso
from whop_crm.sandbox.companies import Company, Offer
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import GRANTING
from whop_crm.sandbox.moves.billing import RETRY_AFTER
from whop_crm.sandbox.texts import CANCEL_REASONS, CANCEL_WEIGHTS

RETRIES = 4


@dataclass
class Span:
    """A stretch of access; `fading` is when interest began to go, if it did."""

    start: datetime
    end: datetime
    fading: datetime | None = None


@dataclass
class Life:
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

    # -- the life -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """From the first purchase to the anchor."""
        self.go(self.start)
        offer: Offer | None = self.company.offer(self.rng, self.age_of(self.start))
        while offer is not None:
            offer = self._one_purchase(offer)
        self.go(self.anchor)

    def _one_purchase(self, offer: Offer) -> Offer | None:
        """Buy, live through it, and return what is bought next, if anything."""
        promo = self.rng.choice(self.company.promos[:3]) if offer.days and self.chance(0.12) else None
        if offer.days and self.chance(0.004):
            promo = self.company.promos[-1]
        joined = t.join(self.change, offer.plan_id, user_id=self.user_id, promo_code_id=promo)
        self.user_id, self.member_id = joined.user_id, joined.member_id
        span = Span(self.change.at, self.anchor)
        self.spans.append(span)
        self._after_payment(joined.payment_id)
        self._study(joined.membership_id)
        if offer.days is None:
            return self._bought_once(joined.membership_id, span)
        self._maybe_coached()
        if not self._recurring(joined.membership_id, span):
            return None
        span.end = self.change.at
        return self._afterwards()

    def _bought_once(self, membership_id: str, span: Span) -> Offer | None:
        doc = self.change.get("membership", membership_id)
        if doc["expires_at"]:
            span.end = min(self.anchor, parse_iso(doc["expires_at"]))
            self.later(parse_iso(doc["expires_at"]), lambda: t.end_period(self.change, membership_id))
        if not self.chance(0.35):
            return None
        moment = self.change.at + DAY * self.rng.uniform(2, 60)
        return self.company.offer(self.rng, self.age_of(moment), recurring=True) if self.go(moment) else None

    def _afterwards(self) -> Offer | None:
        """After the last access ended: some leave for good, some come back."""
        luck = self.rng.random()
        if luck < 0.3 and self.member_id:
            moment = self.change.at + DAY * self.rng.uniform(0, 20)
            self.later(moment, self._leave)
            return None
        if luck < 0.42:
            moment = self.change.at + DAY * self.rng.uniform(20, 150)
            return self.company.offer(self.rng, self.age_of(moment), recurring=True) if self.go(moment) else None
        return None

    def _leave(self) -> None:
        member = self.change.get("member", self.member_id)
        held = [self.change.get("membership", each) for each in member["_memberships"]]
        if member["status"] != "left" and not any(each["status"] in GRANTING for each in held):
            t.leave(self.change, self.member_id)

    # -- a recurring membership -----------------------------------------------------------------------------------

    def _recurring(self, membership_id: str, span: Span) -> bool:
        """Period after period; True when access has ended, False when the anchor came first."""
        while True:
            doc = self.change.get("membership", membership_id)
            if doc["status"] not in GRANTING:
                return True
            end = parse_iso(doc["current_period_end"])
            ended = self._this_period(doc, end, span)
            doc = self.change.get("membership", doc["id"])
            if ended is not None:
                return ended
            if doc["status"] not in GRANTING:
                membership_id = self.change.get("member", self.member_id)["_memberships"][-1]
                continue
            end = parse_iso(doc["current_period_end"])
            if not self.go(end + timedelta(seconds=self.rng.randrange(5, 900))):
                return False
            ended = self._renewal(doc, span)
            if ended is not None:
                return ended

    def _hazard(self, doc: Doc) -> float:
        """How likely this period is the last."""
        if doc["status"] == "trialing":
            return 0.42 - 0.3 * self.engagement
        months = (doc["billing_period_days"] or 30) / 30
        monthly = 0.085 * (1.55 - 1.25 * self.engagement) * (1.35 if doc["_charges"] < 3 else 0.85)
        return 1 - (1 - monthly) ** (months if months <= 1 else 1 + 0.28 * (months - 1))

    def _this_period(self, doc: Doc, end: datetime, span: Span) -> bool | None:
        """What happens before the period is over: True ended, False beyond the anchor, None goes on."""
        luck = self.rng.random()
        hazard = self._hazard(doc)
        if luck < hazard * 0.86:
            return self._cancel(doc, end, span, at_once=luck < hazard * 0.1)
        if doc["status"] == "active" and hazard <= luck < hazard + 0.012:
            return self._pause(doc, end)
        if doc["status"] == "active" and luck > 0.985 and doc["plan_id"] in self.company.upgrades:
            return self._switch(doc, end)
        return None

    def _cancel(self, doc: Doc, end: datetime, span: Span, *, at_once: bool) -> bool | None:
        option = self.rng.choices(list(CANCEL_WEIGHTS), list(CANCEL_WEIGHTS.values()))[0]
        reason = self.rng.choice(CANCEL_REASONS[option])
        chosen = None if self.chance(0.15) else option
        moment = self.within(self.change.at, end)
        span.fading = moment - DAY * self.rng.uniform(10, 45)
        if not self.go(moment):
            return False
        if at_once:
            t.cancel_now(self.change, doc["id"], option=chosen, reason=reason)
            return True
        t.cancel_at_period_end(self.change, doc["id"], option=chosen, reason=reason if chosen else None)
        if self.chance(0.1):
            if not self.go(self.within(self.change.at, end)):
                return False
            t.uncancel(self.change, doc["id"])
            span.fading = None
            return None
        if not self.go(end):
            return False
        t.end_period(self.change, doc["id"])
        return True

    def _pause(self, doc: Doc, end: datetime) -> bool | None:
        if not self.go(self.within(self.change.at, end)):
            return False
        t.pause(self.change, doc["id"])
        if not self.go(self.change.at + DAY * self.rng.uniform(15, 75)):
            return False
        t.resume(self.change, doc["id"])
        return None

    def _switch(self, doc: Doc, end: datetime) -> bool | None:
        if not self.go(self.within(self.change.at, end)):
            return False
        joined = t.switch_plan(self.change, doc["id"], self.company.upgrades[doc["plan_id"]])
        self._after_payment(joined.payment_id)
        return None

    def _renewal(self, doc: Doc, span: Span) -> bool | None:
        """The charge at the end of a period."""
        luck = self.rng.random()
        failing = 0.16 if doc["status"] == "trialing" else 0.055
        if luck < failing:
            return self._failing(doc, span)
        if luck > 0.985 and doc["_charges"] > 0:
            payment_id = t.start_slow_payment(self.change, doc["id"])
            self.later(self.change.at + DAY * self.rng.uniform(2, 5),
                       lambda: t.settle_slow_payment(self.change, payment_id))  # fmt: skip
            return None
        self._after_payment(t.renew(self.change, doc["id"]))
        return None

    def _failing(self, doc: Doc, span: Span) -> bool | None:
        code = self.rng.choices(list(t.DECLINES), (40, 18, 22, 8, 5, 7))[0]
        began = self.change.at
        for attempt in range(RETRIES):
            if attempt and not self.go(self.change.at + RETRY_AFTER):
                return False
            if attempt and self.chance(0.34):
                t.recover_payment(self.change, doc["id"])
                return None
            t.fail_payment(self.change, doc["id"], decline_code=code)
        if not self.go(self.change.at + RETRY_AFTER):
            return False
        t.give_up(self.change, doc["id"])
        span.fading = began - DAY * self.rng.uniform(0, 30)
        return True

    # -- what comes with it ---------------------------------------------------------------------------------------

    def _after_payment(self, payment_id: str | None) -> None:
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

    def _maybe_coached(self) -> None:
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

    def _study(self, membership_id: str) -> None:
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


def last_seen(life: Life, member: Doc) -> None:
    """When they were last here: often when keen, long ago when they faded, never for a few."""
    span = life.spans[-1]
    rate = 0.12 + 1.4 * life.engagement
    quiet = span.fading if span.fading and span.fading > span.start else None
    base = min(span.end, quiet + DAY * life.rng.uniform(0, 14)) if quiet else span.end
    seen = max(base - DAY * life.rng.expovariate(rate), span.start)
    member["last_accessed_at"] = max(member["last_accessed_at"] or "", iso(seen))
