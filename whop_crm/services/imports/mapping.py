"""What the columns of a file are: guessed from their heads and what stands in them, and checked when told."""

import re
from collections.abc import Mapping, Sequence

from whop_crm import filters
from whop_crm.errors import InvalidInput
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.imports.schemas import (
    EMAIL,
    IGNORE,
    KEYS,
    LISTS,
    NOTE,
    TAGS,
    USERNAME,
    WHOP_ID,
    Mapping_,
    Sheet,
    TargetChoice,
)
from whop_crm.text import fold

_NAMES = {
    EMAIL: ("email", "e mail", "email address", "mail"),
    USERNAME: ("username", "user name", "user", "handle", "whop username"),
    WHOP_ID: ("whop id", "member id", "whop member id", "whop user id", "user id", "id"),
    TAGS: ("tags", "tag", "labels", "label"),
    LISTS: ("lists", "list"),
    NOTE: ("note", "notes", "comment", "comments"),
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ID = re.compile(r"(?:mber|user)_\w+")


def targets(fields: Sequence[FieldRow]) -> list[TargetChoice]:
    """What a column can be."""
    known = [
        TargetChoice(IGNORE, "Leave out"),
        TargetChoice(EMAIL, "Email (finds the member)"),
        TargetChoice(USERNAME, "Username (finds the member)"),
        TargetChoice(WHOP_ID, "Whop id (finds the member)"),
        TargetChoice(TAGS, "Tags"),
        TargetChoice(LISTS, "Lists"),
        TargetChoice(NOTE, "Note"),
    ]
    return [*known, *(TargetChoice(filters.CUSTOM_PREFIX + one.key, one.name) for one in fields)]


def guess(sheet: Sheet, fields: Sequence[FieldRow]) -> Mapping_:
    """By the heads, else by what stands below; each thing once."""
    names = {name: target for target, known in _NAMES.items() for name in known}
    for one in fields:
        names |= {fold(one.name): filters.CUSTOM_PREFIX + one.key, fold(one.key): filters.CUSTOM_PREFIX + one.key}
    found: dict[int, str] = {}
    for place, header in enumerate(sheet.headers):
        plain = " ".join(re.split(r"[\W_]+", fold(header))).strip()
        target = names.get(fold(header)) or names.get(plain) or _by_content(sheet, place)
        if target and target not in found.values():
            found[place] = target
    return Mapping_(found)


def _by_content(sheet: Sheet, place: int) -> str:
    cells = [cells[place] for _, cells in sheet.lines[:100] if place < len(cells) and cells[place]]
    for target, form in ((EMAIL, _EMAIL), (WHOP_ID, _ID)):
        if cells and sum(form.fullmatch(cell) is not None for cell in cells) > len(cells) / 2:
            return target
    return IGNORE


def checked(mapping: Mapping_, width: int, fields: Mapping[str, FieldRow]) -> None:
    """Raises InvalidInput where it cannot be."""
    known = {IGNORE, *KEYS, TAGS, LISTS, NOTE, *fields}
    told = [target for target in mapping.columns.values() if target]
    if any(target not in known for target in told) or any(not 0 <= place < width for place in mapping.columns):
        raise InvalidInput("The columns have changed meanwhile. Load the page again.", "columns")
    if not any(key in told for key in KEYS):
        raise InvalidInput("Say which column finds the member: the email, the username or the Whop id.", "columns")
    for target in set(told):
        if told.count(target) > 1 and target not in (TAGS, LISTS):
            raise InvalidInput("Two columns are said to be the same thing. Leave one of them out.", "columns")
    if all(target in KEYS for target in told) and not (mapping.tag or mapping.list_name):
        raise InvalidInput("Say what to bring in: tags, lists, a note or a field, or a tag or list for all.", "columns")
