"""Which members? The one language for it: a tree of groups and conditions, as JSON stable enough to keep.

    {"version": 1, "where": {"all": [
        {"field": "status", "op": "is_any_of", "value": ["active", "past_due"]},
        {"not": {"field": "last_active", "op": "in_last", "value": {"n": 30, "unit": "days"}}},
        {"membership": {"all": [{"field": "product", "op": "is", "value": "prod_1"}]}},
        {"activity": "lesson", "op": "at_least", "times": 3, "when": {"last": {"n": 2, "unit": "weeks"}}},
        {"after": "joined", "activity": "lesson", "did": false, "within": {"n": 7, "unit": "days"}}
    ]}}

What a condition's value must be depends on its field: `check` says so. `all` of nothing is everybody, `any` of nothing
nobody.
"""

import json
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, ValidationError

from whop_crm.filters.errors import BadFilter
from whop_crm.models.enums import DayKind

VERSION = 1
MOST_DEPTH = 10
MOST_NODES = 100
MOST_VALUES = 200
LONGEST_TEXT = 200


class Op(StrEnum):
    """How a field is compared."""

    IS = "is"
    IS_NOT = "is_not"
    IS_ANY_OF = "is_any_of"
    IS_NONE_OF = "is_none_of"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    EQUALS = "equals"
    GREATER = "greater_than"
    LESS = "less_than"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    ON_OR_BEFORE = "on_or_before"
    ON_OR_AFTER = "on_or_after"
    IN_LAST = "in_last"
    NOT_IN_LAST = "not_in_last"
    IN_NEXT = "in_next"
    HAS = "has"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    HAS_NONE = "has_none"
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class Anchor(StrEnum):
    """What behaviour may be counted from."""

    JOINED = "joined"
    FIRST_PAYMENT = "first_payment"
    LAST_PAYMENT = "last_payment"
    CANCELED = "canceled"


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Span(_Node):
    """A length of time: 30 days, 6 hours, 2 months."""

    n: int = Field(ge=0, le=10_000)
    unit: Unit = Unit.DAYS


class LastSpan(_Node):
    """Until now."""

    last: Span


class BetweenDays(_Node):
    """Local days, both included."""

    between: tuple[date, date]


class All(_Node):
    all: tuple["Node", ...]


class Any_(_Node):
    any: tuple["Node", ...]


class Not(_Node):
    not_: "Node" = Field(alias="not")

    @classmethod
    def of(cls, node: "Node") -> "Not":
        return cls.model_validate({"not": node})


class InMembership(_Node):
    """There is one membership that meets all of it. Inside stand fields of a membership alone."""

    membership: "Node"


class Condition(_Node):
    field: str = Field(max_length=LONGEST_TEXT)
    op: Op
    value: JsonValue = None


class Behaviour(_Node):
    """How often a member did something. `did` false turns it round; without `when` it is ever."""

    activity: DayKind
    did: bool = True
    op: Literal[Op.AT_LEAST, Op.AT_MOST] = Op.AT_LEAST
    times: int = Field(default=1, ge=0, le=1_000_000)
    when: LastSpan | BetweenDays | None = None


class Sequence_(_Node):
    """What a member did, or failed to do, in the days after something: from its local day to `within` later."""

    after: Anchor
    activity: DayKind
    did: bool = True
    within: Span


_KINDS: dict[str, str] = {"all": "all", "any": "any", "not": "not", "not_": "not", "membership": "membership",
                          "field": "condition", "after": "sequence", "activity": "behaviour"}  # fmt: skip
_NODES: dict[type[_Node], str] = {All: "all", Any_: "any", Not: "not", InMembership: "membership",
                                  Condition: "condition", Sequence_: "sequence", Behaviour: "behaviour"}  # fmt: skip


def _kind_of(value: object) -> str | None:
    if isinstance(value, dict):
        keys = cast("dict[str, object]", value)
        return next((kind for key, kind in _KINDS.items() if key in keys), None)
    return _NODES.get(cast("type[_Node]", type(value)))


Node = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[InMembership, Tag("membership")]
    | Annotated[Condition, Tag("condition")]
    | Annotated[Behaviour, Tag("behaviour")]
    | Annotated[Sequence_, Tag("sequence")],
    Discriminator(_kind_of),
]
for _model in (All, Any_, Not, InMembership):
    _model.model_rebuild()

