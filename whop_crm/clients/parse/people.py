"""Members and teammates."""

from datetime import datetime

from whop_sdk.types import Member, TeamMember

from whop_crm.clients.facts import MemberFact, TeamMemberFact
from whop_crm.clients.parse.clean import label, moment, moment_or, money, text


def member(item: Member, version: datetime) -> MemberFact:
    """A member has no `updated_at`: its version is when Whop was asked, or when it sent the webhook."""
    user = item.user
    return MemberFact(
        id=label(item.id),
        version=version,
        user_id=text(user.id) if user else None,
        name=text(user.name if user else item.display_name),
        username=text(user.username) if user else None,
        email=text(item.email, 320),
        phone=text(item.phone_number, 40),
        photo_url=text(user.profile_picture.url, 2000) if user else None,
        access_level=str(item.access_level),
        presence=str(item.status),
        joined_at=moment(item.joined_at),
        created_at=moment_or(item.created_at, version),
        last_accessed_at=moment(item.last_accessed_at),
        most_recent_action=text(item.most_recent_action),
        most_recent_action_at=moment(item.most_recent_action_at),
        spent_usd=money(item.usd_total_spent),
    )


def team_member(item: TeamMember, version: datetime) -> TeamMemberFact:
    user = item.user
    return TeamMemberFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        user_id=text(user.id) if user else None,
        name=(text(user.name) or text(user.username) if user else None) or text(item.email, 320) or "Teammate",
        username=text(user.username) if user else None,
        photo_url=text(user.profile_picture.url, 2000) if user else None,
        role=label(item.role),
        status=label(item.status),
    )
