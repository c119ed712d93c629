"""The address of a member list: whatever stands in it means something or nothing, and comes out as it went in."""

import json

import pytest

from whop_crm.errors import InvalidInput
from whop_crm.models.enums import ShownStatus, UsedKind
from whop_crm.services.members import MemberListQuery, MemberSort
from whop_crm.state.members import address
from whop_crm.state.members.address import Wanted

FILTER = json.dumps({"version": 1, "where": {"field": "net_revenue", "op": "at_least", "value": 100}})


def read(text: str) -> Wanted:
    from urllib.parse import parse_qsl

    return address.wanted(dict(parse_qsl(text)))


def test_everything_comes_out_as_it_went_in() -> None:
    query = MemberListQuery(
        sort=MemberSort.NAME, descending=False, statuses=(ShownStatus.ACTIVE, ShownStatus.CANCELED), tag_id=3,
        search="a&b=ü",
    )  # fmt: skip
    whole = Wanted(query, list_id=4, segment_id=5, filter=FILTER, view_id=6)
    assert read(address.encoded(whole)) == whole
    assert read(address.encoded(whole, view=False)).view_id is None
    assert whole.uses == ((UsedKind.TAG, 3), (UsedKind.LIST, 4), (UsedKind.SEGMENT, 5))
    assert address.encoded(Wanted()) == ""


def test_nonsense_is_left_at_its_default() -> None:
    assert read("page=-1&sort=drop&dir=x&status=zzz&tag=1e9&list=%00&segment=99999999999999999999&view=") == Wanted()


def test_a_filter_is_asked_with_the_sets_beside_it() -> None:
    assert address.where(Wanted()) is None
    found = address.where(Wanted(list_id=4, segment_id=5, filter=FILTER))
    assert found is not None
    assert [node["field"] for node in found.to_json()["where"]["all"]] == ["list", "segment", "net_revenue"]


@pytest.mark.parametrize("given", ["{", "[" * 2_000, '"x"', '{"version": 1, "where": {"drop": 1}}'])
def test_a_filter_that_is_none_is_an_error_in_words(given: str) -> None:
    with pytest.raises(InvalidInput):
        address.where(Wanted(filter=given))


def test_the_export_means_the_same_members() -> None:
    exported = address.exported(Wanted(MemberListQuery(search="a"), list_id=4, filter=FILTER, view_id=6))
    assert exported.startswith("q=a&list=4&where=%7B")
    assert "view" not in exported
