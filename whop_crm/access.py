"""Who may do what. A `Scope` is proof of who asks, for which company; every action and query demands one."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from whop_crm.errors import Forbidden


class Permission(StrEnum):
    MEMBERS_READ = "members_read"
    METRICS_READ = "metrics_read"
    TAGS_WRITE = "tags_write"
    NOTES_WRITE = "notes_write"
    SYNC_READ = "sync_read"
    SYNC_RUN = "sync_run"
    SETTINGS_READ = "settings_read"
    SETTINGS_WRITE = "settings_write"
    FACTS_WRITE = "facts_write"
    """What comes from Whop is written by the sync alone."""

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Permission.MEMBERS_READ: "See members, their memberships, payments, timeline, tags and notes, and the team",
    Permission.METRICS_READ: "See the numbers",
    Permission.TAGS_WRITE: "Put tags on members; create, rename, recolour, merge and delete tags",
    Permission.NOTES_WRITE: "Write notes, and change one's own",
    Permission.SYNC_READ: "See how far the sync is",
    Permission.SYNC_RUN: "Start a sync, replay webhooks",
    Permission.SETTINGS_READ: "See the company's settings",
    Permission.SETTINGS_WRITE: "Change the company's settings",
    Permission.FACTS_WRITE: "Write what Whop tells, and what follows from it",
}


class PauseRule(StrEnum):
    """How churn treats a member who pauses: in rows of its own, or as lost."""

    APART = "apart"
    CHURN = "churn"


class Role(StrEnum):
    ADMIN = "admin"
    SUPPORT = "support"
    VIEWER = "viewer"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        return {"admin": "Admin", "support": "Support", "viewer": "Read only", "system": "Whop CRM"}[self.value]


_READ = frozenset({Permission.MEMBERS_READ, Permission.METRICS_READ, Permission.SYNC_READ, Permission.SETTINGS_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _READ,
    Role.SUPPORT: _READ | {Permission.NOTES_WRITE},
    Role.ADMIN: _READ | {Permission.NOTES_WRITE, Permission.TAGS_WRITE, Permission.SYNC_RUN, Permission.SETTINGS_WRITE},
    Role.SYSTEM: frozenset(Permission),
}

TEAM_ROLES = {
    "owner": Role.ADMIN,
    "admin": Role.ADMIN,
    "manager": Role.ADMIN,
    "support": Role.SUPPORT,
    "moderator": Role.SUPPORT,
}


def role_for(access_level: str, team_role: str | None) -> Role | None:
    """The role of somebody whom Whop calls `access_level` and, on the team, `team_role`; None: may not enter."""
    if access_level != "admin":
        return None
    return TEAM_ROLES.get(team_role or "", Role.VIEWER)


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """How much each part counts in the engagement score."""

    posts: int = 3
    comments: int = 2
    courses: int = 2
    recency: int = 2

    @property
    def total(self) -> int:
        return self.posts + self.comments + self.courses + self.recency


@dataclass(frozen=True, slots=True)
class CompanyRef:
    """The company a scope is bound to, with the settings that meaning depends on."""

    id: int
    whop_id: str
    title: str
    timezone: str = "UTC"
    week_start: int = 1
    currency: str = "usd"
    pause_rule: PauseRule = PauseRule.APART
    weights: ScoreWeights = ScoreWeights()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Actor:
    """A teammate by Whop user id, or the product itself (`user_id` None)."""

    user_id: str | None
    name: str


SYSTEM = Actor(None, "Whop CRM")


@dataclass(frozen=True, slots=True)
class Scope:
    company: CompanyRef
    actor: Actor
    role: Role

    @property
    def company_id(self) -> int:
        return self.company.id

    def allows(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raises Forbidden, in words for the screen, unless the role has the permission."""
        if not self.allows(permission):
            raise Forbidden(f"Your role here is {self.role.label}, which does not allow this. Ask an admin.")

    @classmethod
    def system(cls, company: CompanyRef) -> "Scope":
        return cls(company, SYSTEM, Role.SYSTEM)
