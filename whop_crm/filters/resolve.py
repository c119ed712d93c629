"""From what somebody wrote to a filter that means something in this company, or an error that says what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue

from whop_crm.filters.ast import (
    MOST_DEPTH,
    MOST_NODES,
    All,
    Any_,
    Behaviour,
    Condition,
    Filter,
    InMembership,
    Node,
    Not,
    Op,
    Sequence_,
    Unit,
    walk,
)
from whop_crm.filters.errors import BadFilter, unknown
from whop_crm.filters.fields import BY_KEY, Field, Kind, Source
from whop_crm.filters.values import Value, read
from whop_crm.filters.vocabulary import NamedSegment, Vocabulary
from whop_crm.filters.windows import Relative
from whop_crm.models.enums import UsedKind


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and for which segment: a private segment serves its owner alone, a shared one only shared ones."""

    user_id: str | None = None
    segment_id: int | None = None
    shared: bool = False


def resolve(given: Filter, words: Vocabulary, asker: Asker | None = None) -> Filter:
    """The filter with every name turned into an id and bare membership conditions wrapped; BadFilter otherwise.

    Siblings of an `all` that are about a membership are asked of one and the same. Resolving twice changes nothing.
    """
    _measure(given)
    checked = Filter(where=_wrapped(_checked(given.where, words, "where", inside=False)))
    _follow_segments(checked, words, asker or Asker())
    return checked


def _measure(given: Filter) -> None:
    nodes = list(walk(given.where))
    deepest = max(depth for _, _, depth in nodes)
    if deepest > MOST_DEPTH:
        raise BadFilter(f"Groups can be at most {MOST_DEPTH} deep; these are {deepest}.")
    if len(nodes) > MOST_NODES:
        raise BadFilter(f"A filter can have at most {MOST_NODES} conditions and groups; this one has {len(nodes)}.")


def _checked(node: Node, words: Vocabulary, place: str, *, inside: bool) -> Node:
    match node:
        case All():
            return All(all=tuple(_each(node.all, words, f"{place}.all", inside=inside)))
        case Any_():
            return Any_(any=tuple(_each(node.any, words, f"{place}.any", inside=inside)))
        case Not():
            return Not.of(_checked(node.not_, words, f"{place}.not", inside=inside))
        case InMembership():
            if inside:
                raise BadFilter("A membership group cannot stand inside another.", place)
            return InMembership(membership=_checked(node.membership, words, f"{place}.membership", inside=True))
        case Condition():
            return _condition(node, words, place, inside=inside)
        case Behaviour() | Sequence_():
            return _doing(node, place, inside=inside)


def _each(nodes: Sequence[Node], words: Vocabulary, place: str, *, inside: bool) -> Iterator[Node]:
    for n, one in enumerate(nodes):
        yield _checked(one, words, f"{place}.{n}", inside=inside)


def _condition(node: Condition, words: Vocabulary, place: str, *, inside: bool) -> Condition:
    field = words.find_field(node.field)
    if field is None:
        wrong = unknown("field", node.field, {one.key: one.label for one in words.fields()})
        raise wrong.at(f"{place}.field")
    if inside and not field.of_membership:
        raise BadFilter(f"“{field.label}” belongs to the member; put it outside the membership group.", place)
    try:
        value = read(node, field, words)
    except BadFilter as error:
        raise error.at(f"{place}.{error.field}") from None
    return Condition(field=node.field, op=node.op, value=_plain(node, field, value))


def _plain(node: Condition, field: Field, value: Value) -> JsonValue:
    """The value as JSON: ids in the place of names, everything else as it was given."""
    if field.kind in (Kind.CHOICE, Kind.TAGS, Kind.SETS, Kind.TEXT, Kind.YES_NO):
        return _as_json(value)
    if isinstance(value, int | float):
        return value
    if field.kind in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT) and isinstance(value, tuple):
        return _as_json(value)
    return node.value


def _as_json(value: Value) -> JsonValue:
    return cast("JsonValue", list(value) if isinstance(value, tuple) else value)


def _doing(node: Behaviour | Sequence_, place: str, *, inside: bool) -> Node:
    if inside:
        raise BadFilter("What a member does belongs to the member; put it outside the membership group.", place)
    span = node.within if isinstance(node, Sequence_) else getattr(node.when, "last", None)
    if span is not None and span.unit is Unit.HOURS:
        raise BadFilter("What members do is counted by days; use days, weeks or months.", f"{place}.when")
    when = node.when if isinstance(node, Behaviour) else None
    between = getattr(when, "between", None)
    if between and between[0] > between[1]:
        raise BadFilter("The first day must not be later than the last.", f"{place}.when.between")
    return node


