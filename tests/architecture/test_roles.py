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
from whop_crm.access import KEY_PERMISSIONS, ROLE_PERMISSIONS, TEAM_ROLES, CompanyRef, KeyScope, Permission, Role, Scope
from whop_crm.errors import Forbidden
from whop_crm.models.enums import ActivityKind
from whop_crm.services import activities

DOCS = Path(__file__).parents[2] / "docs" / "roles.md"

DEMANDED: dict[Permission, set[str]] = {
    Permission.MEMBERS_READ: {
        "activities.feed",
        "activities.timeline",
        "bulk_actions.cancel",
        "bulk_actions.get_action",
        "bulk_actions.list_actions",
        "bulk_actions.load",
        "bulk_actions.start",
        "bulk_actions.undo",
        "changes.get_change",
        "changes.list_changes",
        "changes.mark_undone",
        "changes.remember",
        "api_keys.claim_answer",
        "api_keys.keep_answer",
        "api_keys.touch_key",
        "companies.get_company",
        "custom_fields.count_archived_values",
        "custom_fields.count_values",
        "custom_fields.get_field",
        "custom_fields.list_fields",
        "custom_fields.load",
        "custom_fields.values_in",
        "custom_fields.values_of",
        "custom_fields.values_of_many",
        "companies.list_team",
        "lists.get_list",
        "lists.list_lists",
        "lists.lists_of",
        "members.count_members",
        "exports.list_columns",
        "members.get_member",
        "members.get_member_id",
        "members.list_member_ids",
        "members.list_members",
        "members.list_members_after",
        "members.list_payments",
        "members.search_members",
        "members.select_ids",
        "members.status_counts",
        "notes.get_note",
        "notes.list_notes",
        "notes.list_notes_before",
        "notes.load",
        "segments.count",
        "segments.get_filter",
        "segments.get_name",
        "segments.get_segment",
        "segments.list_days",
        "segments.list_moves",
        "segments.list_segments",
        "segments.list_templates",
        "segments.load_segment",
        "segments.losses",
        "segments.money",
        "segments.preview",
        "segments.resolved",
        "segments.sizes",
        "usages.forget_uses",
        "usages.list_users",
        "usages.note_uses",
        "usages.refuse_if_used",
        "tags.get_tag",
        "tags.list_tags",
        "tags.tags_by_member",
        "tags.tags_of",
        "undo.list_recent",
        "undo.undo_change",
        "views.change_view",
        "views.create_view",
        "views.delete_view",
        "views.get_layout",
        "views.get_view",
        "views.list_views",
        "views.load_view",
        "views.save_layout",
    },
    Permission.METRICS_READ: {
        "analytics.dashboard",
    },
    Permission.TAGS_WRITE: {
        "tags.add_tag",
        "tags.create_tag",
        "tags.delete_tag",
        "segments.merge_tags",
        "tags.merge_tags",
        "tags.recolor_tag",
        "tags.remove_tag",
        "tags.rename_tag",
        "tags.tag_members",
        "tags.undo_tagging",
        "tags.undo_untagging",
        "tags.untag_members",
    },
    Permission.LISTS_WRITE: {
        "lists.add_members",
        "lists.change_list",
        "lists.create_list",
        "lists.delete_list",
        "lists.ensure_list",
        "lists.remove_members",
        "lists.undo_adding",
        "lists.undo_list_change",
        "lists.undo_list_deletion",
        "lists.undo_removing",
    },
    Permission.NOTES_WRITE: {
        "notes.add_note",
        "notes.add_notes",
        "notes.delete_note",
        "notes.edit_note",
        "notes.undo_adding",
        "notes.undo_delete",
        "notes.undo_edit",
    },
    Permission.SEGMENTS_WRITE: {
        "segments.change_segment",
        "segments.create_from_template",
        "segments.create_segment",
        "segments.delete_segment",
        "segments.duplicate_segment",
        "segments.undo_change",
        "segments.undo_delete",
    },
    Permission.FIELDS_WRITE: {
        "custom_fields.archive_field",
        "custom_fields.change_choices",
        "custom_fields.create_field",
        "custom_fields.move_field",
        "custom_fields.rename_field",
        "custom_fields.restore_field",
    },
    Permission.VALUES_WRITE: {
        "custom_fields.set_value",
        "custom_fields.undo_values",
        "custom_fields.write_values",
    },
    Permission.IMPORT: {
        "imports.apply",
        "imports.discard",
        "imports.get_import",
        "imports.list_import_columns",
        "imports.list_imports",
        "imports.list_problems",
        "imports.list_targets",
        "imports.load",
        "imports.plan",
        "imports.stage",
        "imports.undo",
        "imports.write_problems",
    },
    Permission.EXPORT: {
        "exports.begin",
        "exports.stream",
    },
    Permission.SYNC_READ: {
        "companies.get_last_heard",
        "connection.get_connection",
        "sync.get_drift",
        "sync.get_event",
        "sync.get_overview",
        "sync.get_progress",
        "sync.list_events",
        "sync.list_events_before",
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
    Permission.KEYS_MANAGE: {
        "api_keys.list_keys",
        "api_keys.make_key",
        "api_keys.revoke_key",
    },
    Permission.FACTS_WRITE: {
        "api_keys.prune_answers",
        "activities.link_activities",
        "activities.record",
        "activities.record_visits",
        "activities.retell_days",
        "billing.keep_links",
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
        "bulk_actions.forget_old_actions",
        "bulk_actions.postpone",
        "changes.forget_old_changes",
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
        "segments.compare_due",
        "segments.compare_some",
        "segments.forget_old_moves",
        "settings.postpone",
        "sync.apply_facts",
        "sync.open_gap",
        "sync.prune_runs",
        "sync.prune_webhooks",
        "sync.store_deliveries",
        "imports.forget_old_imports",
        "sync.sweep",
    },
}
"""What each permission opens: a new action or query gets its entry here."""

BY_KIND = {f"activities.record_{one}" for one in ("by_team", "by_team_each", "by_team_for", "of_company")}
"""What they demand depends on what is told."""

TOLD = {
    ActivityKind.TAGGED: Permission.TAGS_WRITE,
    ActivityKind.UNTAGGED: Permission.TAGS_WRITE,
    ActivityKind.NOTED: Permission.NOTES_WRITE,
    ActivityKind.FIELD_CHANGED: Permission.VALUES_WRITE,
    ActivityKind.EXPORTED: Permission.EXPORT,
    ActivityKind.IMPORTED: Permission.IMPORT,
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


async def let_in(function: Any, who: Role | Door, **known: Any) -> bool:
    """Whether this role, or door, gets past the first line; what is given makes no sense to any later one."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    given = {one.name: known.get(one.name, object()) for one in parameters if one.default is one.empty}
    try:
        await function(who if isinstance(who, Door) else Door(who), **given)
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


@pytest.mark.parametrize("name", sorted(NEEDED.keys() & ALL.keys()))
async def test_a_role_may_what_the_table_says(name: str) -> None:
    may = {role: await let_in(function(name), role) for role in Role}
    assert may == {role: NEEDED[name] in ROLE_PERMISSIONS[role] for role in Role}


@pytest.mark.parametrize("kind", ActivityKind)
async def test_what_the_team_tells_needs_what_the_deed_needs(kind: ActivityKind) -> None:
    needed = TOLD.get(kind, Permission.FACTS_WRITE)
    for tell in (activities.record_by_team, activities.record_by_team_for, activities.record_of_company):
        may = {role: await let_in(tell, role, kind=kind, member_ids=[1]) for role in Role}
        assert may == {role: needed in ROLE_PERMISSIONS[role] for role in Role}


NO_KEY = {Permission.KEYS_MANAGE}
"""What an admin may and no API key: who holds a key could make others that outlive it."""


def test_an_admins_permissions_are_granted_to_keys_or_withheld_on_purpose() -> None:
    granted = frozenset[Permission]().union(*KEY_PERMISSIONS.values())
    assert granted | NO_KEY == ROLE_PERMISSIONS[Role.ADMIN]
    assert not granted & NO_KEY


@pytest.mark.parametrize("name", sorted(NEEDED.keys() & ALL.keys()))
async def test_a_key_may_what_its_scope_says(name: str) -> None:
    may: dict[KeyScope, bool] = {}
    for scope in KeyScope:
        door = Door(Role.ADMIN)
        door.scope = Scope.of_key(HERE, 1, "Reporting", [scope])
        may[scope] = await let_in(function(name), door)
    assert may == {scope: NEEDED[name] in KEY_PERMISSIONS[scope] for scope in KeyScope}


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


def key_scopes() -> str:
    lines = ["| scope | lets a program |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{scope}` | {scope.words[0].lower() + scope.words[1:]} |" for scope in KeyScope)])


def team_roles() -> str:
    lines = ["| on the team at Whop as | here |", "|---|---|"]
    lines += [f"| {name} | {role.label} |" for name, role in TEAM_ROLES.items()]
    return "\n".join([*lines, f"| any other role | {Role.VIEWER.label} |"])


def written(text: str) -> str:
    for name, content in (("permissions", permissions()), ("team roles", team_roles()), ("key scopes", key_scopes())):
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, c=content: m[1] + c + m[2], text, flags=re.DOTALL)
    return text


def test_the_docs_say_what_the_code_says() -> None:
    assert DOCS.read_text() == written(DOCS.read_text()), "run: python -m tests.architecture.test_roles"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text()))
