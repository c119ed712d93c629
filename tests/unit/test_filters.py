"""The filter language: what is a filter, what is an error, and what a filter says in English."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.filters import (
    FIELDS,
    BadFilter,
    Filter,
    NamedSegment,
    Vocabulary,
    is_relative,
    parse,
    resolve,
    used,
    words,
)
from whop_crm.filters.ast import MOST_DEPTH, MOST_NODES
from whop_crm.filters.fields import custom_field
from whop_crm.filters.resolve import Asker
from whop_crm.models.enums import CustomFieldType, UsedKind


def _segment(row_id: int, where: Any, *, shared: bool = True, owner: str = "user_owner") -> NamedSegment:
    return NamedSegment(row_id, f"Segment {row_id}", shared, owner, parse({"where": where}))


ACTIVE = {"field": "status", "op": "is", "value": "active"}
WORDS = Vocabulary(
    products={"prod_1": "Academy", "prod_2": "Signals"},
    plans={"plan_1": "Monthly", "plan_2": "Yearly"},
    currencies=("eur", "usd"),
    tags={1: "VIP", 2: "At risk"},
    lists={7: "Webinar"},
    segments={3: _segment(3, ACTIVE), 4: _segment(4, {"field": "segment", "op": "is_any_of", "value": [3]}),
              5: _segment(5, ACTIVE, shared=False), 6: _segment(6, ACTIVE, shared=False, owner="user_other")},
    custom={"custom.level": custom_field(9, "level", "Level", CustomFieldType.CHOICE, ("Gold", "Silver"))},
)  # fmt: skip


def made(where: Any) -> Filter:
    return resolve(parse({"version": 1, "where": where}), WORDS, Asker("user_owner"))


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"all": []}, "All members."),
        ({"any": []}, "Nobody."),
        (ACTIVE, "Members whose status is Active."),
        (
            {"all": [ACTIVE, {"field": "net_revenue", "op": "at_least", "value": 50_000}]},
            "Members whose status is Active, and whose net revenue is at least $500.00.",
        ),
        (
            {"field": "last_active", "op": "not_in_last", "value": {"n": 30, "unit": "days"}},
            "Members who were not active in the last 30 days.",
        ),
        ({"field": "tags", "op": "has_any", "value": ["vip", 2]}, "Members with the tags “VIP” or “At risk”."),
        ({"field": "list", "op": "is_none_of", "value": [7]}, "Members not in the list “Webinar”."),
        (
            {"not": {"any": [ACTIVE, {"field": "has_note", "op": "is", "value": True}]}},
            "Members not (whose status is Active, or with a note).",
        ),
        (
            {"field": "product", "op": "is", "value": "Academy"},
            "Members with a membership whose product is Academy.",
        ),
        (
            {"activity": "lesson", "op": "at_least", "times": 3, "when": {"last": {"n": 2, "unit": "weeks"}}},
            "Members who completed a lesson at least 3 times in the last 2 weeks.",
        ),
        (
            {"after": "joined", "activity": "lesson", "did": False, "within": {"n": 7}},
            "Members who did not complete a lesson within 7 days after they joined.",
        ),
        (
            {"field": "trial_end", "op": "in_next", "value": {"n": 1, "unit": "weeks"}},
            "Members whose trial end is in the next 1 week.",
        ),
        ({"field": "custom.level", "op": "is", "value": "gold"}, "Members whose Level is Gold."),
    ],
)
def test_a_filter_in_words(where: Any, said: str) -> None:
    assert words(made(where), WORDS) == said


def test_what_is_gone_is_named_as_gone() -> None:
    gone = parse({"where": {"field": "tags", "op": "has", "value": [99]}})
    assert words(gone, WORDS) == "Members whose tags has something that is gone."


@pytest.mark.parametrize(
    ("where", "said", "place"),
    [
        ({"field": "satus", "op": "is", "value": "x"}, "Did you mean “Status” (status)?", "where.field"),
        ({"all": [ACTIVE, {**ACTIVE, "value": "activ"}]}, "Did you mean “Active” (active)?", "where.all.1.value"),
        ({**ACTIVE, "op": "at_least"}, "It can with is, is_not", "where.op"),
        ({"field": "joined", "op": "at_least", "value": 3}, "cannot be asked with “at_least”", "where.op"),
        ({"field": "current_plan", "op": "is", "value": "Monthy"}, "Did you mean “Monthly” (plan_1)?", "where.value"),
        ({"field": "tags", "op": "has", "value": "VIPP"}, "Did you mean “VIP” (1)?", "where.value"),
        ({"field": "tags", "op": "has_any", "value": []}, "Choose at least one value", "where.value"),
        ({"field": "payments", "op": "at_least", "value": "3"}, "a whole number", "where.value"),
        ({"field": "payments", "op": "at_least", "value": True}, "a whole number", "where.value"),
        ({"field": "payments", "op": "at_least", "value": 10**30}, "at most", "where.value"),
        ({"field": "payments", "op": "between", "value": [3, 1]}, "the other way round", "where.value"),
        ({"field": "joined", "op": "before", "value": "2026-02-30"}, "a day such as", "where.value"),
        ({"field": "joined", "op": "in_last", "value": "30 days"}, "a length of time", "where.value"),
        ({"field": "name", "op": "contains", "value": "  "}, "Write what", "where.value"),
        ({"field": "email", "op": "is_set", "value": 1}, "takes no value", "where.value"),
        ({"activity": "post", "when": {"last": {"n": 3, "unit": "hours"}}}, "counted by days", "where.when"),
        ({"activity": "post", "when": {"between": ["2026-02-02", "2026-02-01"]}}, "first day", "where.when.between"),
        ({"membership": ACTIVE}, "belongs to the member", "where.membership"),
        ({"membership": {"membership": {"all": []}}}, "cannot stand inside another", "where.membership"),
        ({"field": "segment", "op": "is_any_of", "value": [6]}, "that you can use", None),
        ({"x": 1}, "A condition has a field", "where"),
        ({"all": [{"not": {"field": "status"}}]}, "Field required", "where.all.0.not.op"),
    ],
)
def test_an_error_says_what_and_where(where: Any, said: str, place: str | None) -> None:
    with pytest.raises(BadFilter) as caught:
        made(where)
    assert said in str(caught.value)
    assert caught.value.field == place


def test_too_deep_and_too_large_are_refused() -> None:
    deep: Any = ACTIVE
    for _ in range(MOST_DEPTH):
        deep = {"not": deep}
    for where in (deep, {"all": [ACTIVE] * MOST_NODES}):
        with pytest.raises(BadFilter, match="at most"):
            made(where)
    for _ in range(5_000):
        deep = {"not": deep}
    with pytest.raises(BadFilter, match="at most"):
        parse({"where": deep})


def test_segments_cannot_go_in_a_circle_nor_rest_on_private_ones() -> None:
    asks_4 = parse({"where": {"field": "segment", "op": "is_any_of", "value": [4]}})
    with pytest.raises(BadFilter, match="“Segment 4” → “Segment 3” leads back"):
        resolve(asks_4, WORDS, Asker("user_owner", segment_id=3))
    private = parse({"where": {"field": "segment", "op": "is_any_of", "value": [5]}})
    assert resolve(private, WORDS, Asker("user_owner"))
    with pytest.raises(BadFilter, match="Share that one first"):
        resolve(private, WORDS, Asker("user_owner", shared=True))


def test_siblings_about_a_membership_are_asked_of_one_and_the_same() -> None:
    product, paused = (
        {"field": "product", "op": "is", "value": "prod_1"},
        {"field": "paused", "op": "is", "value": True},
    )
    together = made({"all": [product, ACTIVE, paused]}).to_json()["where"]
    assert together == {"all": [{"membership": {"all": [product, paused]}}, ACTIVE]}
    apart = made({"any": [product, paused]}).to_json()["where"]
    assert apart == {"any": [{"membership": {"all": [one]}} for one in (product, paused)]}


def test_what_a_filter_rests_on_is_known() -> None:
    where = {"all": [{"field": "tags", "op": "has_any", "value": [1, 2]},
                     {"not": {"field": "custom.level", "op": "is", "value": "Gold"}},
                     {"field": "list", "op": "is_any_of", "value": [7]}]}  # fmt: skip
    assert used(made(where), WORDS) == [
        (UsedKind.TAG, 1), (UsedKind.TAG, 2), (UsedKind.FIELD, 9), (UsedKind.LIST, 7)]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "relative"),
    [
        (ACTIVE, False),
        ({"field": "joined", "op": "before", "value": "2026-01-01"}, False),
        ({"field": "joined", "op": "before", "value": {"ago": {"n": 1}}}, True),
        ({"field": "joined", "op": "in_last", "value": {"n": 1}}, True),
        ({"activity": "post"}, False),
        ({"activity": "post", "when": {"last": {"n": 7}}}, True),
        ({"after": "joined", "activity": "post", "within": {"n": 7}}, True),
    ],
)
def test_whether_time_alone_changes_it(where: Any, relative: bool) -> None:
    assert is_relative(made({"not": {"all": [where]}}), WORDS) is relative


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["all", "any", "not", "membership", "field", "op", "value", "activity", "after", "within",
                         "when", "last", "between", "n", "unit", "times", "did", "where", "version"]),
        inner | st.sampled_from(["status", "is", "joined", "in_last", "post", "tags", "has", "email", "contains"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_JSON)
def test_any_json_is_a_filter_or_an_error_in_words(raw: Any) -> None:
    said, found = "", Filter()
    try:
        found = made(raw)
    except BadFilter as error:
        said = str(error)
    assert said == "" or said.endswith((".", "?"))
    if not said:
        assert parse(json.loads(json.dumps(found.to_json()))) == found


def test_every_field_has_operators_and_a_name() -> None:
    assert len({one.key for one in FIELDS}) == len(FIELDS)
    assert all(one.ops and one.name and one.label for one in FIELDS)
