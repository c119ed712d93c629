"""Lines into deeds: who gets which tags, lists, notes and values, and which lines cannot be. No database here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from whop_crm.errors import InvalidInput
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import custom_fields, lists, notes, tags
from whop_crm.services.custom_fields import FieldRow, Value
from whop_crm.services.imports.matching import Found, plain
from whop_crm.services.imports.schemas import KEYS, LISTS, NOTE, TAGS, Mapping_
from whop_crm.text import one_line

Line = tuple[int, list[str]]
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}")


@dataclass(slots=True)
class Named:
    """A tag or a list, as it was first spelled, and who gets it."""

    name: str
    member_ids: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class Deeds:
    """Tags and lists by name without case, values by the field's key. `problems`: line, what it said, what is wrong."""

    tags: dict[str, Named] = field(default_factory=dict[str, Named])
    lists: dict[str, Named] = field(default_factory=dict[str, Named])
    values: dict[str, list[tuple[int, Value]]] = field(default_factory=dict[str, list[tuple[int, Value]]])
    notes: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    problems: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    matched: int = 0


def keys_of(lines: Sequence[Line], mapping: Mapping_) -> dict[str, set[str]]:
    """What the file names members by."""
    said: dict[str, set[str]] = {}
    for place, target in mapping.columns.items():
        if target in KEYS:
            cells = (cells[place] for _, cells in lines if place < len(cells) and cells[place])
            said[target] = {plain(target, cell) for cell in cells}
    return said


def understand(lines: Sequence[Line], mapping: Mapping_, found: Found, fields: Mapping[str, FieldRow]) -> Deeds:
    """A line with a problem is left out as a whole, and so is a second line about the same member."""
    deeds, seen = Deeds(), dict[int, int]()
    days = {place: _day_first(lines, place) for place, target in mapping.columns.items()
            if target in fields and fields[target].type is CustomFieldType.DATE}  # fmt: skip
    for number, cells in lines:
        told = {place: cells[place] if place < len(cells) else "" for place in mapping.columns}
        keys = {target: told[place] for place, target in mapping.columns.items() if target in KEYS}
        member = found.member(keys)
        said = next((keys[key] for key in KEYS if keys.get(key)), "")
        if isinstance(member, int) and member in seen:
            member = f"Line {seen[member]} is about the same member."
        if isinstance(member, str):
            deeds.problems.append((number, said, member))
            continue
        try:
            line = _Line(member, told, mapping, fields, days)
        except InvalidInput as error:
            deeds.problems.append((number, said, str(error)))
            continue
        seen[member] = number
        line.into(deeds)
    deeds.matched = len(seen)
    return deeds


class _Line:
    """What one line says of its member. Raises InvalidInput where a cell cannot be."""

    def __init__(
        self,
        member_id: int,
        told: Mapping[int, str],
        mapping: Mapping_,
        fields: Mapping[str, FieldRow],
        days: Mapping[int, bool | None],
    ) -> None:
        self.member_id = member_id
        self.tags = [mapping.tag] if mapping.tag else []
        self.lists = [mapping.list_name] if mapping.list_name else []
        self.values: dict[str, Value] = {}
        self.note = ""
        for place, target in mapping.columns.items():
            cell = told[place]
            if not cell:
                continue
            if target == TAGS:
                self.tags += [tags.tag_name(one) for one in _names(cell)]
            elif target == LISTS:
                self.lists += [list_name(one) for one in _names(cell)]
            elif target == NOTE:
                self.note = notes.note_body(cell)
            elif target in fields:
                value = custom_fields.read_value(fields[target], cell, day_first=days.get(place))
                if value is not None:
                    self.values[target] = value

    def into(self, deeds: Deeds) -> None:
        for names, known in ((self.tags, deeds.tags), (self.lists, deeds.lists)):
            for name in {name.lower(): name for name in names}.values():
                known.setdefault(name.lower(), Named(name)).member_ids.append(self.member_id)
        for target, value in self.values.items():
            deeds.values.setdefault(target, []).append((self.member_id, value))
        if self.note:
            deeds.notes.append((self.member_id, self.note))


def _names(cell: str) -> list[str]:
    """Several in one cell: between semicolons where there is one, else between commas."""
    return [name for one in cell.split(";" if ";" in cell else ",") if (name := one_line(one))]


def list_name(text: str) -> str:
    """The name of a list as it is stored. Raises InvalidInput."""
    name = one_line(text)
    if not name or len(name) > lists.NAME_LIMIT:
        raise InvalidInput(f"A list's name has 1 to {lists.NAME_LIMIT} characters.", "list")
    return name


def _day_first(lines: Sequence[Line], place: int) -> bool | None:
    """Whether `03/04/2026` is in April here, by the other days of the column; None where they do not say."""
    dated = (_SLASHED.fullmatch(cells[place]) for _, cells in lines if place < len(cells))
    parts = [(int(one[1]), int(one[2])) for one in dated if one]
    if any(first > 12 for first, _ in parts):
        return True
    return False if any(second > 12 for _, second in parts) else None
