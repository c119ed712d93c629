"""The builder: lines for a filter and a filter from lines."""

from typing import Any

import pytest

from tests.unit.test_filters import ACTIVE, WORDS
from whop_crm.filters import Asker, parse, resolve
from whop_crm.state.builder.draft import ANY, NONE, Cond, Draft, Group, Kept, Unfinished, draft_of, filter_of
from whop_crm.state.builder.effects import cost, variants
from whop_crm.state.builder.lines import builder_lines, field_groups
from whop_crm.state.builder.typed import Values

ME = Asker("user_owner")
RICH = {"field": "net_revenue", "op": "between", "value": [50_000, 100_000]}
PRODUCT = {"field": "product", "op": "is", "value": "prod_1"}
PAUSED = {"field": "paused", "op": "is", "value": True}
DID = {"activity": "lesson", "op": "at_most", "times": 3, "when": {"last": {"n": 2, "unit": "weeks"}}}
AFTER = {"after": "joined", "activity": "lesson", "did": False, "within": {"n": 7, "unit": "days"}}
AGO = {"field": "joined", "op": "before", "value": {"ago": {"n": 3, "unit": "months"}}}


@pytest.mark.parametrize(
    ("where", "looks"),
    [
        ({"all": [ACTIVE, RICH, AGO]}, ["condition"] * 3),
        ({"any": [ACTIVE, {"all": [RICH, AFTER]}]}, ["condition", "group", "condition", "condition", "end"]),
        ({"not": {"any": [ACTIVE, DID]}}, ["condition"] * 2),
        ({"all": [{"not": ACTIVE}, DID]}, ["group", "condition", "end", "condition"]),
        ({"all": [PRODUCT, PAUSED, ACTIVE]}, ["condition"] * 3),
        ({"any": [PRODUCT, PAUSED]}, ["condition"] * 2),
        ({"all": [{"membership": {"not": PAUSED}}]}, ["kept"]),
        ({"all": [{"any": [ACTIVE, {"all": [RICH]}]}]}, ["kept"]),
        (ACTIVE, ["condition"]),
    ],
)
def test_a_filter_becomes_lines_and_lines_the_same_filter(where: Any, looks: list[str]) -> None:
    given = resolve(parse({"where": where}), WORDS, ME)
    draft = draft_of(given, WORDS)
    assert [line.look for line in builder_lines(draft, WORDS)] == looks
    again = resolve(filter_of(draft, WORDS, whole=True), WORDS, ME)
    both = {"all": [ACTIVE]} if where is ACTIVE else given.to_json()["where"]
    shown = again.to_json()["where"]
    assert shown == both or shown == {"all": [{"not": {"any": [ACTIVE]}}, DID]}


def test_money_is_typed_as_people_write_it() -> None:
    line = Cond("net_revenue", "at_least", Values(a="$1,234.50"))
    assert filter_of(Draft(items=[line]), WORDS, whole=True).to_json()["where"]["all"][0]["value"] == 123_450
    [shown] = builder_lines(draft_of(parse({"where": RICH}), WORDS), WORDS)
    assert (shown.control, shown.a, shown.b, shown.prefix) == ("two_numbers", "500.00", "1000.00", "$")


@pytest.mark.parametrize(
    ("line", "waits"),
    [
        (Cond("net_revenue", "at_least"), "Write a number."),
        (Cond("payments", "at_least", Values(a="1.5")), "Write a whole number."),
        (Cond("tags", "has_any"), "Choose at least one."),
        (Cond("joined", "before"), "Choose a day."),
        (Cond("name", "contains", Values(a=" ")), "Write what it is compared with."),
        (Cond("did.post", "did", Values(times="x")), "Write how often."),
        (Cond("did.post", "did", Values(mode="between")), "Choose the first and the last day."),
        (Cond("after.post", "did", Values(mode="joined")), "Write a number of days."),
        (Cond("nothing", "is"), "Choose what to ask."),
    ],
)
def test_an_unfinished_line_says_what_it_waits_for_and_is_not_counted(line: Cond, waits: str) -> None:
    draft = Draft(items=[line, *draft_of(parse({"where": ACTIVE}), WORDS).items])
    assert builder_lines(draft, WORDS)[0].waits == waits
    assert filter_of(draft, WORDS, whole=False).to_json()["where"] == {"all": [ACTIVE]}
    with pytest.raises(Unfinished):
        filter_of(draft, WORDS, whole=True)


def test_each_line_is_asked_alone_and_left_out() -> None:
    draft = draft_of(parse({"where": {"all": [ACTIVE, {"any": [RICH, DID]}]}}), WORDS)
    told = variants(draft, WORDS, ME)
    assert [one.alone.to_json()["where"]["all"][0] for one in told] == [ACTIVE, RICH, DID]
    assert told[0].without.to_json()["where"] == {"all": [{"any": [RICH, DID]}]}
    assert told[1].without.to_json()["where"] == {"all": [ACTIVE, {"any": [DID]}]}


def test_a_group_that_lost_its_last_line_asks_nothing() -> None:
    draft = Draft(items=[Group(ANY, [Cond("tags", "has_any")]), Group(NONE, [])])
    assert filter_of(draft, WORDS, whole=False).to_json()["where"] == {"all": []}


def test_the_cost_of_a_line_in_words() -> None:
    assert cost(10, 1204, 240) == "1,204 meet it · without it 230 more"
    assert cost(10, 4, 6) == "4 meet it · without it 4 fewer"
    assert cost(10, 4, 10) == "4 meet it · without it the same"


def test_every_field_can_be_asked_for() -> None:
    offered = {one.value for group in field_groups(WORDS) for one in group.options}
    assert {"status", "custom.level", "did.lesson", "after.post"} <= offered


def test_what_cannot_be_edited_is_shown_in_words() -> None:
    draft = Draft(items=[Kept({"membership": {"not": PAUSED}})])
    assert builder_lines(draft, WORDS)[0].words == "with a membership not whose is paused is yes"
