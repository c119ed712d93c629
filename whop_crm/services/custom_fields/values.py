"""A value from what somebody typed, pasted or sent, and back. Raises InvalidInput in words that say what to write."""

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from whop_crm import filters
from whop_crm.errors import InvalidInput
from whop_crm.models import CustomValue
from whop_crm.models.enums import CustomFieldType
from whop_crm.services.custom_fields.schemas import (
    FIRST_DAY,
    LARGEST_NUMBER,
    LAST_DAY,
    TEXT_LIMIT,
    FieldRow,
    Value,
)
from whop_crm.text import fold, one_line

_YES = {"yes", "y", "true", "t", "1", "on", "x", "✓", "✔"}
_NO = {"no", "n", "false", "f", "0", "off", "✗", "✘"}
_GROUPED = {",": re.compile(r"\d{1,3}(,\d{3})+"), ".": re.compile(r"\d{1,3}(\.\d{3})+")}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERED_DAY = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_NAMED_DAY = re.compile(r"(?:(\d{1,2})\.? ([a-z]{3,9})\.?|([a-z]{3,9})\.? (\d{1,2})),? (\d{4})")


def read_value(field: FieldRow, raw: object, *, day_first: bool | None = None) -> Value | None:
    """The value that `raw` means in this field; None for what is empty.

    `day_first` says how to read `03/04/2026`, which is refused otherwise.
    """
    raw = one_line(raw) if isinstance(raw, str) else raw
    if raw is None or raw == "":
        return None
    match field.type:
        case CustomFieldType.TEXT:
            return _text(field, raw)
        case CustomFieldType.NUMBER:
            return _number(field, raw)
        case CustomFieldType.DATE:
            return _day(field, raw, day_first)
        case CustomFieldType.CHOICE:
            return _choice(field, raw)
        case CustomFieldType.YES_NO:
            return _yes_no(field, raw)


def _wrong(field: FieldRow, sentence: str) -> InvalidInput:
    return InvalidInput(f"{field.name}: {sentence}", field.key)


