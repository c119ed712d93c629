"""Shapes of the fields that a company adds to its members."""

from dataclasses import dataclass
from datetime import date, datetime

from whop_crm.models.enums import CustomFieldType

NAME_LIMIT = 40
TEXT_LIMIT = 500
CHOICE_LIMIT = 60
MOST_CHOICES = 100
MOST_FIELDS = 50
"""That are not archived."""
MOST_EVER = 500
"""Archived ones included."""
LARGEST_NUMBER = 1e12
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)

Value = str | float | date | bool
"""A text or a choice, a number, a day, yes or no."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field. `key` names it in filters (`custom.<key>`), files and the API, and never changes."""

    id: int
    key: str
    name: str
    type: CustomFieldType
    choices: tuple[str, ...]
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FieldCount:
    """A field with how many members of the list have a value in it."""

    field: FieldRow
    members: int


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A field of a member, filled in or not. `shown` is for people, `typed` what somebody would type for it."""

    field: FieldRow
    value: Value | None
    shown: str
    typed: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one member's value."""

    member_id: int
    field_id: int
    before: Value | None
    after: Value | None
