"""Shapes of imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from whop_crm.models.importing import ImportStatus

MOST_BYTES = 20 * 1024 * 1024
MOST_LINES = 50_000
MOST_COLUMNS = 100
MOST_NEW_NAMES = 200
"""Tags and lists that one import may make."""
CHUNK = 1_000
STEP = 5_000
SAMPLES = 3

IGNORE, EMAIL, USERNAME, WHOP_ID, TAGS, LISTS, NOTE = "", "email", "username", "whop_id", "tags", "lists", "note"
KEYS = (WHOP_ID, EMAIL, USERNAME)
"""What a member is found by, the surest first."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was understood. `lines` have their number in it and their cells."""

    encoding: str
    delimiter: str
    headers: list[str]
    lines: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Mapping_:
    """What the columns are, by their place: one of the constants above, or `custom.<key>`.

    `tag` and `list_name` are for everybody in the file; empty for none.
    """

    columns: Mapping[int, str]
    tag: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file, some of what stands in it, and what it is taken for."""

    place: int
    header: str
    samples: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class TargetChoice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that the import would do: to how many it is new, and how many have it already."""

    what: str
    changed: int
    same: int


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A line that would be left out, and why."""

    line: int
    said: str
    problem: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as it stands."""

    id: int
    status: ImportStatus
    name: str
    encoding: str
    delimiter: str
    lines: int
    matched: int
    problems: int
    changes: tuple[ChangeRow, ...]
    new_tags: tuple[str, ...]
    new_lists: tuple[str, ...]
    tag: str
    list_name: str
    actor_name: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None
    undone: int
    undo_skipped: int

    @property
    def plan_known(self) -> bool:
        return self.status is not ImportStatus.STAGED

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.changes)
