"""What can be exported."""

from dataclasses import dataclass

from whop_crm.services.exports import ColumnChoice


@dataclass(frozen=True, slots=True)
class ColumnLine:
    key: str
    label: str
    usual: bool


def column_line(choice: ColumnChoice) -> ColumnLine:
    return ColumnLine(choice.key, choice.label, choice.usual)
