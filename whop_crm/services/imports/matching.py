"""Which members a file means: by Whop's id, the email or the username; and who may have been meant."""

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from sqlalchemy import select, text
from sqlmodel import col

from whop_crm.db import CompanyDb
from whop_crm.models import Member
from whop_crm.services.bulk import as_json
from whop_crm.services.imports.schemas import EMAIL, KEYS, USERNAME, WHOP_ID
from whop_crm.text import fold, like

_COLUMNS = {WHOP_ID: ("m.whop_id", "m.whop_user_id"), EMAIL: ("lower(m.email)",), USERNAME: ("lower(m.username)",)}
_FIND = """
SELECT DISTINCT k.value, m.id FROM json_array_elements_text(CAST(:keys AS json)) k
JOIN members m ON {column} = k.value"""
_WORDS = {WHOP_ID: "Whop id", EMAIL: "email", USERNAME: "username"}
_CANDIDATES = 300


@dataclass(slots=True)
class Found:
    """The ids of members by key and what stands in the file."""

    by: dict[str, dict[str, list[int]]] = field(default_factory=lambda: {key: {} for key in KEYS})

    def member(self, said: dict[str, str]) -> int | str:
        """The one whom all keys of a line name, or why there is none."""
        meant: set[int] = set()
        unknown: list[str] = []
        for key in KEYS:
            name = said.get(key, "")
            ids = self.by[key].get(plain(key, name), []) if name else []
            if len(ids) > 1:
                return f"{len(ids)} members have the {_WORDS[key]} “{name[:80]}”. Use the Whop id."
            if name and not ids:
                unknown.append(f"Nobody has the {_WORDS[key]} “{name[:80]}”.")
            meant.update(ids)
        if len(meant) > 1:
            return "The keys of this line name different members."
        if meant:
            return meant.pop()
        return unknown[0] if unknown else "There is nothing in this line to find a member by."


def plain(key: str, name: str) -> str:
    """A key as it is compared."""
    return name if key == WHOP_ID else name.removeprefix("@").lower() if key == USERNAME else name.lower()


async def find(db: CompanyDb, said: dict[str, set[str]]) -> Found:
    """Everybody whom these name, by key."""
    found = Found()
    for key, names in said.items():
        for column in _COLUMNS[key] if names else ():
            rows = await db.execute(text(_FIND.format(column=column)), {"keys": as_json(sorted(names))})
            for name, member_id in rows:
                ids = found.by[key].setdefault(name, [])
                if member_id not in ids:
                    ids.append(member_id)
    return found


async def nearest(db: CompanyDb, said: Collection[str]) -> dict[str, str]:
    """For names that nobody has, the nearest that somebody has, where one is near."""
    near: dict[str, str] = {}
    for name in said:
        start = fold(name.removeprefix("@"))[:4]
        if len(start) < 3:
            continue
        held = col(Member.search_text).like(f"%{like(start)}%")
        columns = col(Member.email), col(Member.username), col(Member.name)
        rows = (await db.execute(select(*columns).where(held).limit(_CANDIDATES))).all()
        known = {fold(one): one for row in rows for one in (row[0], row[1], row[2]) if one}
        best = get_close_matches(fold(name.removeprefix("@"))[:200], known, 1, 0.75)
        if best:
            near[name] = known[best[0]]
    return near
