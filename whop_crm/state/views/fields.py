"""Custom fields, in the settings and on a member."""

from dataclasses import dataclass

from whop_crm.models.enums import CustomFieldType
from whop_crm.services.custom_fields import FieldCount, ValueRow

TYPE_NAMES = {
    CustomFieldType.TEXT: "Text",
    CustomFieldType.NUMBER: "Number",
    CustomFieldType.DATE: "Date",
    CustomFieldType.CHOICE: "Choice",
    CustomFieldType.YES_NO: "Yes or no",
}


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of the company. `place` is its place among the others, `last` says that none comes behind it."""

    id: int
    name: str
    type: str
    detail: str
    members: str
    place: int
    last: bool


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A field of a member. `type` is a CustomFieldType value."""

    id: int
    name: str
    type: str
    shown: str


def field_lines(rows: list[FieldCount]) -> list[FieldLine]:
    return [
        FieldLine(
            id=row.field.id,
            name=row.field.name,
            type=TYPE_NAMES[row.field.type],
            detail=", ".join(row.field.choices),
            members=f"{row.members:,}",
            place=place,
            last=place == len(rows) - 1,
        )
        for place, row in enumerate(rows)
    ]


def value_line(row: ValueRow) -> ValueLine:
    return ValueLine(row.field.id, row.field.name, row.field.type.value, row.shown)
