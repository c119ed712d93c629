"""The one word a badge says."""

from whop_crm.models import Membership
from whop_crm.models.enums import MembershipStatus, MemberStatus, ShownStatus

STATUS_ORDER = tuple(MemberStatus)
"""The best first; a member's one status is the best of the memberships'."""

LIVE = frozenset({MembershipStatus.ACTIVE, MembershipStatus.TRIALING, MembershipStatus.PAST_DUE,
                  MembershipStatus.CANCELING})  # fmt: skip

_MEMBER_STATUS = {
    MembershipStatus.ACTIVE: MemberStatus.ACTIVE,
    MembershipStatus.CANCELING: MemberStatus.ACTIVE,
    MembershipStatus.PAST_DUE: MemberStatus.PAST_DUE,
    MembershipStatus.TRIALING: MemberStatus.TRIALING,
    MembershipStatus.COMPLETED: MemberStatus.COMPLETED,
    MembershipStatus.UNRESOLVED: MemberStatus.UNRESOLVED,
    MembershipStatus.DRAFTED: MemberStatus.DRAFTED,
    MembershipStatus.CANCELED: MemberStatus.CANCELED,
    MembershipStatus.EXPIRED: MemberStatus.EXPIRED,
    MembershipStatus.UNKNOWN: MemberStatus.UNRESOLVED,
}


def member_status(status: MembershipStatus, paused: bool) -> MemberStatus:
    """What one membership makes of its member."""
    return MemberStatus.PAUSED if paused and status in LIVE else _MEMBER_STATUS[status]


def status_rank(status: str, paused: str) -> str:
    """An SQL expression over two columns: where that status stands in STATUS_ORDER."""
    live = ", ".join(f"'{each}'" for each in sorted(LIVE))
    paused_first = f"WHEN {paused} AND {status} IN ({live}) THEN {STATUS_ORDER.index(MemberStatus.PAUSED)}"
    others = " ".join(f"WHEN {status} = '{one}' THEN {STATUS_ORDER.index(of)}" for one, of in _MEMBER_STATUS.items())
    return f"CASE {paused_first} {others} END"


def shown_member(status: MemberStatus, canceling: bool) -> ShownStatus:
    return ShownStatus.CANCELING if canceling else ShownStatus(status.value)


def shown_membership(membership: Membership) -> ShownStatus:
    """Of one membership: paused stands before canceling, both before the status underneath."""
    if membership.status in LIVE and membership.paused:
        return ShownStatus.PAUSED
    if membership.status in LIVE and membership.cancel_at_period_end:
        return ShownStatus.CANCELING
    return ShownStatus(membership.status.value)
