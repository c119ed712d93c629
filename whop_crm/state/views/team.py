"""What the team writes: tags and notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from whop_crm.services.lists import ListRow
from whop_crm.services.notes import NoteRow
from whop_crm.services.tags import MemberTagRow, TagRow
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class TagChip:
    """A tag on a member. `color` is a TagColor value."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class TagOption:
    """A choice of the tag picker."""

    value: str
    label: str
    color: str
    selected: bool


@dataclass(frozen=True, slots=True)
class NoteLine:
    """`html` is safe to show; `editable` by who looks."""

    id: int
    html: str
    author: str
    at: str
    edited: str
    editable: bool


def tag_chip(row: MemberTagRow) -> TagChip:
    return TagChip(row.id, row.name, row.color.value)


def tag_options(known: Sequence[TagRow], carried: Sequence[MemberTagRow]) -> list[TagOption]:
    on = {row.id for row in carried}
    return [TagOption(str(row.id), row.name, row.color.value, row.id in on) for row in known]


def list_option(row: ListRow) -> TagOption:
    return TagOption(str(row.id), row.name, row.color.value, False)


def note_line(row: NoteRow) -> NoteLine:
    return NoteLine(row.id, row.html, row.author_name, iso(row.created_at), iso(row.edited_at), row.editable)