def _wrapped(node: Node) -> Node:
    """With every condition about a membership inside a membership group."""
    match node:
        case All():
            return _wrapped_all(node)
        case Any_():
            return Any_(any=tuple(_wrapped(one) for one in node.any))
        case Not():
            return Not.of(_wrapped(node.not_))
        case Condition() if _of_membership(node):
            return InMembership(membership=All(all=(node,)))
        case _:
            return node


def _wrapped_all(node: All) -> All:
    bare = tuple(one for one in node.all if _of_membership(one))
    if not bare:
        return All(all=tuple(_wrapped(one) for one in node.all))
    together: Node = InMembership(membership=All(all=bare))
    first = next(n for n, one in enumerate(node.all) if one is bare[0])
    rest = [
        together if n == first else _wrapped(one) for n, one in enumerate(node.all) if n == first or one not in bare
    ]
    return All(all=tuple(rest))


def _of_membership(node: Node) -> bool:
    return isinstance(node, Condition) and node.field in BY_KEY and BY_KEY[node.field].of_membership


def _follow_segments(given: Filter, words: Vocabulary, asker: Asker) -> None:
    """Refuses loops, other people's private segments, and shared ones that would rest on private ones."""
    for segment_id in segments_in(given):
        named = words.segments[segment_id]
        if not named.shared and named.owner_id != asker.user_id:
            raise BadFilter(f"There is no segment “{segment_id}” that you can use.")
        if asker.shared and not named.shared:
            raise BadFilter(
                f"A shared segment cannot rest on the private segment “{named.name}”. Share that one first."
            )
    _refuse_loops(given, words, asker.segment_id, ())


def _refuse_loops(given: Filter, words: Vocabulary, own: int | None, trail: tuple[NamedSegment, ...]) -> None:
    for segment_id in segments_in(given):
        named = words.segments.get(segment_id)
        if named is None:
            continue
        names = " → ".join(f"“{one.name}”" for one in (*trail, named))
        if segment_id == own or named in trail:
            raise BadFilter(f"Segments cannot go in a circle: {names} leads back to where it began.")
        if len(trail) >= MOST_DEPTH:
            raise BadFilter(f"Segments can rest on each other at most {MOST_DEPTH} deep: {names}.")
        if named.filter is not None:
            _refuse_loops(named.filter, words, own, (*trail, named))


def conditions(given: Filter) -> Iterator[Condition]:
    for node, _, _ in walk(given.where):
        if isinstance(node, Condition):
            yield node


def segments_in(given: Filter) -> list[int]:
    """The ids of the segments that a resolved filter asks for itself."""
    return [one for kind, one in used(given, Vocabulary()) if kind is UsedKind.SEGMENT]


_USED = {"tags": UsedKind.TAG, "segment": UsedKind.SEGMENT, "list": UsedKind.LIST}


def used(given: Filter, words: Vocabulary) -> list[tuple[UsedKind, int]]:
    """What of the company's own things a resolved filter rests on."""
    found: dict[tuple[UsedKind, int], None] = {}
    for one in conditions(given):
        kind = _USED.get(one.field)
        if kind is not None and isinstance(one.value, list | int):
            ids = one.value if isinstance(one.value, list) else [one.value]
            found |= {(kind, each): None for each in ids if isinstance(each, int)}
        custom = words.custom.get(one.field)
        if custom is not None and custom.custom_id is not None:
            found[(UsedKind.FIELD, custom.custom_id)] = None
    return list(found)


def is_relative(given: Filter, words: Vocabulary) -> bool:
    """Whether time alone can change who meets it."""
    return any(_moves(node, words) for node, _, _ in walk(given.where))


def _moves(node: Node, words: Vocabulary) -> bool:
    match node:
        case Sequence_():
            return True
        case Behaviour():
            return hasattr(node.when, "last")
        case Condition():
            field = words.find_field(node.field)
            if field is not None and field.source is Source.SEGMENTS and isinstance(node.value, list):
                inner = [
                    words.segments[one].filter for one in node.value if isinstance(one, int) and one in words.segments
                ]
                return any(each is not None and is_relative(each, words) for each in inner)
            return node.op in (Op.IN_LAST, Op.NOT_IN_LAST, Op.IN_NEXT) or _names_relative(node, words)
        case _:
            return False


def _names_relative(node: Condition, words: Vocabulary) -> bool:
    field = words.find_field(node.field)
    if field is None or field.kind not in (Kind.DATE, Kind.DAY) or node.value is None:
        return False
    value = read(node, field, words)
    points = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, Relative) for one in points)
