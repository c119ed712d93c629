"""What the sandbox stores: one SQLite table per kind of object, and the columns its lists filter and sort by.

A document is a dict with exactly the fields of the wire object. Keys that start with an underscore are the
sandbox's own (`_retries`, `_pausing`, …); they are kept beside the wire text and never served.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]
Extract = Callable[[Doc], Any]


def _get(name: str) -> Extract:
    return lambda doc: doc.get(name)


def _inner(name: str, inner: str = "id") -> Extract:
    def extract(doc: Doc) -> Any:
        part = doc.get(name)
        return part.get(inner) if part else None

    return extract


def cents(amount: str | float) -> int:
    """Hundredths of a decimal amount, for sorting and summing."""
    return round(float(amount) * 100)


def _spent(doc: Doc) -> int:
    return cents(doc["usd_total_spent"]["amount"])


def _member_search(doc: Doc) -> str:
    user = doc.get("user")
    return f"{doc['display_name']} {user['username'] if user else ''}".casefold()


def _lower(name: str) -> Extract:
    return lambda doc: (doc.get(name) or "").casefold() or None


@dataclass(frozen=True)
class Kind:
    """One table: `columns` are (name, how to read it from the document), `indexes` are column tuples."""

    prefix: str
    columns: dict[str, Extract] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()


def _same(*names: str) -> dict[str, Extract]:
    return {name: _get(name) for name in names}


KINDS: dict[str, Kind] = {
    "account": Kind("biz_", _same("created_at", "title", "route")),
    "user": Kind("user_", {**_same("username", "created_at"), "email": _lower("email")}, ("username", "email")),
    "member": Kind(
        "mber_",
        {
            **_same("account_id", "status", "access_level", "most_recent_action", "created_at", "joined_at",
                    "last_accessed_at", "most_recent_action_at"),
            "user_id": _inner("user"), "usd_total_spent": _spent, "search": _member_search, "email": _lower("email"),
        },
        ("account_id, created_at, id", "account_id, joined_at, id", "account_id, last_accessed_at, id",
         "account_id, most_recent_action_at, id", "account_id, usd_total_spent, id", "user_id"),
    ),
    "membership": Kind(
        "mem_",
        {**_same("user_id", "member_id", "status", "product_id", "plan_id", "promo_code_id", "created_at",
                 "current_period_end", "license_key"),
         "account_id": _inner("account"), "canceling": lambda d: int(d["cancel_at_period_end"]),
         "paused": lambda d: int(bool(d.get("_paused"))), "recurring": lambda d: int(d["renewal_price"] is not None)},
        ("account_id, created_at, id", "member_id", "user_id", "account_id, paused, created_at, id",
         "account_id, status, created_at, id"),
    ),
    "product": Kind(
        "prod_",
        {**_same("visibility", "created_at"), "account_id": _inner("account"), "search": _lower("title")},
        ("account_id, created_at, id",),
    ),
    "plan": Kind(
        "plan_",
        {**_same("plan_type", "visibility", "release_method", "created_at", "member_count", "expiration_days",
                 "internal_notes"),
         "account_id": _inner("account"), "product_id": _inner("product")},
        ("account_id, created_at, id",),
    ),
    "payment": Kind(
        "pay_",
        {**_same("account_id", "status", "substatus", "billing_reason", "currency", "member_id", "membership_id",
                 "product_id", "plan_id", "created_at", "paid_at"), "user_id": _inner("user"),
         "email": _lower("customer_email")},
        ("account_id, created_at, id", "account_id, paid_at, id", "member_id", "membership_id", "user_id",
         "account_id, status, created_at, id"),
    ),
    "refund": Kind("rf_", {**_same("account_id", "payment_id", "created_at"), "user_id": _get("_user_id")},
                   ("account_id, created_at, id", "payment_id")),
    "dispute": Kind(
        "dspt_",
        {**_same("account_id", "status", "currency", "created_at", "amount", "evidence_due_at"),
         "payment_id": _inner("payment")},
        ("account_id, created_at, id", "payment_id"),
    ),
    "invoice": Kind(
        "inv_",
        {**_same("status", "collection_method", "created_at", "due_date"), "account_id": _inner("company"),
         "product_id": _inner("product"), "member_id": _inner("member")},
        ("account_id, created_at, id",),
    ),
    "promo_code": Kind("promo_", {**_same("status", "created_at", "code"), "account_id": _inner("account"),
                                  "product_id": _inner("product")}, ("account_id, created_at, id",)),
    "experience": Kind("exp_", {"account_id": _inner("company"), "created_at": _get("created_at"),
                                "product_id": _get("_product_id"), "app_id": _inner("app")},
                       ("account_id, created_at, id",)),
    "forum": Kind("foru_", {"experience_id": _inner("experience"),
                            "account_id": _get("_account_id"), "product_id": _get("_product_id"),
                            "position": _get("_position")}, ("account_id, position, id",)),
    "forum_post": Kind(
        "post_",
        {**_same("parent_id", "created_at"), "account_id": _get("_account_id"),
         "experience_id": _get("_experience_id"), "user_id": _inner("user"),
         "pinned": lambda d: int(d["is_pinned"])},
        ("experience_id, parent_id, created_at, id", "parent_id", "user_id"),
    ),
    "chat_channel": Kind("chat_", {"experience_id": _inner("experience"), "account_id": _get("_account_id"),
                                   "product_id": _get("_product_id"), "position": _get("_position")},
                         ("account_id, position, id",)),
    "message": Kind("post_", {**_same("created_at"), "account_id": _get("_account_id"),
                              "channel_id": _get("_channel_id"), "user_id": _inner("user")},
                    ("channel_id, created_at, id", "user_id")),
    "course": Kind("cors_", {"account_id": _get("_account_id"), "experience_id": _get("_experience_id"),
                             "product_id": _get("_product_id"), "position": _get("_position")},
                   ("account_id, position, id",)),
    "course_chapter": Kind("chap_", {"course_id": _get("_course_id"), "account_id": _get("_account_id"),
                                     "position": _get("order")}, ("course_id, position, id",)),
    "course_lesson": Kind("lesn_", {"course_id": _get("_course_id"), "chapter_id": _get("_chapter_id"),
                                    "account_id": _get("_account_id"), "position": _get("_position")},
                          ("course_id, position, id", "chapter_id, position, id")),
    "lesson_interaction": Kind(
        "crsi_",
        {"created_at": _get("created_at"), "account_id": _get("_account_id"), "user_id": _inner("user"),
         "lesson_id": _inner("lesson"), "course_id": _inner("course"), "completed": lambda d: int(d["completed"])},
        ("course_id, created_at, id", "user_id, created_at, id", "lesson_id, created_at, id",
         "account_id, created_at, id"),
    ),
    "course_student": Kind(
        "crst_",
        {"created_at": _get("first_interaction_at"), "account_id": _get("_account_id"), "course_id": _inner("course"),
         "user_id": _inner("user"),
         "search": lambda d: f"{d['user']['name'] or ''} {d['user']['username']}".casefold()},
        ("course_id, created_at, id", "user_id"),
    ),
    "team_member": Kind("ausr_", {**_same("account_id", "role", "status", "created_at"), "user_id": _inner("user")},
                        ("account_id, created_at, id", "user_id")),
}  # fmt: skip
"""Kinds by name; the plural of most is their path under `/api/v1`."""


def table_ddl(name: str) -> str:
    """The statement that creates one kind's table."""
    kind = KINDS[name]
    columns = ", ".join(f'"{column}"' for column in kind.columns)
    lead = f"id TEXT PRIMARY KEY, {columns}, version TEXT, doc TEXT NOT NULL, private TEXT"
    return f'CREATE TABLE IF NOT EXISTS "{name}" ({lead})'


def index_ddl() -> list[tuple[str, str]]:
    """Every index: its name and the statement that creates it."""
    return [
        (f"{name}_{number}", f'CREATE INDEX IF NOT EXISTS "{name}_{number}" ON "{name}" ({columns})')
        for name, kind in KINDS.items()
        for number, columns in enumerate(kind.indexes)
    ]
