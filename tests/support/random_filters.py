"""Hypothesis strategies of filters: every field with every operator it has, behaviour, groups of any shape."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.support.crowd import CHOICES, Crowd
from whop_crm.filters import FIELDS, Field, Kind, Op, Source, Vocabulary
from whop_crm.models.enums import DayKind

Json = dict[str, Any]
_AMOUNTS = {Kind.MONEY: [-500, 0, 999, 2900, 49_999, 50_000, 50_001], Kind.PERCENT: [0, 33.3, 50, 100],
            Kind.NUMBER: [-20, 0, 1, 2, 3, 10, 50]}  # fmt: skip
_TEXTS = ["zoe", "ZOE", "Ångström", "example", "_", "%", "\\", "fox", "example.com", "@mail", "café", "too expensive",
          "50%", "李", "Café au lait"]  # fmt: skip


def spans(*, hours: bool = True) -> st.SearchStrategy[Json]:
    units = ["days", "weeks", "months", *(["hours"] if hours else [])]
    return st.fixed_dictionaries({"n": st.sampled_from([0, 1, 2, 6, 7, 30, 31]), "unit": st.sampled_from(units)})


def points(crowd: Crowd) -> st.SearchStrategy[Any]:
    today = crowd.now.astimezone(crowd.zone).date()
    days = st.sampled_from([0, 1, 2, 7, 29, 30, 31, -1, -7]).map(lambda n: (today - timedelta(days=n)).isoformat())
    return st.one_of(days, st.builds(lambda k, s: {k: s}, st.sampled_from(["ago", "ahead"]), spans()))


def _in_order(pair: list[Any]) -> list[Any]:
    return sorted(pair) if all(isinstance(one, type(pair[0])) and not isinstance(one, dict) for one in pair) else pair


def values(field: Field, op: Op, crowd: Crowd, words: Vocabulary) -> st.SearchStrategy[Any]:
    if op in (Op.IS_SET, Op.IS_EMPTY):
        return st.none()
    match field.kind:
        case Kind.CHOICE:
            keys = list(CHOICES) if field.source is Source.CUSTOM else list(words.choices(field))
            one = st.sampled_from(keys)
            return one if op in (Op.IS, Op.IS_NOT) else st.lists(one, min_size=1, max_size=3, unique=True)
        case Kind.TEXT:
            return st.sampled_from(_TEXTS)
        case Kind.NUMBER | Kind.MONEY | Kind.PERCENT:
            one = st.sampled_from(_AMOUNTS[field.kind])
            return st.lists(one, min_size=2, max_size=2).map(_in_order) if op is Op.BETWEEN else one
        case Kind.DATE | Kind.DAY:
            if op in (Op.IN_LAST, Op.NOT_IN_LAST, Op.IN_NEXT):
                return spans()
            return st.lists(points(crowd), min_size=2, max_size=2).map(_in_order) if op is Op.BETWEEN else points(crowd)
        case Kind.YES_NO:
            return st.booleans()
        case Kind.TAGS | Kind.SETS:
            known = {Source.LISTS: crowd.lists, Source.SEGMENTS: crowd.segments}.get(field.source, crowd.tags)
            return st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=1 if op is Op.HAS else 3, unique=True)


def conditions(fields: list[Field], crowd: Crowd, words: Vocabulary) -> st.SearchStrategy[Json]:
    def asked(pair: tuple[Field, Op]) -> st.SearchStrategy[Json]:
        field, op = pair
        return values(field, op, crowd, words).map(lambda value: _condition(field.key, op, value))

    return st.sampled_from([(field, op) for field in fields for op in field.ops]).flatmap(asked)


def _condition(key: str, op: Op, value: Any) -> Json:
    return {"field": key, "op": op.value} | ({} if value is None else {"value": value})


def doings(crowd: Crowd) -> st.SearchStrategy[Json]:
    today = crowd.now.astimezone(crowd.zone).date()
    kinds = st.sampled_from([one.value for one in DayKind])
    ends = st.sampled_from([(31, 0), (30, 7), (7, 7), (8, -1)])
    between = ends.map(lambda e: {"between": [(today - timedelta(days=n)).isoformat() for n in e]})
    when = st.one_of(spans(hours=False).map(lambda span: {"last": span}), between, st.none())
    behaviour = st.fixed_dictionaries(
        {"activity": kinds, "did": st.booleans(), "op": st.sampled_from(["at_least", "at_most"]),
         "times": st.sampled_from([0, 1, 2, 3]), "when": when})  # fmt: skip
    sequence = st.fixed_dictionaries(
        {"after": st.sampled_from(["joined", "first_payment", "last_payment", "canceled"]), "activity": kinds,
         "did": st.booleans(), "within": spans(hours=False)})  # fmt: skip
    return st.one_of(behaviour, sequence)


def trees(crowd: Crowd, words: Vocabulary) -> st.SearchStrategy[Json]:
    known = [*FIELDS, *words.custom.values()]
    of_member = conditions([one for one in known if not one.of_membership], crowd, words)
    of_one = _groups(conditions([one for one in known if one.of_membership], crowd, words))
    leaves = st.one_of(of_member, doings(crowd), of_one.map(lambda node: {"membership": node}))
    return _groups(leaves)


def _groups(leaves: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda nodes: {"all": nodes}),
            st.lists(inner, max_size=3).map(lambda nodes: {"any": nodes}),
            inner.map(lambda node: {"not": node}),
        ),
        max_leaves=6,
    )
