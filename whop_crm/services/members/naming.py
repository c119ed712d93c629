"""What a member is called, sorted by and found by."""

from whop_crm.text import fold

LONGEST = 100
"""Characters of each part that is sorted by and searched in: an index cannot hold just any length."""


def shown_name(name: str | None, username: str | None, email: str | None, whop_id: str) -> str:
    """Never empty."""
    return (name or "").strip() or (username or "").strip() or (email or "").strip() or whop_id


def sort_name(name: str | None, username: str | None, email: str | None, whop_id: str) -> str:
    """The shown name as `members.sort_name` stores it."""
    return fold(shown_name(name, username, email, whop_id))[:LONGEST]


def search_text(name: str | None, username: str | None, email: str | None) -> str:
    """What search looks in, as `members.search_text` stores it: folded, a newline between."""
    return "\n".join(folded for part in (name, username, email) if (folded := fold(part or "")[:LONGEST]))
