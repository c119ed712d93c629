"""A member came, left, or is called something else."""

from whop_crm.clients.facts import MemberFact
from whop_crm.models.enums import ActivityKind, Presence
from whop_crm.services.activities import Draft
from whop_crm.services.members import MemberBefore

_GONE = ("left", "churned")


def of_member(fact: MemberFact, before: MemberBefore | None) -> list[Draft]:
    drafts = [_draft(fact, "joined", ActivityKind.JOINED, "Joined")]
    if fact.presence == Presence.LEFT:
        drafts += _left(fact, before)
    if before is not None and fact.version > before.version:
        drafts += _renamed(fact, before)
    return drafts


def _draft(fact: MemberFact, key: str, kind: ActivityKind, title: str, detail: str = "") -> Draft:
    at = (fact.joined_at or fact.created_at) if kind is ActivityKind.JOINED else fact.version
    return Draft(f"member:{fact.id}:{key}", kind, at, title, detail, fact.id, fact.user_id, fact.id)


def _left(fact: MemberFact, before: MemberBefore | None) -> list[Draft]:
    dated = fact.most_recent_action_at if fact.most_recent_action in _GONE else None
    seen = fact.version if before is not None and before.presence is not Presence.LEFT else None
    at = dated or seen
    key = f"member:{fact.id}:left"
    return [Draft(key, ActivityKind.LEFT, at, "Left", "", fact.id, fact.user_id, fact.id)] if at else []


def _renamed(fact: MemberFact, before: MemberBefore) -> list[Draft]:
    changes: list[str] = []
    for what, old, new in (
        ("name", before.name, fact.name),
        ("username", before.username, fact.username),
        ("email", before.email, fact.email),
    ):
        if old and new and old != new:
            changes.append(f"{what} from {old} to {new}")
    if not changes:
        return []
    title = "Changed " + " and ".join(change.partition(" ")[0] for change in changes)
    return [_draft(fact, "profile", ActivityKind.PROFILE_CHANGED, title, _sentence("; ".join(changes)))]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
