"""A filter as somebody edits it: two levels of lines whose values are text until they are whole.

What goes deeper, or was made elsewhere in another shape, is kept as it is and shown in words.
"""

import itertools
from dataclasses import dataclass, field, replace
from typing import Any, cast

from whop_crm.filters import (
    All,
    Any_,
    Behaviour,
    Condition,
    Field,
    Filter,
    InMembership,
    Node,
    Not,
    Sequence_,
    Vocabulary,
    node_to_json,
    parse,
)
from whop_crm.state.builder.typed import Values, json_of, values_of

ALL, ANY, NONE = "all", "any", "none"
MATCHES = (ALL, ANY, NONE)
_keys = itertools.count(1)
_BEHAVIOUR, _SEQUENCE = "did.", "after."


def new_key() -> int:
    """Of a line; unique in this process, which is enough: a draft never leaves its tab."""
    return next(_keys)


@dataclass
class Cond:
    """One line. `subject` is a field's key, `did.<activity>` or `after.<activity>`."""

    subject: str
    op: str
    values: Values = field(default_factory=Values)
    key: int = field(default_factory=new_key)


@dataclass
class Kept:
    """A part that this builder does not edit."""

    node: dict[str, Any]
    key: int = field(default_factory=new_key)


@dataclass
class Group:
    match: str = ALL
    items: "list[Cond | Kept]" = field(default_factory=list)
    key: int = field(default_factory=new_key)


Item = Cond | Kept | Group


@dataclass
class Draft:
    match: str = ALL
    items: list[Item] = field(default_factory=list)


def draft_of(given: Filter, words: Vocabulary) -> Draft:
    """Lines for what lines can say; the rest as it is. `filter_of` leads back to the same members."""
    shape = _shape(given.where)
    if shape is None:
        return Draft(ALL, [_item(given.where, words)])
    match, parts = shape
    return Draft(match, [_item(one, words) for one in parts])


def _shape(node: Node) -> tuple[str, list[Node]] | None:
    """How a group matches and what is in it; None for what is no group of the builder's."""
    match node:
        case All():
            return ALL, _opened(node)
        case Any_():
            return ANY, [_alone(one) for one in node.any]
        case Not(not_=Any_() as inner):
            return NONE, [_alone(one) for one in inner.any]
        case _:
            return None


def _opened(node: All) -> list[Node]:
    """A group about one membership is opened where its conditions will be put together again as they were."""
    groups = [one for one in node.all if isinstance(one, InMembership)]
    if len(groups) != 1:
        return list(node.all)
    inside = groups[0].membership
    parts = inside.all if isinstance(inside, All) else (inside,)
    if not parts or not all(isinstance(one, Condition) for one in parts):
        return list(node.all)
    at = node.all.index(groups[0])
    return [*node.all[:at], *parts, *node.all[at + 1 :]]


def _alone(node: Node) -> Node:
    match node:
        case InMembership(membership=All(all=(Condition() as one,))) | InMembership(membership=Condition() as one):
            return one
        case _:
            return node


def _item(node: Node, words: Vocabulary) -> Item:
    line = _line(node, words)
    if line is not None:
        return line
    if isinstance(node, Not) and (inner := _line(_alone(node.not_), words)) is not None:
        return Group(NONE, [inner])
    shape = _shape(node)
    if shape is not None:
        match, parts = shape
        lines = [_line(one, words) for one in parts]
        if parts and all(lines):
            return Group(match, cast("list[Cond | Kept]", lines))
    return Kept(node_to_json(node))


def _line(node: Node, words: Vocabulary) -> Cond | None:
    match node:
        case Condition():
            return _of_field(node, words)
        case Behaviour():
            return Cond(_BEHAVIOUR + node.activity.value, "did" if node.did else "did_not", _behaved(node))
        case Sequence_():
            op = "did" if node.did else "did_not"
            values = Values(a=str(node.within.n), unit=node.within.unit.value, mode=node.after.value)
            return Cond(_SEQUENCE + node.activity.value, op, values)
        case _:
            return None


def _of_field(node: Condition, words: Vocabulary) -> Cond | None:
    """None for what the controls cannot show: a field that is gone, a span between two relative days."""
    known = words.find_field(node.field)
    relative = isinstance(node.value, list) and any(isinstance(one, dict) for one in node.value)
    return None if known is None or relative else Cond(node.field, node.op.value, values_of(node, known, words))


def _behaved(node: Behaviour) -> Values:
    raw = node_to_json(node)
    when: dict[str, Any] = raw.get("when") or {}
    values = Values(times=str(node.times), often=node.op.value, mode="ever")
    if "last" in when:
        span = when["last"]
        return replace(values, mode="last", a=str(span["n"]), unit=span.get("unit", "days"))
    if "between" in when:
        return replace(values, mode="between", a=when["between"][0], b=when["between"][1])
    return values


def filter_of(draft: Draft, words: Vocabulary, *, whole: bool) -> Filter:
    """What the lines say. Raises Unfinished for a line without its value if `whole`, else leaves it out."""
    parts = [_node(one, words, whole=whole) for one in draft.items]
    return parse({"version": 1, "where": _grouped(draft.match, [one for one in parts if one is not None])})


def _grouped(match: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    match match:
        case "any":
            return {"any": parts}
        case "none":
            return {"not": {"any": parts}}
        case _:
            return {"all": parts}


def _node(item: Item, words: Vocabulary, *, whole: bool) -> dict[str, Any] | None:
    match item:
        case Kept():
            return item.node
        case Group():
            parts = [_node(one, words, whole=whole) for one in item.items]
            known = [one for one in parts if one is not None]
            return _grouped(item.match, known) if known else None
        case Cond():
            try:
                return cond_json(item, words)
            except Unfinished:
                if whole:
                    raise
                return None


class Unfinished(ValueError):
    """A line that does not say anything yet; the text says what it waits for."""


def cond_json(cond: Cond, words: Vocabulary) -> dict[str, Any]:
    """Raises Unfinished."""
    if cond.subject.startswith(_BEHAVIOUR):
        return _behaviour_json(cond)
    if cond.subject.startswith(_SEQUENCE):
        span = {"n": _count(cond.values.a, "a number of days"), "unit": cond.values.unit}
        return {"after": cond.values.mode, "activity": cond.subject.removeprefix(_SEQUENCE),
                "did": cond.op == "did", "within": span}  # fmt: skip
    known = words.find_field(cond.subject)
    if known is None:
        raise Unfinished("Choose what to ask.")
    return _condition_json(cond, known, words)


def _condition_json(cond: Cond, known: Field, words: Vocabulary) -> dict[str, Any]:
    try:
        value = json_of(cond.op, cond.values, known, words)
    except ValueError as error:
        raise Unfinished(str(error)) from None
    return {"field": cond.subject, "op": cond.op} | ({} if value is None else {"value": value})


def _behaviour_json(cond: Cond) -> dict[str, Any]:
    values = cond.values
    node: dict[str, Any] = {"activity": cond.subject.removeprefix(_BEHAVIOUR), "did": cond.op == "did",
                            "op": values.often, "times": _count(values.times, "how often")}  # fmt: skip
    if values.mode == "last":
        node["when"] = {"last": {"n": _count(values.a, "a number of days"), "unit": values.unit}}
    elif values.mode == "between":
        if not (values.a and values.b):
            raise Unfinished("Choose the first and the last day.")
        node["when"] = {"between": [values.a, values.b]}
    return node


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Unfinished(f"Write {what}.")
    return int(text)
