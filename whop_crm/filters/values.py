"""What a condition compares with, read from JSON into the type its field needs. Raises BadFilter in words."""

import math
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import cast

from pydantic import ValidationError

from whop_crm.filters.ast import LONGEST_TEXT, MOST_VALUES, Condition, Op, Span
from whop_crm.filters.errors import BadFilter, unknown
from whop_crm.filters.fields import Field, Kind, Source
from whop_crm.filters.vocabulary import Vocabulary
from whop_crm.filters.windows import Point, Relative
from whop_crm.text import one_line

Value = None | bool | int | float | str | date | Relative | Span | tuple[object, ...]
_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)
_MOST = {Kind.MONEY: 10**15, Kind.NUMBER: 10**9, Kind.PERCENT: 10**9}
_SEVERAL = {Op.IS_ANY_OF, Op.IS_NONE_OF, Op.HAS, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE}


def read(condition: Condition, field: Field, words: Vocabulary) -> Value:
    """The typed value: None, bool, number, text, key, Point or Span, or a tuple of them."""
    if condition.op not in field.ops:
        raise _wrong_operator(condition.op, field)
    if condition.op in (Op.IS_SET, Op.IS_EMPTY):
        if condition.value is not None:
            raise BadFilter(f"“{condition.op.value}” takes no value.", "value")
        return None
    try:
        return _READERS[field.kind](condition.op, condition.value, field, words)
    except BadFilter as error:
        raise error if error.field else error.at("value") from None


def _wrong_operator(op: Op, field: Field) -> BadFilter:
    names = [one.value for one in field.ops]
    near = get_close_matches(op.value, names, 1, 0.5)
    hint = f"Did you mean “{near[0]}”?" if near else f"It can with {', '.join(names)}."
    return BadFilter(f"“{field.label}” cannot be asked with “{op.value}”. {hint}", "op")


def _choice(op: Op, raw: object, field: Field, words: Vocabulary) -> Value:
    known = words.choices(field)
    found = tuple(_key(one, field.label.lower(), known) for one in _listed(op, raw, field))
    return found if op in _SEVERAL else found[0]


def _tags(op: Op, raw: object, field: Field, words: Vocabulary) -> Value:
    return tuple(_row(one, "tag", words.tags) for one in _listed(op, raw, field))


def _sets(op: Op, raw: object, field: Field, words: Vocabulary) -> Value:
    if field.source is Source.LISTS:
        return tuple(_row(one, "list", words.lists) for one in _listed(op, raw, field))
    names = {key: one.name for key, one in words.segments.items()}
    return tuple(_row(one, "segment", names) for one in _listed(op, raw, field))


def _listed(op: Op, raw: object, field: Field) -> tuple[object, ...]:
    """The values; a single one may stand bare."""
    if op not in _SEVERAL:
        return (raw,)
    found = tuple(cast("list[object]", raw)) if isinstance(raw, list | tuple) else (raw,)
    if not found:
        raise BadFilter(f"Choose at least one value for “{field.label}”.")
    if len(found) > MOST_VALUES:
        raise BadFilter(f"A condition can name at most {MOST_VALUES} values.")
    if op is Op.HAS and len(found) > 1:
        raise BadFilter("“has” takes one tag; use has_any or has_all for several.")
    return tuple(dict.fromkeys(found)) if all(isinstance(one, str | int) for one in found) else found


def _key(raw: object, kind: str, known: Mapping[str, str]) -> str:
    if not isinstance(raw, str):
        raise BadFilter(f"Name the {kind} as text.")
    if raw in known:
        return raw
    named = [key for key, label in known.items() if label.casefold() == raw.strip().casefold()]
    if len(named) == 1:
        return named[0]
    raise unknown(kind, raw, dict(known))


