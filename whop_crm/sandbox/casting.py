"""Choosing who does something: quick at any size, and with people who act like themselves.

Regulars come back, those who leave have been quiet for a while. Rows are found by a random moment on an index, not by
counting, so that choosing among 50,000 takes no longer than among 50.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from whop_crm.sandbox import transitions
from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.store import Store

GRANTING = ("trialing", "active", "past_due", "completed")
_REGULARS = 150


@dataclass
class Stage:
    """Where and when something happens, and to whom if that was said.

    `plan` is part of a plan's title, `text` what is said or given as the reason. `asked` for on purpose, a renewal
    may be charged long before it is due.
    """

    store: Store
    rng: random.Random
    account_id: str
    at: datetime
    member_id: str | None = None
    plan: str | None = None
    text: str | None = None
    asked: bool = False


def find_account(store: Store, wanted: str | None) -> str:
    """The company by id, route or part of its title; the main one when nothing is said. Raises Impossible."""
    if wanted is None:
        return store.installed_accounts[0]
    for account in store.select("account"):
        if wanted == account["id"] or wanted.casefold() in f"{account['route']} {account['title']}".casefold():
            return account["id"]
    raise transitions.Impossible(f"There is no company like “{wanted}”.")


def find_member(store: Store, account_id: str, wanted: str) -> str:
    """A member by id, user id, email, username or part of the name. Raises Impossible."""
    if wanted.startswith("mber_") and store.find("member", wanted):
        return wanted
    like = f"%{wanted.casefold()}%"
    row = store.query_one(
        "SELECT id FROM member WHERE account_id = ? AND (user_id = ? OR email = ? OR search LIKE ?)"
        " ORDER BY access_level = 'customer' DESC, last_accessed_at DESC LIMIT 1",
        (account_id, wanted, wanted.casefold(), like),
    )
    if row is None:
        raise transitions.Impossible(f"There is no member like “{wanted}”.")
    return str(row["id"])


def membership(stage: Stage, statuses: tuple[str, ...], *, where: str = "1", quiet: bool = False) -> Doc | None:
    """A membership in one of these statuses, of the given member or of anybody.

    `where` is a further SQL condition on the columns. `quiet` prefers holders who have not been here for long.
    """
    rows = _of_member(stage, statuses, where) if stage.member_id else _of_anybody(stage, statuses, where)
    if not rows:
        return None
    if quiet and stage.member_id is None:
        return stage.store.get("membership", _quietest(stage, rows))
    return stage.store.get("membership", stage.rng.choice(rows))


def _of_member(stage: Stage, statuses: tuple[str, ...], where: str) -> list[str]:
    marks = ", ".join("?" for _ in statuses)
    rows = stage.store.query(
        f"SELECT id FROM membership WHERE member_id = ? AND status IN ({marks}) AND {where}",  # noqa: S608 - ours
        (stage.member_id, *statuses),
    )
    return [row["id"] for row in rows]


def _of_anybody(stage: Stage, statuses: tuple[str, ...], where: str, limit: int = 6) -> list[str]:
    """A few memberships bought around a random moment."""
    found: list[str] = []
    for status in statuses:
        query = (
            f"SELECT id FROM membership WHERE account_id = ? AND status = ? AND created_at >= ? AND {where}"  # noqa: S608 - ours
            " ORDER BY created_at, id LIMIT ?"
        )
        rows = stage.store.query(query, (stage.account_id, status, _moment(stage, status), limit))
        rows = rows or stage.store.query(query, (stage.account_id, status, "", limit))
        found += [row["id"] for row in rows]
    return found


def _moment(stage: Stage, status: str) -> str:
    """A random moment since the first membership in this status."""
    row = stage.store.query_one(
        "SELECT min(created_at) AS first FROM membership WHERE account_id = ? AND status = ?",
        (stage.account_id, status),
    )
    if row is None or row["first"] is None:
        return ""
    first = parse_iso(row["first"])
    return iso(first + max(stage.at - first, timedelta()) * stage.rng.random())


def _quietest(stage: Stage, ids: list[str]) -> str:
    marks = ", ".join("?" for _ in ids)
    row = stage.store.query_one(
        f"SELECT s.id FROM membership s JOIN member m ON m.id = s.member_id WHERE s.id IN ({marks})"  # noqa: S608 - ours
        " ORDER BY coalesce(m.last_accessed_at, '') LIMIT 1",
        ids,
    )
    return str(row["id"]) if row else ids[0]


def due_soon(stage: Stage, within: timedelta) -> Doc | None:
    """The active membership of the company whose renewal comes next, if it comes soon."""
    row = stage.store.query_one(
        "SELECT id FROM membership WHERE status = 'active' AND account_id = ? AND paused = 0 AND canceling = 0"
        " AND recurring = 1 AND current_period_end <= ? ORDER BY current_period_end LIMIT 1",
        (stage.account_id, iso(stage.at + within)),
    )
    return stage.store.get("membership", row["id"]) if row else None


def member(stage: Stage) -> Doc | None:
    """Who takes part: the given member, mostly a regular, sometimes anybody with access."""
    if stage.member_id:
        return stage.store.get("member", stage.member_id)
    if stage.rng.random() < 0.75:
        rows = stage.store.query(
            "SELECT id FROM member WHERE account_id = ? AND last_accessed_at IS NOT NULL AND access_level = 'customer'"
            " AND user_id IS NOT NULL ORDER BY last_accessed_at DESC LIMIT ?",
            (stage.account_id, _REGULARS),
        )
        if rows:
            return stage.store.get("member", stage.rng.choice(rows)["id"])
    found = membership(stage, ("active", "completed"), where="user_id IS NOT NULL")
    return stage.store.get("member", found["member_id"]) if found else None


def place(stage: Stage, who: Doc, kind: str) -> str | None:
    """A forum, chat channel or course (`kind`) that the member can enter by what they bought."""
    held = stage.store.query(
        "SELECT DISTINCT product_id FROM membership WHERE member_id = ? AND status IN (?, ?, ?, ?)",
        (who["id"], *GRANTING),
    )
    found = stage.store.ids(kind, account_id=stage.account_id, product_id=[row["product_id"] for row in held])
    return stage.rng.choice(found) if found else None


def plan(stage: Stage) -> Doc | None:
    """A plan on sale: the one asked for, else popular ones more often."""
    on_sale = stage.store.select("plan", account_id=stage.account_id, visibility="visible", release_method="buy_now")
    if stage.plan:
        wanted = stage.plan.casefold()
        on_sale = [each for each in on_sale if wanted in f"{each['id']} {each['title']} {_product(each)}".casefold()]
    if not on_sale:
        return None
    return stage.rng.choices(on_sale, [5 + (each["member_count"] or 0) for each in on_sale])[0]


def _product(doc: Doc) -> str:
    return (doc["product"] or {}).get("title", "")
