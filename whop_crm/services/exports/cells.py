"""Cells of a CSV file as SQL over a column: the database makes the text of whole lines, and Python passes it on.

A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets show or swallow and
never run; numbers are numbers, the negative ones too.
"""

from collections.abc import Callable

from whop_crm.models.enums import MemberStatus, ShownStatus
from whop_crm.money import decimals

Maker = Callable[[str], str]
"""From a column of ours to the SQL of its cell, which is never NULL."""

DANGEROUS = "=+-@\t\r\n＝＋－＠"
"""A cell that begins with one of these, spaces left out, may be run as a formula by one spreadsheet or another."""
_CODES = ", ".join(str(ord(letter)) for letter in DANGEROUS)


def text(column: str) -> str:
    """Quoted and defused; nothing for what is missing."""
    return (
        f"CASE WHEN coalesce({column}, '') = '' THEN '' ELSE"
        f" CASE WHEN ascii(ltrim({column})) IN ({_CODES}) THEN '\"''' ELSE '\"' END"
        f" || replace({column}, '\"', '\"\"') || '\"' END"
    )


def plain_cell(words: str) -> str:
    """The same for a text that is known here: a column's head."""
    defused = "'" if words.lstrip(" ").startswith(tuple(DANGEROUS)) else ""
    return f'"{defused}{words.replace(chr(34), chr(34) * 2)}"'


def alone(cell: str) -> str:
    """The one cell of a line: an empty line would be none."""
    return f"coalesce(nullif({cell}, ''), '\"\"')"


def number(column: str) -> str:
    return f"coalesce({column}::text, '')"


def day(column: str) -> str:
    return f"coalesce(to_char({column}, 'YYYY-MM-DD'), '')"


def moment(column: str) -> str:
    return f"coalesce(to_char({column}, 'YYYY-MM-DD HH24:MI'), '')"


def yes_no(column: str) -> str:
    return f"CASE WHEN {column} THEN 'yes' WHEN NOT {column} THEN 'no' ELSE '' END"


def money(currency: str) -> Maker:
    """Minor units as major ones: `-12.50`."""
    places = decimals(currency)
    return lambda column: f"coalesce(({column} / 1{'0' * places}.0)::numeric(30, {places})::text, '')"


def status(column: str) -> str:
    """The word on the member's badge; CANCELING stands before the status underneath."""
    words = " ".join(f"WHEN '{one.value}' THEN '{ShownStatus(one.value).label}'" for one in MemberStatus)
    return f"CASE WHEN {CANCELING} THEN '{ShownStatus.CANCELING.label}' ELSE CASE {column} {words} ELSE '' END END"


CANCELING = "found.canceling"