Leaf = Condition | Behaviour | Sequence_


class Filter(_Node):
    """A whole filter. `Filter()` is everybody."""

    version: Literal[1] = VERSION
    where: Node = All(all=())

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    def to_json(self) -> dict[str, Any]:
        """As it is stored: without what is at its default."""
        return {"version": self.version, "where": node_to_json(self.where)}


def node_to_json(node: Node) -> dict[str, Any]:
    match node:
        case All():
            return {"all": [node_to_json(one) for one in node.all]}
        case Any_():
            return {"any": [node_to_json(one) for one in node.any]}
        case Not():
            return {"not": node_to_json(node.not_)}
        case InMembership():
            return {"membership": node_to_json(node.membership)}
        case Condition() | Behaviour() | Sequence_():
            return node.model_dump(mode="json", exclude_defaults=True) | _kept(node)


def _kept(node: Leaf) -> dict[str, Any]:
    """What says which kind of leaf it is, and how it compares, whatever its default."""
    match node:
        case Behaviour():
            return {"activity": node.activity.value, "op": node.op.value, "times": node.times}
        case Sequence_():
            return {"within": node.within.model_dump(mode="json")}
        case Condition():
            return {}


def parse(raw: object) -> Filter:
    """The filter that JSON says; `{}` and None are everybody. Raises BadFilter.

    A tree too deep or too large is refused before anything walks into it.
    """
    if raw is None:
        return Filter()
    _measure(raw)
    try:
        return Filter.model_validate(raw)
    except ValidationError as error:
        raise _in_words(error) from None


def parse_text(text: str) -> Filter:
    """The filter that JSON text says, as an address carries it; empty text is everybody. Raises BadFilter."""
    try:
        return parse(json.loads(text)) if text else Filter()
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadFilter):
            raise
        raise BadFilter("This is not a filter as JSON, or it was cut off.") from None


def to_text(given: Filter) -> str:
    """A filter as an address carries it."""
    return json.dumps(given.to_json(), separators=(",", ":"), ensure_ascii=False)


def _measure(raw: object) -> None:
    """Deeper than groups may nest, values included; more than nodes and values may be."""
    waiting: list[tuple[object, int]] = [(raw, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > 2 * MOST_DEPTH + 6:
            raise BadFilter(f"Groups can be at most {MOST_DEPTH} deep.")
        if seen > MOST_NODES * (MOST_VALUES + 8):
            raise BadFilter(f"A filter can have at most {MOST_NODES} conditions.")
        if isinstance(value, dict):
            waiting += [(one, depth + 1) for one in cast("dict[str, object]", value).values()]
        elif isinstance(value, list | tuple):
            waiting += [(one, depth + 1) for one in cast("list[object]", value)]


def _in_words(error: ValidationError) -> BadFilter:
    """The first complaint, in words, with where it is: `where.all.2.op`."""
    first = error.errors(include_url=False, include_context=False)[0]
    names = {"condition", "behaviour", "sequence", "all", "any", "not", "membership"}
    place = [str(part) for part in first["loc"]]
    path = ".".join(part for n, part in enumerate(place) if part not in names or place[n - 1 : n] == [part])
    if first["type"].startswith("union_tag"):
        said = "A condition has a field, an activity, or is a group of all, any, not or membership."
    elif first["type"] == "enum":
        said = f"“{first['input']}” is not one of {first['msg'].removeprefix('Input should be ')}."
    else:
        said = first["msg"].removeprefix("Value error, ").rstrip(".") + "."
    return BadFilter(said, path or None)


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case All():
            return node.all
        case Any_():
            return node.any
        case Not():
            return (node.not_,)
        case InMembership():
            return (node.membership,)
        case Condition() | Behaviour() | Sequence_():
            return ()


def walk(node: Node, path: str = "where", depth: int = 1) -> Iterator[tuple[Node, str, int]]:
    """Every node with its place and its depth, the root first."""
    yield node, path, depth
    match node:
        case All() | Any_():
            key = "all" if isinstance(node, All) else "any"
            for n, one in enumerate(children(node)):
                yield from walk(one, f"{path}.{key}.{n}", depth + 1)
        case Not():
            yield from walk(node.not_, f"{path}.not", depth + 1)
        case InMembership():
            yield from walk(node.membership, f"{path}.membership", depth + 1)
        case Condition() | Behaviour() | Sequence_():
            return
