"""The values of a line as text, and as the JSON that the filter language takes."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from whop_crm.filters import Condition, Field, Kind, Op, Source, Vocabulary
from whop_crm.money import to_major, to_minor

_SPANS = {Op.IN_LAST, Op.NOT_IN_LAST, Op.IN_NEXT}
_NOTHING = {Op.IS_SET, Op.IS_EMPTY}
_ONE = {Op.IS, Op.IS_NOT, Op.HAS}


@dataclass
class Values:
    """What a line's controls hold; which of them count depends on its field and operator."""

    a: str = ""
    b: str = ""
    unit: str = "days"
    mode: str = "date"
    times: str = "1"
    often: str = "at_least"
    chosen: list[str] = field(default_factory=list)


def control_of(known: Field, op: str) -> str:
    """Which controls a line shows for its value."""
    if op in _NOTHING:
        return "none"
    match known.kind:
        case Kind.CHOICE | Kind.TAGS | Kind.SETS:
            return "choices"
        case Kind.DATE | Kind.DAY:
            return "span" if op in _SPANS else "two_dates" if op == Op.BETWEEN else "date"
        case Kind.NUMBER | Kind.MONEY | Kind.PERCENT:
            return "two_numbers" if op == Op.BETWEEN else "number"
        case Kind.YES_NO:
            return "yes_no"
        case Kind.TEXT:
            return "text"


def options_of(known: Field, words: Vocabulary) -> list[tuple[str, str]]:
    """Value and label of what a line can choose from."""
    match known.source:
        case Source.TAGS:
            return [(str(key), name) for key, name in words.tags.items()]
        case Source.LISTS:
            return [(str(key), name) for key, name in words.lists.items()]
        case Source.SEGMENTS:
            return [(str(key), one.name) for key, one in words.segments.items()]
        case _:
            return list(words.choices(known).items())


def values_of(node: Condition, known: Field, words: Vocabulary) -> Values:
    """The texts for a condition's value."""
    raw: Any = node.value
    match control_of(known, node.op.value):
        case "choices":
            several = raw if isinstance(raw, list) else [raw]
            return Values(chosen=[str(one) for one in several])
        case "number" | "two_numbers":
            both = [_shown(one, known, words) for one in (raw if isinstance(raw, list) else [raw])]
            return Values(a=both[0], b=both[1] if len(both) > 1 else "")
        case "span":
            return Values(a=str(raw["n"]), unit=raw.get("unit", "days"))
        case "date":
            return _date_values(raw)
        case "two_dates":
            return Values(a=str(raw[0]), b=str(raw[1]))
        case "yes_no":
            return Values(a="yes" if raw else "no")
        case _:
            return Values(a=str(raw or ""))


def _date_values(raw: Any) -> Values:
    if isinstance(raw, dict):
        [(mode, span)] = cast("dict[str, dict[str, Any]]", raw).items()
        return Values(a=str(span["n"]), unit=span.get("unit", "days"), mode=mode)
    return Values(a=str(raw))


def _shown(raw: Any, known: Field, words: Vocabulary) -> str:
    if known.kind is Kind.MONEY:
        return f"{to_major(int(raw), words.currency):f}"
    return str(raw)


def json_of(op: str, values: Values, known: Field, words: Vocabulary) -> Any:
    """The value as the language takes it. Raises ValueError with what is missing."""
    match control_of(known, op):
        case "none":
            return None
        case "choices":
            return _chosen(op, values, known)
        case "number":
            return _number(values.a, known, words)
        case "two_numbers":
            return [_number(values.a, known, words), _number(values.b, known, words)]
        case "span":
            return {"n": _whole(values.a), "unit": values.unit}
        case "date":
            return _day(values.a) if values.mode == "date" else {
                values.mode: {"n": _whole(values.a), "unit": values.unit}}  # fmt: skip
        case "two_dates":
            return [_day(values.a), _day(values.b)]
        case "yes_no":
            return values.a != "no"
        case _:
            if not values.a.strip():
                raise ValueError("Write what it is compared with.")
            return values.a.strip()


def _chosen(op: str, values: Values, known: Field) -> Any:
    if not values.chosen:
        raise ValueError("Choose at least one.")
    numbered = known.kind in (Kind.TAGS, Kind.SETS)
    found: list[Any] = [int(one) if numbered and one.isdigit() else one for one in values.chosen]
    return found[0] if op in _ONE and not numbered else found


def _number(text: str, known: Field, words: Vocabulary) -> Any:
    try:
        amount = Decimal(text.strip().replace(",", "").replace(" ", "").lstrip("$€£"))
    except InvalidOperation:
        raise ValueError("Write a number.") from None
    if not amount.is_finite() or abs(amount) > 10**13:
        raise ValueError("That number is too large.")
    if known.kind is Kind.MONEY:
        return to_minor(amount, words.currency)
    whole = known.source is not Source.CUSTOM and known.kind is not Kind.PERCENT
    if whole and amount != amount.to_integral_value():
        raise ValueError("Write a whole number.")
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _whole(text: str) -> int:
    if not (text.isascii() and text.strip().isdigit() and len(text) < 7):
        raise ValueError("Write a number.")
    return int(text)


def _day(text: str) -> str:
    if not text:
        raise ValueError("Choose a day.")
    return text
