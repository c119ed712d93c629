"""Every role tries every action and query, and is let in or refused as the table of `access.py` says.

`python -m tests.architecture.test_roles` writes the table of docs/roles.md anew.
"""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_services import FUNCTIONS
from tests.support import factories
from whop_crm.access import ROLE_PERMISSIONS, TEAM_ROLES, CompanyRef, Permission, Role, Scope
from whop_crm.errors import Forbidden
from whop_crm.models.enums import ActivityKind
from whop_crm.services import activities

DOCS = Path(__file__).parents[2] / "docs" / "roles.md"

DEMANDED: dict[Permission, set[str]] = {
    Permission.MEMBERS_READ: {
        "activities.feed",
        "activities.timeline",
        "companies.get_company",
        "companies.list_team",
        "members.get_member",
        "members.list_members",
        "members.list_payments",
        "members.search_members",
        "members.status_counts",
        "notes.get_note",
        "notes.list_notes",
        "notes.load",
        "tags.get_tag",
        "tags.list_tags",
        "tags.tags_of",
    },
    Permission.METRICS_READ: {
        "analytics.dashboard",
    },
    Permission.TAGS_WRITE: {
        "tags.add_tag",
        "tags.create_tag",
        "tags.delete_tag",
        "tags.merge_tags",
        "tags.recolor_tag",
        "tags.remove_tag",
        "tags.rename_tag",
    },
    Permission.NOTES_WRITE: {
        "notes.add_note",
        "notes.delete_note",
        "notes.edit_note",
    },
    Permission.SYNC_READ: {
        "companies.get_last_heard",
        "connection.get_connection",
        "sync.get_drift",
        "sync.get_event",
        "sync.get_overview",
        "sync.get_progress",
        "sync.list_events",
        "sync.list_runs",
    },
    Permission.SYNC_RUN: {
        "sync.ensure_first_run",
        "sync.replay",
        "sync.replay_failed",
        "sync.request_catch_up",
        "sync.request_reconciliation",
        "sync.request_run",
        "sync.start_next",
    },
    Permission.SETTINGS_READ: {
        "settings.find_recount",
        "settings.get_settings",
    },
    Permission.SETTINGS_WRITE: {
        "companies.lock_facts",
        "companies.save_settings",
        "settings.adopt_zone",
        "settings.change_settings",
    },
    Permission.FACTS_WRITE: {
        "activities.link_activities",
        "activities.record",
        "activities.record_visits",
        "activities.retell_days",
        "billing.link_members",
        "billing.mark_deleted",
        "billing.members_of",
        "billing.reprice_memberships",
        "billing.revalue_payments",
        "billing.settle_memberships",
        "billing.settle_payments",
        "billing.write_disputes",
        "billing.write_invoices",
        "billing.write_memberships",
        "billing.write_payments",
        "billing.write_plans",
        "billing.write_products",
        "billing.write_promo_codes",
        "billing.write_refunds",
        "companies.record_scopes",
        "companies.renew_scope",
        "companies.write_team",
        "members.find_ids",
        "members.link_courses",
        "members.note_activity",
        "members.recompute_summaries",
        "members.recount_windows",
        "members.summarize_community",
        "members.summarize_courses",
        "members.summarize_money",
        "members.write_course_progress",
        "members.write_members",
        "settings.postpone",
        "sync.apply_facts",
        "sync.open_gap",
        "sync.prune_webhooks",
        "sync.store_deliveries",
        "sync.sweep",
    },
}
"""What each permission opens: a new action or query gets its entry here."""

BY_KIND = {"activities.record_by_team", "activities.record_by_team_for"}
"""What they demand depends on what is told."""

TOLD = {
    ActivityKind.TAGGED: Permission.TAGS_WRITE,
    ActivityKind.UNTAGGED: Permission.TAGS_WRITE,
    ActivityKind.NOTED: Permission.NOTES_WRITE,
}

NEEDED = {name: permission for permission, names in DEMANDED.items() for name in names}
HERE = CompanyRef(1, "biz_1", "One")


def short(name: str) -> str:
    """`whop_crm.services.tags.actions.add_tag` is `tags.add_tag`."""
    parts = name.split(".")
    return f"{parts[2]}.{parts[-1]}"


ALL = {short(name): name for name in FUNCTIONS}


class Inside(Exception):
    """The function went past its lock, to the database."""


class Door:
    """A company session that has a scope and nothing else."""

    def __init__(self, role: Role) -> None:
        self.scope: Scope = factories.scope(HERE, role)

    def __getattr__(self, name: str) -> Any:
        raise Inside(name)


async def let_in(function: Any, role: Role, **known: Any) -> bool:
    """Whether this role gets past the function's first line; what it is given makes no sense to any later one."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    given = {one.name: known.get(one.name, object()) for one in parameters if one.default is one.empty}
    try:
        await function(Door(role), **given)
    except Forbidden:
        return False
    except Exception:  # it went on, and found no database
        return True
    return True


def function(name: str) -> Any:
    module, _, attribute = ALL[name].rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def test_every_action_and_query_has_its_entry() -> None:
    assert len(ALL) == len(FUNCTIONS), "two functions of one feature share a name"
    assert sorted(ALL.keys() - NEEDED.keys() - BY_KIND) == [], "add them to DEMANDED"
    assert sorted((NEEDED.keys() | BY_KIND) - ALL.keys()) == [], "these are gone"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", sorted(NEEDED.keys() & ALL.keys()))
async def test_a_role_may_what_the_table_says(name: str, role: Role) -> None:
    assert await let_in(function(name), role) is (NEEDED[name] in ROLE_PERMISSIONS[role])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ActivityKind)
async def test_what_the_team_tells_needs_what_the_deed_needs(kind: ActivityKind, role: Role) -> None:
    allowed = TOLD.get(kind, Permission.FACTS_WRITE) in ROLE_PERMISSIONS[role]
    for tell in (activities.record_by_team, activities.record_by_team_for):
        assert await let_in(tell, role, kind=kind, member_ids=[1]) is allowed


async def test_a_missing_lock_is_seen() -> None:
    async def unlocked(db: Any, member_id: int) -> None:
        await db.execute(member_id)

    assert await let_in(unlocked, Role.VIEWER)


def permissions() -> str:
    shown = [role for role in Role if role is not Role.SYSTEM]
    lines = ["| may | " + " | ".join(role.label for role in shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for permission in Permission:
        if any(permission in ROLE_PERMISSIONS[role] for role in shown):
            marks = ("✓" if permission in ROLE_PERMISSIONS[role] else "–" for role in shown)
            lines.append(f"| {permission.words} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def team_roles() -> str:
    lines = ["| on the team at Whop as | here |", "|---|---|"]
    lines += [f"| {name} | {role.label} |" for name, role in TEAM_ROLES.items()]
    return "\n".join([*lines, f"| any other role | {Role.VIEWER.label} |"])


def written(text: str) -> str:
    for name, content in (("permissions", permissions()), ("team roles", team_roles())):
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, c=content: m[1] + c + m[2], text, flags=re.DOTALL)
    return text


def test_the_docs_say_what_the_code_says() -> None:
    assert DOCS.read_text() == written(DOCS.read_text()), "run: python -m tests.architecture.test_roles"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text()))
