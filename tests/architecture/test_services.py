"""What every service keeps to, read from its syntax: permission first, no commit, one writer a table."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import whop_crm.models as models

SERVICES = Path(__file__).resolve().parents[2] / "whop_crm" / "services"

WRITERS = {
    "companies": {"companies"},
    "company_access": {"companies"},
    "sessions": {"companies"},
    "team_members": {"companies"},
    "experiences": {"companies"},
    "webhook_endpoints": {"connection"},
    "webhook_checks": {"connection"},
    "inboxes": {
        "companies",
        "sync",
        "settings",
        "bulk_actions",
    },  # made with the company, kept by those who want a worker
    "api_keys": {"api_keys"},
    "api_key_lookups": {"api_keys"},
    "api_rates": {"api_keys"},
    "api_answers": {"api_keys"},
    "members": {"members"},
    "course_progress": {"members"},
    "activities": {"activities"},
    "member_days": {"activities"},
    "member_scores": {"members"},
    "segments": {"segments"},
    "segment_members": {"segments"},
    "segment_moves": {"segments"},
    "segment_days": {"segments"},
    "lists": {"lists"},
    "list_members": {"lists"},
    "custom_fields": {"custom_fields"},
    "custom_values": {"custom_fields"},
    "imports": {"imports"},
    "import_chunks": {"imports"},
    "import_steps": {"imports"},
    "usages": {"usages"},
    "bulk_actions": {"bulk_actions"},
    "bulk_chunks": {"bulk_actions"},
    "team_changes": {"changes"},
    "saved_views": {"views"},
    "list_layouts": {"views"},
    "tags": {"tags"},
    "member_tags": {"tags"},
    "notes": {"notes"},
    "products": {"billing"},
    "plans": {"billing"},
    "promo_codes": {"billing"},
    "memberships": {"billing"},
    "membership_changes": {"billing"},
    "payments": {"billing"},
    "refunds": {"billing"},
    "disputes": {"billing"},
    "invoices": {"billing"},
    "webhook_events": {"sync"},
    "open_questions": {"sync"},
    "recounts": {"settings"},
    "sync_runs": {"sync"},
    "sync_steps": {"sync"},
    "sync_seen": {"sync"},
    "sync_differences": {"sync"},
    "heartbeats": {"sync"},
}

TABLES = {
    name: str(model.__tablename__)
    for name, model in vars(models).items()
    if isinstance(model, type) and issubclass(model, SQLModel)
}
SHARED_HELPERS = {"bulk.py"}
"""They write whatever table they are given, for whoever calls them."""

_SQL_WRITE = re.compile(r"\b(?:INSERT\s+INTO|DELETE\s+FROM|UPDATE(?!\s+SET\b))\s+([a-z_]+)")
_WRITING_CALLS = {"insert", "update", "delete", "upsert", "insert_rows"}


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    return [(file.relative_to(SERVICES), ast.parse(file.read_text())) for file in sorted(SERVICES.rglob("*.py"))]


def exported() -> set[tuple[str, str]]:
    """(module, function) of all that a front door hands on."""
    names: set[tuple[str, str]] = set()
    for path, tree in modules():
        if path.name == "__init__.py":
            names |= {
                (node.module, alias.name)
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module
                for alias in node.names
            }
    return names


def in_a_company(function: ast.AsyncFunctionDef) -> bool:
    first = function.args.args[0] if function.args.args else None
    return first is not None and first.annotation is not None and ast.unparse(first.annotation) == "CompanyDb"


def first_statement(function: ast.AsyncFunctionDef) -> str:
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return ast.unparse(body[1] if documented and len(body) > 1 else body[0])


def public_functions() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Every action and query, and whatever else a front door hands on."""
    known = exported()
    for path, tree in modules():
        module = "whop_crm.services." + ".".join(path.with_suffix("").parts)
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                public = path.name in ("actions.py", "queries.py") or (module, node.name) in known
                if public and in_a_company(node):
                    yield f"{module}.{node.name}", node


FUNCTIONS = dict(public_functions())


def test_there_are_actions_and_queries() -> None:
    assert {"whop_crm.services.tags.actions.add_tag", "whop_crm.services.members.queries.get_member"} <= set(FUNCTIONS)


def test_permission_is_asked_first() -> None:
    asked = "db.scope.require("
    assert [name for name, one in FUNCTIONS.items() if not first_statement(one).startswith(asked)] == []


def test_services_never_commit() -> None:
    """One transaction at the door: only a savepoint may be a service's own."""
    breaches = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback", "begin")
    ]
    assert breaches == []


def written(tree: ast.Module) -> Iterator[str]:
    """The tables that a module writes: by statement, by object or by SQL of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names = {arg.id for arg in node.args[:2] if isinstance(arg, ast.Name)}
            targets = names if node.func.id in _WRITING_CALLS else {node.func.id}
            yield from (TABLES[name] for name in targets if name in TABLES)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name for name in _SQL_WRITE.findall(node.value) if name in TABLES.values())


def test_every_table_has_its_writer() -> None:
    assert set(WRITERS) == set(TABLES.values())


def test_each_table_is_written_by_its_own_package() -> None:
    breaches = [
        f"{path} writes {table}"
        for path, tree in modules()
        if path.name not in SHARED_HELPERS
        for table in set(written(tree))
        if path.parts[0] not in WRITERS[table]
    ]
    assert breaches == []


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ("db.add(Note(body='x'))", "notes"),
        ("insert(Tag).values()", "tags"),
        ("upsert(db, Payment, rows)", "payments"),
        ('text("UPDATE members m SET name = 1")', "members"),
        ('f"INSERT INTO activities ({x})"', "activities"),
        ("text('DELETE FROM sync_runs')", "sync_runs"),
    ],
)
def test_a_write_is_seen_however_it_is_written(code: str, table: str) -> None:
    assert list(written(ast.parse(code))) == [table]


def test_a_missing_permission_is_seen() -> None:
    [function] = ast.parse('async def f(db: CompanyDb) -> None:\n    "Words."\n    await db.execute()').body
    assert isinstance(function, ast.AsyncFunctionDef)
    assert in_a_company(function)
    assert not first_statement(function).startswith("db.scope.require(")
