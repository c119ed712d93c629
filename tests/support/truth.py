"""What a sandbox has, against what the product's database has: what says who somebody is, what they hold and paid."""

from collections.abc import Callable
from typing import Any

from whop_crm.sandbox.clock import parse_iso
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.money import hundredths
from whop_crm.sandbox.store import Store

Row = tuple[Any, ...]

_STORED = {
    "members": "access_level, presence, name, email, spent_usd_minor",
    "memberships": "whop_member_id, status, whop_plan_id, cancel_at_period_end, period_end, most_recent_action",
    "payments": "whop_member_id, status, substatus, total_minor, refunded_minor, failed_attempts, paid_at",
    "refunds": "whop_payment_id, status, amount_minor",
    "disputes": "whop_payment_id, status",
    "products": "title",
    "plans": "title",
}


def _moment(text: str | None) -> Any:
    return parse_iso(text) if text else None


def _name(doc: Doc) -> str | None:
    return doc["user"]["name"] if doc["user"] else doc["display_name"]


_WHOPS: dict[str, tuple[str, Callable[[Doc], Row]]] = {
    "members": ("member", lambda d: (d["access_level"], d["status"], _name(d), d["email"],
                                     hundredths(d["usd_total_spent"]))),
    "memberships": ("membership", lambda d: (d["member_id"], d["status"], d["plan_id"], d["cancel_at_period_end"],
                                             _moment(d["current_period_end"]), d["most_recent_action"])),
    "payments": ("payment", lambda d: (d["member_id"], d["status"], d["substatus"], hundredths(d["total"]),
                                       hundredths(d["refunded_amount"]), d["payments_failed"], _moment(d["paid_at"]))),
    "refunds": ("refund", lambda d: (d["payment_id"], d["status"], hundredths(d["amount"]))),
    "disputes": ("dispute", lambda d: (d["payment"]["id"], d["status"])),
    "products": ("product", lambda d: (d["title"],)),
    "plans": ("plan", lambda d: (d["title"],)),
}  # fmt: skip


def differences(store: Store, company: str, rows: Callable[..., list[Row]]) -> list[str]:
    """What a company's rows lack, have too much or have otherwise; empty where they are as Whop's.

    `rows` reads the product's database as its administrator, as `Crm.rows` does.
    """
    wrong: list[str] = []
    for table, columns in _STORED.items():
        kind, shape = _WHOPS[table]
        whops = {doc["id"]: shape(doc) for doc in store.select(kind, account_id=company)}
        own = f"SELECT whop_id, {columns} FROM {table} WHERE company_id = (SELECT id FROM companies WHERE whop_id = %s)"
        ours = {row[0]: tuple(row[1:]) for row in rows(own, company)}
        wrong += [f"{table} {key}: only in one" for key in whops.keys() ^ ours.keys()]
        wrong += [
            f"{table} {key}: {ours[key]} instead of {whops[key]}"
            for key in whops.keys() & ours.keys()
            if ours[key] != whops[key]
        ]
    return wrong
