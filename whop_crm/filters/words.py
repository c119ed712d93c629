"""A filter as one plain English sentence."""

from datetime import date
from typing import cast

from whop_crm.filters.ast import (
    All,
    Anchor,
    Any_,
    Behaviour,
    Condition,
    Filter,
    InMembership,
    LastSpan,
    Node,
    Not,
    Op,
    Sequence_,
    Span,
)
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.fields import Field, Kind, Source
from whop_crm.filters.values import Value, read
from whop_crm.filters.vocabulary import Vocabulary
from whop_crm.filters.windows import Point
from whop_crm.models.enums import DayKind
from whop_crm.money import format_money

_DEEDS = {
    DayKind.POST: ("posted in the forum", "post in the forum"),
    DayKind.COMMENT: ("commented", "comment"),
    DayKind.CHAT: ("wrote in chat", "write in chat"),
    DayKind.LESSON: ("completed a lesson", "complete a lesson"),
    DayKind.PAYMENT: ("paid", "pay"),
    DayKind.PAYMENT_FAILED: ("had a payment fail", "have a payment fail"),
    DayKind.VISIT: ("visited", "visit"),
}
_ANCHORS = {
    Anchor.JOINED: "they joined", Anchor.FIRST_PAYMENT: "their first payment",
    Anchor.LAST_PAYMENT: "their last payment", Anchor.CANCELED: "they canceled",
}  # fmt: skip
_MOMENTS = {"joined": ("joined", "did not join"), "canceled": ("canceled", "did not cancel"),
            "last_active": ("were last active", "were not active")}  # fmt: skip
"""Moments that somebody has rather than something of theirs: what they did, and what they did not."""
_NUMBER_WORDS = {Op.AT_LEAST: "is at least", Op.AT_MOST: "is at most", Op.GREATER: "is more than",
                 Op.LESS: "is less than", Op.EQUALS: "is"}  # fmt: skip
_TEXT_WORDS = {Op.CONTAINS: "contains", Op.NOT_CONTAINS: "does not contain", Op.STARTS_WITH: "starts with",
               Op.IS: "is", Op.IS_NOT: "is not"}  # fmt: skip
_DATE_WORDS = {Op.BEFORE: "before", Op.AFTER: "after", Op.ON_OR_BEFORE: "on or before", Op.ON_OR_AFTER: "on or after"}


def words(given: Filter, vocabulary: Vocabulary) -> str:
    """“Members whose status is Active, and whose net revenue is at least $500.” What is gone is named as gone."""
    node = given.where
    if isinstance(node, All) and not node.all:
        return "All members."
    if isinstance(node, Any_) and not node.any:
        return "Nobody."
    return f"Members {node_words(node, vocabulary)}."


def node_words(node: Node, vocabulary: Vocabulary) -> str:
    match node:
        case All():
            return _joined([_grouped(one, vocabulary) for one in node.all], "and") or "of any kind"
        case Any_():
            return _joined([_grouped(one, vocabulary) for one in node.any], "or") or "of no kind"
        case Not():
            return f"not {_grouped(node.not_, vocabulary)}"
        case InMembership():
            return f"with a membership {node_words(node.membership, vocabulary)}"
        case Condition():
            return _condition(node, vocabulary)
        case Behaviour():
            return "who " + _behaviour(node)
        case Sequence_():
            return "who " + _sequence(node)


def _grouped(node: Node, vocabulary: Vocabulary) -> str:
    said = node_words(node, vocabulary)
    several = isinstance(node, All | Any_) and len(node.all if isinstance(node, All) else node.any) > 1
    return f"({said})" if several else said


def _joined(parts: list[str], by: str) -> str:
    if len(parts) <= 2:
        return f", {by} ".join(parts)
    return f"{', '.join(parts[:-1])}, {by} {parts[-1]}"


def _condition(node: Condition, vocabulary: Vocabulary) -> str:
    field = vocabulary.find_field(node.field)
    if field is None:
        return f"whose {node.field} (a field that is gone)"
    try:
        value = read(node, field, vocabulary)
    except BadFilter:
        return f"whose {field.name} {node.op.value.replace('_', ' ')} something that is gone"
    match field.source:
        case Source.TAGS:
            return _tags(node.op, value, vocabulary)
        case Source.NOTES:
            return "with a note" if value else "without a note"
        case Source.SEGMENTS | Source.LISTS:
            return _sets(field, node.op, value, vocabulary)
        case _ if field.key in _MOMENTS and node.op not in (Op.IS_SET, Op.IS_EMPTY):
            did, did_not = _MOMENTS[field.key]
            return f"who {did_not if node.op is Op.NOT_IN_LAST else did} {_when_words(node.op, value)}"
        case _:
            return f"whose {field.name} {_said(field, node.op, value, vocabulary)}"


