"""The life of a membership: what a fact dates itself, and what changed against the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from whop_crm.clients.facts import UNSAID, MembershipFact
from whop_crm.models.enums import ActivityKind, MembershipStatus
from whop_crm.services.activities import Draft
from whop_crm.services.billing import MembershipBefore, ended_at
from whop_crm.services.sync.telling.words import Names, code_words, detail, with_reason

_NOT_STARTED = frozenset({MembershipStatus.DRAFTED, MembershipStatus.UNRESOLVED, MembershipStatus.UNKNOWN})
_AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Was:
    version: datetime
    status: MembershipStatus
    paused: bool
    canceling: bool
    plan: str


def of_membership(facts: Sequence[MembershipFact], before: MembershipBefore | None, names: Names) -> list[Draft]:
    """`facts` of one membership in the order of their versions; `before` is what was stored."""
    was = before and _Was(
        before.version, before.status, before.paused, before.cancel_at_period_end, before.whop_plan_id
    )
    drafts: list[Draft] = []
    for fact in facts:
        drafts += _dated(fact, names)
        if was is None or fact.version >= was.version:
            drafts += _changes(fact, was, names)
            was = _now(fact, was)
    return drafts


def of_trial_ending(fact: MembershipFact, sent_at: datetime, names: Names) -> Draft:
    end = fact.period_end
    when = f" on {end.day} {end:%B}" if end else " soon"
    product = names.product(fact.product_id, "The trial")
    title = f"Trial of {product} ends{when}" if product != "The trial" else f"{product} ends{when}"
    return _draft(fact, "trial_ending", ActivityKind.TRIAL_ENDING, sent_at, title)


def _now(fact: MembershipFact, was: _Was | None) -> _Was:
    paused = (was.paused if was else False) if fact.paused is UNSAID else fact.paused
    return _Was(fact.version, MembershipStatus(fact.status), paused, fact.cancel_at_period_end, fact.plan_id)


def _draft(fact: MembershipFact, key: str, kind: ActivityKind, at: datetime, title: str, words: str = "") -> Draft:
    return Draft(f"membership:{fact.id}:{key}", kind, at, title, words, fact.member_id, fact.user_id, fact.id)


def _dated(fact: MembershipFact, names: Names) -> list[Draft]:
    """What the fact itself says happened, and when."""
    drafts: list[Draft] = []
    status = MembershipStatus(fact.status)
    product = names.product(fact.product_id, "")
    if status not in _NOT_STARTED:
        plan = names.plan(fact.plan_id, fact.product_id)
        kind = ActivityKind.MEMBERSHIP_STARTED
        drafts.append(_draft(fact, "started", kind, fact.created_at, _started(status, product), plan))
    end, clicked = ended_at(fact), fact.canceled_at
    if clicked and (fact.cancel_at_period_end or (end and clicked < end - _AT_ONCE)):
        title = with_reason("Set to cancel at period end", _option(fact))
        words = detail(product, fact.cancel_reason, fact.cancel_feedback)
        drafts.append(_draft(fact, "cancel", ActivityKind.CANCEL_SCHEDULED, clicked, title, words))
    if end:
        reason = _option(fact)
        title = with_reason(f"{product} ended" if product else "Membership ended", reason)
        words = detail(fact.cancel_reason, fact.cancel_feedback)
        drafts.append(_draft(fact, "ended", ActivityKind.MEMBERSHIP_ENDED, end, title, words))
    return drafts


def _started(status: MembershipStatus, product: str) -> str:
    if status is MembershipStatus.COMPLETED:
        return f"Bought {product}" if product else "Made a purchase"
    if status is MembershipStatus.TRIALING:
        return f"Started a trial of {product}" if product else "Started a trial"
    return f"Started {product}" if product else "Started a membership"


def _option(fact: MembershipFact) -> str:
    return "" if fact.cancel_option in (None, "other", "testing") else code_words(fact.cancel_option)


def _changes(fact: MembershipFact, was: _Was | None, names: Names) -> list[Draft]:
    """What is different from before; of a membership seen for the first time, how it stands."""
    drafts: list[Draft] = []
    status = MembershipStatus(fact.status)
    product = names.product(fact.product_id, "Membership")
    acted = fact.most_recent_action_at or fact.version
    if status is MembershipStatus.PAST_DUE and (was is None or was.status is not status):
        at = acted if was is None and fact.most_recent_action == "past_due" else fact.version
        drafts.append(_draft(fact, "past_due", ActivityKind.MEMBERSHIP_PAST_DUE, at, f"{product} is past due"))
    if fact.paused is True and not (was and was.paused):
        at = acted if fact.most_recent_action == "paused_at" else fact.version
        drafts.append(_draft(fact, "paused", ActivityKind.MEMBERSHIP_PAUSED, at, f"{product} was paused"))
    if was is None or ended_at(fact):
        return drafts
    if fact.paused is False and was.paused:
        title = f"{product} goes on"
        drafts.append(_draft(fact, "resumed", ActivityKind.MEMBERSHIP_RESUMED, fact.version, title))
    if was.canceling and not fact.cancel_at_period_end:
        kind, title = ActivityKind.CANCEL_TAKEN_BACK, "Took the cancellation back"
        drafts.append(_draft(fact, "uncancel", kind, fact.version, title, names.product(fact.product_id, "")))
    if was.plan != fact.plan_id:
        plan = names.plan(fact.plan_id) or "another plan"
        drafts.append(_draft(fact, "plan", ActivityKind.MEMBERSHIP_CHANGED, fact.version, f"Moved to {plan}"))
    return drafts