def _row(raw: object, kind: str, known: Mapping[int, str]) -> int:
    """The id of what is named by its id or, where that says only one, by its name."""
    if isinstance(raw, int) and not isinstance(raw, bool) and raw in known:
        return raw
    said = str(raw) if isinstance(raw, str | int) else "…"
    named = [key for key, name in known.items() if name.casefold() == said.strip().casefold()]
    if len(named) == 1:
        return named[0]
    raise unknown(kind, said, {str(key): name for key, name in known.items()})


def _text(_op: Op, raw: object, field: Field, _words: Vocabulary) -> Value:
    found = one_line(raw) if isinstance(raw, str) else ""
    if not found:
        raise BadFilter(f"Write what “{field.label}” is compared with.")
    if len(found) > LONGEST_TEXT:
        raise BadFilter(f"A text can have at most {LONGEST_TEXT} characters.")
    return found


def _number(op: Op, raw: object, field: Field, _words: Vocabulary) -> Value:
    if op is not Op.BETWEEN:
        return _amount(raw, field)
    low, high = (_amount(one, field) for one in _pair(raw, field))
    if low > high:
        raise BadFilter(f"“{field.label}” is between a smaller and a larger number; these stand the other way round.")
    return (low, high)


def _amount(raw: object, field: Field) -> int | float:
    whole = field.source is not Source.CUSTOM and field.kind is not Kind.PERCENT
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 2**53:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or (whole and isinstance(raw, float)):
        raise BadFilter(f"“{field.label}” is compared with a {'whole ' if whole else ''}number.")
    most = _MOST[Kind.MONEY if field.source is Source.CUSTOM else field.kind]
    if not math.isfinite(raw) or abs(raw) > most:
        raise BadFilter(f"“{field.label}” is compared with a number of at most {most:,}.")
    return raw


def _pair(raw: object, field: Field) -> tuple[object, object]:
    both = cast("list[object]", raw) if isinstance(raw, list | tuple) else []
    if len(both) != 2:
        raise BadFilter(f"“{field.label}” is between two values.")
    return both[0], both[1]


def _time(op: Op, raw: object, field: Field, _words: Vocabulary) -> Value:
    match op:
        case Op.IN_LAST | Op.NOT_IN_LAST | Op.IN_NEXT:
            return _span(raw, field)
        case Op.BETWEEN:
            low, high = (_point(one, field) for one in _pair(raw, field))
            if isinstance(low, date) and isinstance(high, date) and low > high:
                raise BadFilter(f"“{field.label}” is between an earlier and a later day; these stand the other way.")
            return (low, high)
        case _:
            return _point(raw, field)


def _span(raw: object, field: Field) -> Span:
    try:
        return Span.model_validate(raw)
    except ValidationError:
        raise BadFilter(
            f'“{field.label}” is compared with a length of time such as {{"n": 30, "unit": "days"}}; the units are'
            " hours, days, weeks and months, and n is at most 10,000."
        ) from None


def _point(raw: object, field: Field) -> Point:
    if isinstance(raw, dict):
        given = cast("dict[str, object]", raw)
        for key, sign in (("ago", -1), ("ahead", 1)):
            if set(given) == {key}:
                return Relative(_span(given[key], field), sign)
    try:
        day = date.fromisoformat(raw) if isinstance(raw, str) and len(raw) == 10 else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day <= _LAST:
        raise BadFilter(f"“{field.label}” is compared with a day such as 2026-11-22, or with"
                        " {\"ago\": {\"n\": 30, \"unit\": \"days\"}}.")  # fmt: skip
    return day


def _yes_no(_op: Op, raw: object, field: Field, _words: Vocabulary) -> Value:
    if not isinstance(raw, bool):
        raise BadFilter(f"“{field.label}” is true or false.")
    return raw


_READERS = {
    Kind.CHOICE: _choice, Kind.TEXT: _text, Kind.NUMBER: _number, Kind.MONEY: _number, Kind.PERCENT: _number,
    Kind.DATE: _time, Kind.DAY: _time, Kind.YES_NO: _yes_no, Kind.TAGS: _tags, Kind.SETS: _sets,
}  # fmt: skip