def _said(field: Field, op: Op, value: Value, vocabulary: Vocabulary) -> str:
    if op in (Op.IS_SET, Op.IS_EMPTY):
        return "is known" if op is Op.IS_SET else "is not known"
    match field.kind:
        case Kind.CHOICE:
            return _choice(field, op, value, vocabulary)
        case Kind.TEXT:
            return f"{_TEXT_WORDS[op]} “{value}”"
        case Kind.DATE | Kind.DAY:
            return _time(op, value)
        case Kind.YES_NO:
            return "is yes" if value else "is no"
        case _:
            return _number(field, op, value, vocabulary)


def _choice(field: Field, op: Op, value: Value, vocabulary: Vocabulary) -> str:
    labels = vocabulary.choices(field)
    keys = value if isinstance(value, tuple) else (value,)
    names = [labels.get(cast("str", one), str(one)) for one in keys]
    verb = "is not" if op in (Op.IS_NOT, Op.IS_NONE_OF) else "is"
    return f"{verb} {_listed(names, 'nor' if verb == 'is not' else 'or')}"


def _listed(names: list[str], by: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {by} {names[-1]}"


def _number(field: Field, op: Op, value: Value, vocabulary: Vocabulary) -> str:
    if isinstance(value, tuple):
        low, high = (_amount(field, one, vocabulary) for one in value)
        return f"is between {low} and {high}"
    return f"{_NUMBER_WORDS[op]} {_amount(field, value, vocabulary)}"


def _amount(field: Field, value: object, vocabulary: Vocabulary) -> str:
    if field.kind is Kind.MONEY:
        return format_money(cast("int", value), vocabulary.currency)
    number = cast("float", value)
    return f"{number:,}{' %' if field.kind is Kind.PERCENT else ''}"


def _time(op: Op, value: Value) -> str:
    verb = {Op.IN_LAST: "was", Op.NOT_IN_LAST: "was not"}.get(op, "is")
    return f"{verb} {_when_words(op, value)}"


def _when_words(op: Op, value: Value) -> str:
    match op:
        case Op.IN_LAST | Op.NOT_IN_LAST:
            return f"in the last {span_words(cast('Span', value))}"
        case Op.IN_NEXT:
            return f"in the next {span_words(cast('Span', value))}"
        case Op.BETWEEN:
            first, last = cast("tuple[Point, Point]", value)
            return f"between {_point(first)} and {_point(last)}"
        case _:
            return f"{_DATE_WORDS[op]} {_point(cast('Point', value))}"


def _point(point: Point) -> str:
    if isinstance(point, date):
        return day_words(point)
    return f"{span_words(point.span)} {'ago' if point.sign < 0 else 'from now'}"


def day_words(day: date) -> str:
    """`5 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"


def span_words(span: Span) -> str:
    """`30 days`, `1 week`."""
    return f"{span.n:,} {span.unit.value[:-1] if span.n == 1 else span.unit.value}"


def _tags(op: Op, value: Value, vocabulary: Vocabulary) -> str:
    if op in (Op.IS_SET, Op.IS_EMPTY):
        return "with any tag" if op is Op.IS_SET else "without any tag"
    names = [f"“{vocabulary.tags[one]}”" for one in cast("tuple[int, ...]", value)]
    plural = "tag" if len(names) == 1 else "tags"
    match op:
        case Op.HAS_ALL:
            return f"with the {plural} {_listed(names, 'and')}"
        case Op.HAS_NONE:
            return f"without the {plural} {_listed(names, 'or')}"
        case _:
            return f"with the {plural} {_listed(names, 'or')}"


def _sets(field: Field, op: Op, value: Value, vocabulary: Vocabulary) -> str:
    ids = cast("tuple[int, ...]", value)
    known = vocabulary.lists if field.source is Source.LISTS else {k: s.name for k, s in vocabulary.segments.items()}
    names = [f"“{known[one]}”" for one in ids]
    where = "in" if op is Op.IS_ANY_OF else "not in"
    return f"{where} the {field.name}{'s' if len(names) > 1 else ''} {_listed(names, 'or')}"


def _behaviour(node: Behaviour) -> str:
    times = f"{'at least' if node.op is Op.AT_LEAST else 'at most'} {_times(node.times)}"
    once = node.op is Op.AT_LEAST and node.times == 1
    said = _DEEDS[node.activity][0] if node.did else f"did not {_DEEDS[node.activity][1]}"
    return " ".join(part for part in (said, "" if once else times, _when(node)) if part)


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _when(node: Behaviour) -> str:
    match node.when:
        case None:
            return "" if node.did else "ever"
        case LastSpan(last=span):
            return f"in the last {span_words(span)}"
        case between:
            first, last = between.between
            return f"between {day_words(first)} and {day_words(last)}"


def _sequence(node: Sequence_) -> str:
    said = _DEEDS[node.activity][0] if node.did else f"did not {_DEEDS[node.activity][1]}"
    return f"{said} within {span_words(node.within)} after {_ANCHORS[node.after]}"
