"""Finding members by part of their name, username or email, without regard to case and accents."""

from sqlalchemy import ColumnElement, case, literal, or_
from sqlmodel import col

from whop_crm.models import Member
from whop_crm.text import fold, like

LONGEST = 200
MOST_WORDS = 8
_ID_PREFIXES = ("mber_", "user_")


def words(text: str) -> list[str]:
    """What must be found, each anywhere: `@Zoë  smith` → `zoe`, `smith`. Longer texts are cut."""
    found = (word.lstrip("@") or word for word in fold(text[:LONGEST]).split())
    return list(dict.fromkeys(found))[:MOST_WORDS]


def matches(text: str) -> list[ColumnElement[bool]]:
    """The conditions of a search, all to be met; none for an empty text. A pasted Whop id finds its member."""
    bare = fold(text[:LONGEST])
    if bare.startswith(_ID_PREFIXES) and " " not in bare:
        pasted = text.strip()
        return [or_(col(Member.whop_id) == pasted, col(Member.whop_user_id) == pasted, _holds(bare))]
    return [_holds(word) for word in words(text)]


def _holds(word: str) -> ColumnElement[bool]:
    return col(Member.search_text).like(f"%{like(word)}%")


def rank(text: str) -> ColumnElement[int]:
    """0: one of the three is exactly this, 1: begins with it, 2: a later word begins with it, 3: holds it."""
    phrase, searched = like(" ".join(words(text))), col(Member.search_text)
    begins = or_(searched.like(f"{phrase}%"), searched.like(f"%\n{phrase}%"))
    is_it = literal("\n").concat(searched).concat("\n").like(f"%\n{phrase}\n%")
    return case((begins, case((is_it, 0), else_=1)), (searched.like(f"% {phrase}%"), 2), else_=3)