def _said(field: FieldRow, raw: object) -> str:
    if isinstance(raw, str):
        return one_line(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return shown(raw).replace(",", "")
    raise _wrong(field, "Send it as text.")


def _text(field: FieldRow, raw: object) -> str:
    said = _said(field, raw)
    if len(said) > TEXT_LIMIT:
        raise _wrong(field, f"A text can have at most {TEXT_LIMIT} characters; this one has {len(said):,}.")
    return said


def _number(field: FieldRow, raw: object) -> float:
    found = _plain_number(raw) if isinstance(raw, str) else raw
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise _wrong(field, f"“{_short(raw)}” is no number. Write it like 1234.5.")
    if abs(found) > LARGEST_NUMBER:
        raise _wrong(field, f"A number can be at most {LARGEST_NUMBER:,.0f}.")
    return float(found) + 0.0


def _plain_number(raw: str) -> float | str:
    """`1,234.5`, `1.234,5`, `1 234,5` and `-12` as a number; what is none comes back as it was."""
    said = re.sub(r"[\s'’]", "", raw).replace("−", "-")
    sign, digits = ("-", said[1:]) if said.startswith("-") else ("", said.removeprefix("+"))
    if "," in digits and "." in digits:
        grouping = "," if digits.rindex(".") > digits.rindex(",") else "."
        whole, _, rest = digits.rpartition("." if grouping == "," else ",")
        if not _GROUPED[grouping].fullmatch(whole):
            return raw
        digits = f"{whole.replace(grouping, '')}.{rest}"
    elif _GROUPED[","].fullmatch(digits) or (digits.count(".") > 1 and _GROUPED["."].fullmatch(digits)):
        digits = digits.replace(",", "").replace(".", "")
    elif digits.count(",") == 1:
        digits = digits.replace(",", ".")
    if not re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", digits) or not digits.isascii():
        return raw
    return float(sign + digits)


def _day(field: FieldRow, raw: object, day_first: bool | None) -> date:
    if not isinstance(raw, str):
        raise _wrong(field, "Send a day as text, such as 2026-11-22.")
    readings = _readings(fold(raw), day_first)
    if not readings:
        raise _wrong(field, f"“{_short(raw)}” is no day. Write it like 2026-11-22.")
    if len(readings) > 1:
        either = " or ".join(one.isoformat() for one in sorted(readings))
        raise _wrong(field, f"“{_short(raw)}” can mean two days. Write {either}.")
    [day] = readings
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _wrong(field, f"A day lies between {FIRST_DAY.isoformat()} and {LAST_DAY.isoformat()}.")
    return day


def _readings(said: str, day_first: bool | None) -> set[date]:
    """The days that a text can mean: `2026-11-22`, `22.11.2026`, `11/22/2026`, `22 Nov 2026`, `Nov 22, 2026`."""
    if named := _NAMED_DAY.fullmatch(said):
        day, month = named[1] or named[4], (named[2] or named[3])[:3]
        return _days((int(named[5]), _MONTHS.index(month) + 1, int(day))) if month in _MONTHS else set()
    numbered = _NUMBERED_DAY.fullmatch(re.split("[t ]", said)[0] if said[:4].isdigit() else said)
    if numbered is None:
        return set()
    first, second, third = int(numbered[1]), int(numbered[2]), int(numbered[3])
    if len(numbered[1]) == 4:
        return _days((first, second, third))
    if len(numbered[3]) != 4:
        return set()
    if "." in said:
        return _days((third, second, first))
    both = {True: (third, second, first), False: (third, first, second)}
    return _days(*(both.values() if day_first is None else (both[day_first],)))


def _days(*parts: tuple[int, int, int]) -> set[date]:
    found: set[date] = set()
    for year, month, day in parts:
        try:
            found.add(date(year, month, day))
        except ValueError:
            continue
    return found


def _choice(field: FieldRow, raw: object) -> str:
    said = _said(field, raw)
    known = {fold(one): one for one in field.choices}
    if fold(said) in known:
        return known[fold(said)]
    near = get_close_matches(fold(said), known, 1, 0.6)
    hint = f"Did you mean “{known[near[0]]}”?" if near else f"It can be {_listed(field.choices)}."
    raise _wrong(field, f"“{_short(said)}” is none of the choices. {hint}")


def _yes_no(field: FieldRow, raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    said = fold(raw) if isinstance(raw, str) else str(raw)
    if said not in _YES | _NO:
        raise _wrong(field, f"“{_short(raw)}” is neither yes nor no.")
    return said in _YES


def _short(raw: object) -> str:
    said = one_line(str(raw))
    return said if len(said) <= 60 else said[:59] + "…"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{one}”" for one in names[:10]) + (" …" if len(names) > 10 else "")


def shown(value: Value | None) -> str:
    """For people: `1,234.5`, `5 Nov 2026`, `Yes`; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case int() | float():
            return f"{Decimal(repr(float(value))):,f}".removesuffix(".0")
        case date():
            return f"{value.day} {value:%b %Y}"
        case _:
            return value


def typed(value: Value | None) -> str:
    """As a file or a form field holds it, and as `read_value` reads it back: `1234.5`, `2026-11-05`, `yes`."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return shown(value).replace(",", "")
        case date():
            return value.isoformat()
        case _:
            return value


def columns(kind: CustomFieldType, value: Value | None) -> dict[str, Any]:
    """The columns of `custom_values` that hold a value."""
    none: dict[str, Any] = dict.fromkeys(COLUMNS)
    match kind:
        case CustomFieldType.TEXT | CustomFieldType.CHOICE:
            folded = fold(value)[: filters.OWN_LENGTH] if isinstance(value, str) else None
            return {**none, "text_value": value, "folded": folded}
        case CustomFieldType.NUMBER:
            return {**none, "number_value": value}
        case CustomFieldType.DATE:
            return {**none, "date_value": value}
        case CustomFieldType.YES_NO:
            return {**none, "flag_value": value}


COLUMNS = ("text_value", "folded", "number_value", "date_value", "flag_value")


def value_of(row: CustomValue | Mapping[str, Any]) -> Value | None:
    """What a stored row holds, whichever column it is in."""
    for name in ("text_value", "number_value", "date_value", "flag_value"):
        found: Value | None = row[name] if isinstance(row, Mapping) else getattr(row, name)
        if found is not None:
            return found
    return None
