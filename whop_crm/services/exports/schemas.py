"""Shapes of exports."""

from dataclasses import dataclass

from sqlalchemy import Select

from whop_crm.services.members import MemberListQuery

EVERYBODY = MemberListQuery()
DEFAULT_COLUMNS = ("name", "email", "username", "status", "net_revenue", "joined", "tags")
AUDITED_FROM = 1_000
"""An export of more members than this is written into the log."""
MOST_PICKED = 10_000


@dataclass(frozen=True, slots=True)
class ExportInput:
    """What to export: the members of a list, further narrowed to a segment, a static list or a selection.

    `members` are Whop's ids, None for all that match; `columns` are keys in their order, empty for the usual ones.
    """

    query: MemberListQuery = EVERYBODY
    segment_id: int | None = None
    list_id: int | None = None
    members: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column that can be exported. `usual`: it is unless told otherwise."""

    key: str
    label: str
    usual: bool


@dataclass(frozen=True, slots=True)
class Export:
    """A file about to be written: its name, its head, how many members stand in it, and the statement of its lines."""

    file_name: str
    head: str
    members: int
    lines: Select[str]
