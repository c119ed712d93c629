"""Who may do what. A `Scope` is proof of who asks, for which company; every action and query demands one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from whop_crm.errors import Forbidden


class Permission(StrEnum):
    MEMBERS_READ = "members_read"
    METRICS_READ = "metrics_read"
    TAGS_WRITE = "tags_write"
    NOTES_WRITE = "notes_write"
    SEGMENTS_WRITE = "segments_write"
    LISTS_WRITE = "lists_write"
    FIELDS_WRITE = "fields_write"
    VALUES_WRITE = "values_write"
    EXPORT = "export"
    IMPORT = "import"
    SYNC_READ = "sync_read"
    SYNC_RUN = "sync_run"
    SETTINGS_READ = "settings_read"
    SETTINGS_WRITE = "settings_write"
    KEYS_MANAGE = "keys_manage"
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
    Permission.SEGMENTS_WRITE: "Make segments, and change one's own; an admin changes every shared one",
    Permission.LISTS_WRITE: "Make, change and delete lists, and put members on them",
    Permission.FIELDS_WRITE: "Create, rename, order and archive custom fields",
    Permission.VALUES_WRITE: "Fill in custom fields of members",
    Permission.EXPORT: "Export members as a file",
    Permission.IMPORT: "Import tags, notes, lists and custom fields",
    Permission.SYNC_READ: "See how far the sync is",
    Permission.SYNC_RUN: "Start a sync, replay webhooks",
    Permission.SETTINGS_READ: "See the company's settings",
    Permission.SETTINGS_WRITE: "Change the company's settings",
    Permission.KEYS_MANAGE: "See which API keys there are, make and revoke them",
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
    Role.SUPPORT: _READ | {Permission.NOTES_WRITE, Permission.SEGMENTS_WRITE, Permission.VALUES_WRITE},
    Role.ADMIN: _READ
    | {
        Permission.NOTES_WRITE,
        Permission.SEGMENTS_WRITE,
        Permission.LISTS_WRITE,
        Permission.TAGS_WRITE,
        Permission.FIELDS_WRITE,
        Permission.VALUES_WRITE,
        Permission.EXPORT,
        Permission.IMPORT,
        Permission.SYNC_RUN,
        Permission.SETTINGS_WRITE,
        Permission.KEYS_MANAGE,
    },
    Role.SYSTEM: frozenset(Permission),
}


class KeyScope(StrEnum):
    """What an API key is made for. Each lets it read; no key may make or revoke keys."""

    READ = "read"
    WRITE = "write"
    EXPORT = "export"

    @property
    def words(self) -> str:
        return {
            "read": "Read members, segments, webhooks and settings",
            "write": "Read, and change what an admin may",
            "export": "Read, and export members as CSV",
        }[self.value]


KEY_PERMISSIONS: dict[KeyScope, frozenset[Permission]] = {
    KeyScope.READ: _READ,
    KeyScope.WRITE: ROLE_PERMISSIONS[Role.ADMIN] - {Permission.EXPORT, Permission.KEYS_MANAGE},
    KeyScope.EXPORT: _READ | {Permission.EXPORT},
}
"""Who holds a key cannot make others that outlive it."""

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
    """`granted` is what an API key was made for, within what its role allows; None: all of that."""

    company: CompanyRef
    actor: Actor
    role: Role
    granted: frozenset[Permission] | None = None

    @property
    def company_id(self) -> int:
        return self.company.id

    def allows(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role] and (self.granted is None or permission in self.granted)

    def require(self, permission: Permission) -> None:
        """Raises Forbidden, in words for the screen, unless the role has the permission."""
        if self.allows(permission):
            return
        if self.granted is not None:
            raise Forbidden(_beyond_the_key(permission))
        raise Forbidden(f"Your role here is {self.role.label}, which does not allow this. Ask an admin.")

    @classmethod
    def of_key(cls, company: CompanyRef, key_id: int, name: str, scopes: Iterable[KeyScope]) -> "Scope":
        """A key acts as an admin who may no more than it was made for. What it writes bears its name."""
        granted = frozenset[Permission]().union(*(KEY_PERMISSIONS[one] for one in scopes))
        return cls(company, Actor(f"key_{key_id}", name), Role.ADMIN, granted)

    @classmethod
    def system(cls, company: CompanyRef) -> "Scope":
        return cls(company, SYSTEM, Role.SYSTEM)


def _beyond_the_key(permission: Permission) -> str:
    wanted = [scope.value for scope, granted in KEY_PERMISSIONS.items() if permission in granted]
    if not wanted:
        return "No API key may do this. Do it on the screen, as an admin."
    return f"This API key does not allow this. Make one with the scope “{wanted[0]}”."
