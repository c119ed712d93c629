"""One person's history with a company, told by the same transitions that live life uses: what they buy, how long they
stay, and how they leave.
"""

from datetime import datetime, timedelta

from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.clock import DAY, iso, parse_iso
from whop_crm.sandbox.companies import Offer
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.living import Living, Span
from whop_crm.sandbox.moves.base import GRANTING
from whop_crm.sandbox.moves.billing import RETRY_AFTER
from whop_crm.sandbox.texts import CANCEL_REASONS, CANCEL_WEIGHTS

RETRIES = 4


class Life(Living):
    """From the first purchase to the world's anchor."""

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
        self.after_payment(joined.payment_id)
        self.study(joined.membership_id)
        if offer.days is None:
            return self._bought_once(joined.membership_id, span)
        self.maybe_coached()
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
        self.after_payment(joined.payment_id)
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
        self.after_payment(t.renew(self.change, doc["id"]))
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


def last_seen(life: Life, member: Doc) -> None:
    """When they were last here: often when keen, long ago when they faded, never for a few."""
    span = life.spans[-1]
    rate = 0.12 + 1.4 * life.engagement
    quiet = span.fading if span.fading and span.fading > span.start else None
    base = min(span.end, quiet + DAY * life.rng.uniform(0, 14)) if quiet else span.end
    seen = max(base - DAY * life.rng.expovariate(rate), span.start)
    member["last_accessed_at"] = max(member["last_accessed_at"] or "", iso(seen))
