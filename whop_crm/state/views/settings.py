"""What the settings pages show."""

from dataclasses import dataclass

from whop_crm.access import Role, role_for
from whop_crm.models.enums import AccessLevel
from whop_crm.services.api_keys import KeyRow
from whop_crm.services.companies import SessionRow, TeammateRow
from whop_crm.services.settings import RecountProgress
from whop_crm.services.tags import TagRow
from whop_crm.state.views.text import counted, iso


@dataclass(frozen=True, slots=True)
class RecountLine:
    """Numbers being worked out anew; shown while `running`."""

    running: bool = False
    percent: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TeammateLine:
    """`whop_role` is what Whop calls them, `role` what that means here."""

    id: str
    name: str
    handle: str
    photo: str
    whop_role: str
    role: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class TagLine:
    """`carried` says in words how many members have it."""

    id: int
    name: str
    color: str
    members: str
    carried: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: int
    device: str
    icon: str
    began: str
    seen: str
    mine: bool


@dataclass(frozen=True, slots=True)
class KeyLine:
    """An API key; `prefix` is its beginning, `scopes` in a few words, `used` empty for never."""

    id: int
    name: str
    prefix: str
    scopes: str
    maker: str
    used: str
    revoked: bool


def key_line(row: KeyRow) -> KeyLine:
    scopes = " and ".join(scope.value for scope in row.scopes).capitalize()
    used = iso(row.last_used_at)
    return KeyLine(row.id, row.name, f"{row.prefix}…", scopes, row.created_by_name, used, row.revoked_at is not None)


def recount_line(progress: RecountProgress | None) -> RecountLine:
    if progress is None or not progress.running:
        return RecountLine()
    percent = round(progress.fraction * 100)
    return RecountLine(True, percent, f"{percent} %. Everything else goes on; numbers change as they are done.")


def teammate_line(row: TeammateRow) -> TeammateLine:
    return TeammateLine(
        id=row.whop_id,
        name=row.name or row.username or "No name",
        handle=f"@{row.username}" if row.username else "",
        photo=row.photo_url or "",
        whop_role=row.role.replace("_", " ").capitalize(),
        role=(role_for(AccessLevel.ADMIN, row.role) or Role.VIEWER).label,
        waiting=row.status not in ("joined", "active", "accepted"),
    )


def tag_line(row: TagRow) -> TagLine:
    carry = "carries" if row.members == 1 else "carry"
    return TagLine(
        row.id, row.name, row.color.value, f"{row.members:,}", f"{counted(row.members, 'member')} {carry} it"
    )


def session_line(row: SessionRow, mine: int) -> SessionLine:
    device = device_in_words(row.user_agent)
    icon = "smartphone" if any(name in device for name in ("iPhone", "Android")) else "monitor"
    return SessionLine(row.id, device, icon, iso(row.created_at), iso(row.last_seen_at), row.id == mine)


_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
"""In this order: browsers and systems name each other as well, the more particular one first."""


def device_in_words(user_agent: str | None) -> str:
    """`Chrome on Windows`, as far as the browser says."""
    said = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "An unknown device"
