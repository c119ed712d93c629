"""Every address of the app in one place: the pattern that Reflex matches, and beside it what builds the address.

A builder takes Whop's own ids, as text or as a Reflex var. `COMPANY_ARG` and `MEMBER_ARG` are the names of the dynamic
parts; Reflex makes a var of the root state of each, so no state may have a var or handler of these names.
"""

import re
from enum import StrEnum
from urllib.parse import quote, urlsplit

COMPANY_ARG = "biz"
MEMBER_ARG = "mber"
SEGMENT_ARG = "seg"

HOME = "/"
"""Who is not signed in starts here. `?reason=<code>` says why a sign-in did not work, see `SignInProblem`."""

NO_ACCESS = "/no-access"
"""Who is signed in and may open no company ends here."""

NO_PAGE = "404"
"""Reflex's name for every address that is no page's."""

SIGN_IN = "/auth/login"
SIGN_IN_CALLBACK = "/auth/callback"
SIGN_OUT = "/auth/logout"
SIGN_OUT_EVERYWHERE = "/auth/logout-everywhere"
OPEN_COMPANY = "/dashboard"
"""Leads on to a company that the visitor may open."""

OUTSIDE = "/auth/outside"
"""From inside Whop's frame to the same page outside, `?next=`. For a new tab."""
EXPERIENCES = "/experiences/"
"""Where Whop opens the app as an experience; leads on to the dashboard of its company."""

EXPORT = "/api/exports/{company}/members.csv"
"""Members as a file. An HTTP address: a plain link, never a client-side one."""

IMPORT_FILE = "/api/imports/{company}"
IMPORT_PROBLEMS = "/api/imports/{company}/{import_id}/problems.csv"
"""Where a file is sent to, and where the lines that did not fit come from. HTTP addresses, too."""

DASHBOARD = "/dashboard/[biz]"
CONNECTION = "/dashboard/[biz]/connection"
MEMBERS = "/dashboard/[biz]/members"
MEMBER = "/dashboard/[biz]/members/[mber]"
SEGMENTS = "/dashboard/[biz]/segments"
SEGMENT = "/dashboard/[biz]/segments/[seg]"
SEGMENT_EDIT = "/dashboard/[biz]/segments/[seg]/edit"
"""`new` in the place of the id makes one, and `?template=` or `?f=`, a filter, say what to begin with."""
ACTIONS = "/dashboard/[biz]/actions"
IMPORT = "/dashboard/[biz]/import"
SYNC = "/dashboard/[biz]/sync"
SETTINGS = "/dashboard/[biz]/settings"
SETTINGS_TEAM = "/dashboard/[biz]/settings/team"
SETTINGS_TAGS = "/dashboard/[biz]/settings/tags"
SETTINGS_FIELDS = "/dashboard/[biz]/settings/fields"
SETTINGS_SESSIONS = "/dashboard/[biz]/settings/sessions"
SETTINGS_API_KEYS = "/dashboard/[biz]/settings/api-keys"
API_DOCS = "/api/v1/docs"
"""What the REST API can do, for people."""


class SignInProblem(StrEnum):
    """Why a sign-in ended at the start page, as its `?reason=`."""

    DENIED = "denied"
    EXPIRED = "expired"
    REFUSED = "refused"
    WHOP_UNAVAILABLE = "whop_unavailable"
    NOT_CONFIGURED = "not_configured"
    SIGNED_OUT = "signed_out"

    @property
    def sentence(self) -> str:
        return {
            "denied": "You did not let Whop sign you in. Nothing was changed.",
            "expired": "That sign-in took too long or was begun in another window. Start again.",
            "refused": "Whop's answer could not be trusted, so nobody was signed in. Start again.",
            "whop_unavailable": "Whop cannot be reached at the moment. Try again in a minute.",
            "not_configured": "Whop CRM is not connected to Whop yet. Whoever runs it sees why with “whop-crm doctor”.",
            "signed_out": "You are signed out, here and on every open tab.",
        }[self.value]


_COMPANY = re.compile(r"/dashboard/(biz_[A-Za-z0-9]{1,64})(?:/|\Z)")


_EXPERIENCE = re.compile(r"/experiences/(exp_[A-Za-z0-9]{1,64})(?:/|\Z)")


def dashboard(company: object) -> str:
    return f"/dashboard/{company}"


def connection(company: object) -> str:
    return f"/dashboard/{company}/connection"


def members(company: object) -> str:
    return f"/dashboard/{company}/members"


def member(company: object, member: object) -> str:
    return f"/dashboard/{company}/members/{member}"


def segments(company: object) -> str:
    return f"/dashboard/{company}/segments"


def segment(company: object, segment: object) -> str:
    return f"/dashboard/{company}/segments/{segment}"


def segment_edit(company: object, segment: object) -> str:
    """`segment` is its id, or "new"."""
    return f"/dashboard/{company}/segments/{segment}/edit"


def actions(company: object) -> str:
    return f"/dashboard/{company}/actions"


def members_of_list(company: object, list_id: object) -> str:
    return f"/dashboard/{company}/members?list={list_id}"


def sync(company: object) -> str:
    return f"/dashboard/{company}/sync"


def settings(company: object) -> str:
    return f"/dashboard/{company}/settings"


def settings_team(company: object) -> str:
    return f"/dashboard/{company}/settings/team"


def settings_tags(company: object) -> str:
    return f"/dashboard/{company}/settings/tags"


def settings_fields(company: object) -> str:
    return f"/dashboard/{company}/settings/fields"


def settings_sessions(company: object) -> str:
    return f"/dashboard/{company}/settings/sessions"


def export(company: object) -> str:
    """`?` and what the member list's address has behind it may follow."""
    return f"/api/exports/{company}/members.csv"


def settings_api_keys(company: object) -> str:
    return f"/dashboard/{company}/settings/api-keys"


def import_members(company: object) -> str:
    return f"/dashboard/{company}/import"


def import_file(company: object) -> str:
    return f"/api/imports/{company}"


def import_problems(company: object, import_id: object) -> str:
    return f"/api/imports/{company}/{import_id}/problems.csv"


def sign_in(next_path: str | None = None) -> str:
    """Where a sign-in begins; it ends at `next_path`. A plain link or a full page load, never a client-side one."""
    return f"{SIGN_IN}?next={quote(next_path)}" if next_path else SIGN_IN


def outside(next_path: object) -> str:
    """Where a link in the frame leads that opens a page in a tab of its own."""
    return f"{OUTSIDE}?next={next_path}"


def experience_in(path: str) -> str | None:
    """The experience (`exp_…`) that an address names, if it names one."""
    found = _EXPERIENCE.match(path)
    return found[1] if found else None


def company_in(path: str) -> str | None:
    """The company (`biz_…`) that an address names, if it names one."""
    found = _COMPANY.match(path)
    return found[1] if found else None


def own_path(address: str | None) -> str | None:
    """The address if it is a path of this app, None if it could lead anywhere else."""
    if not address or not address.startswith("/") or len(address) > 2000:
        return None
    if address.startswith("//") or "\\" in address or any(ord(letter) <= 32 for letter in address):
        return None
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path.startswith(("//", "/auth/")):
        return None
    return address
