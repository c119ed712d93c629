"""What members did, from the counts of each local day that are kept for ever."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, cast, func, select, true
from sqlmodel import col

from whop_crm.filters.ast import Anchor, Behaviour, BetweenDays, LastSpan, Op, Sequence_
from whop_crm.filters.windows import Clock, shifted
from whop_crm.models import Member, MemberDay

Where = ColumnElement[bool]
ANCHORS: dict[Anchor, Any] = {
    Anchor.JOINED: col(Member.joined_at),
    Anchor.FIRST_PAYMENT: col(Member.first_payment_at),
    Anchor.LAST_PAYMENT: col(Member.last_payment_at),
    Anchor.CANCELED: col(Member.canceled_at),
}


def behaved(node: Behaviour, clock: Clock) -> Where:
    """So often within the days. At least 0 times is everybody; at most counts who never did as well."""
    first, last = window(node, clock)
    days: list[Where] = [col(MemberDay.kind) == node.activity]
    days += [] if first is None else [col(MemberDay.day) >= first]
    days += [] if last is None else [col(MemberDay.day) <= last]
    if node.op is Op.AT_LEAST:
        met = _often(node.times, days) if node.times > 0 else true()
    else:
        met = ~_often(node.times + 1, days)
    return met if node.did else ~met


def window(node: Behaviour, clock: Clock) -> tuple[date | None, date | None]:
    """The first and the last local day that count."""
    match node.when:
        case LastSpan(last=span):
            return shifted(clock.today, span, -1), clock.today
        case BetweenDays(between=(first, last)):
            return first, last
        case None:
            return None, None


def _often(times: int, days: list[Where]) -> Where:
    found = select(col(MemberDay.member_id)).where(*days)
    if times > 1:
        found = found.group_by(col(MemberDay.member_id)).having(func.sum(col(MemberDay.n)) >= times)
    return col(Member.id).in_(found)


def followed(node: Sequence_, clock: Clock) -> Where:
    """Did it, from the local day of the anchor until so many days later; failed to, once those days are over."""
    anchor = ANCHORS[node.after]
    began = cast(func.timezone(str(clock.zone), anchor), Date)
    until = _until(began, node)
    did = select(col(Member.id)).join(MemberDay, col(MemberDay.member_id) == col(Member.id))
    did = did.where(anchor.is_not(None), col(MemberDay.kind) == node.activity, col(MemberDay.day).between(began, until))
    found = col(Member.id).in_(did)
    if node.did:
        return found
    over = and_(anchor.is_not(None), until < clock.today)
    return and_(over, ~found)


def _until(began: Any, node: Sequence_) -> Any:
    """The last local day that counts, as SQL: PostgreSQL shortens a month as `shifted` does."""
    span = node.within
    unit = "months" if span.unit == "months" else "days"
    n = span.n * 7 if span.unit == "weeks" else span.n
    return cast(
        began + func.make_interval(*(n if unit == one else 0 for one in ("years", "months", "weeks", "days"))), Date
    )
