"""The address of a member list: page, order, search and filters stand in it alone. It comes from the browser."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from whop_crm import filters
from whop_crm.filters import Filter
from whop_crm.models.enums import ShownStatus, UsedKind
from whop_crm.services.members import MemberListQuery, MemberSort
from whop_crm.state.filter_panel import LONGEST

LONGEST_SEARCH = 200
ASCENDING_FIRST = frozenset({MemberSort.NAME, MemberSort.EMAIL, MemberSort.PLAN, MemberSort.STATUS})
NOBODY = filters.parse({"version": 1, "where": {"any": []}})
_DEFAULT = MemberListQuery()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for. `filter` is JSON of the filter language, not looked at yet."""

    query: MemberListQuery = _DEFAULT
    list_id: int | None = None
    segment_id: int | None = None
    filter: str = ""
    view_id: int | None = None

    @property
    def whom(self) -> tuple[object, ...]:
        """What decides who is meant, whatever the page and the order."""
        query = self.query
        return query.search, query.statuses, query.tag_id, self.list_id, self.segment_id, self.filter

    @property
    def uses(self) -> tuple[tuple[UsedKind, int], ...]:
        """What it names that somebody may delete."""
        named = (UsedKind.TAG, self.query.tag_id), (UsedKind.LIST, self.list_id), (UsedKind.SEGMENT, self.segment_id)
        return tuple((kind, number) for kind, number in named if number is not None)

    def changed(self, **changes: Any) -> "Wanted":
        """The first page of the list with these parts of the query, or these of the address, otherwise."""
        own = {name: changes.pop(name) for name in ("list_id", "segment_id", "filter", "view_id") if name in changes}
        return replace(self, query=replace(self.query, page=1, **changes), **own)


def wanted(query: Mapping[str, str], segment_id: int | None = None) -> Wanted:
    """Whatever in the address makes no sense is left at its default. `segment_id`: the segment whose page it is."""
    listed = MemberListQuery(
        page=_number(query.get("page", ""), 7) or 1,
        sort=sort_of(query.get("sort", "")),
        descending=query.get("dir", "desc" if _DEFAULT.descending else "asc") != "asc",
        statuses=statuses_of(query.get("status", "")),
        tag_id=_number(query.get("tag", "")),
        search=query.get("q", "")[:LONGEST_SEARCH],
    )
    return Wanted(
        listed,
        list_id=_number(query.get("list", "")),
        segment_id=segment_id or _number(query.get("segment", "")),
        filter=query.get("f", "")[:LONGEST],
        view_id=_number(query.get("view", "")),
    )


def encoded(asked: Wanted, *, view: bool = True) -> str:
    """The query string without the page, each part ended by `&`; without the view, what a view keeps."""
    query = asked.query
    parts: dict[str, str] = {}
    if query.search:
        parts["q"] = query.search
    if query.statuses:
        parts["status"] = ",".join(query.statuses)
    numbers = {"tag": query.tag_id, "list": asked.list_id, "segment": asked.segment_id}
    parts |= {name: str(number) for name, number in numbers.items() if number is not None}
    if asked.filter:
        parts["f"] = asked.filter
    if (query.sort, query.descending) != (_DEFAULT.sort, _DEFAULT.descending):
        parts |= {"sort": query.sort.value, "dir": "desc" if query.descending else "asc"}
    if view and asked.view_id is not None:
        parts["view"] = str(asked.view_id)
    return urlencode(parts, safe=",") + "&" if parts else ""


def exported(asked: Wanted) -> str:
    """The same members in the words of the export's address, which calls a filter `where`."""
    given = f"where={quote(asked.filter)}" if asked.filter else ""
    return encoded(replace(asked, filter="", view_id=None)) + given


def where(asked: Wanted) -> Filter | None:
    """The filter of an address beyond search, status and tag, its names not resolved. Raises BadFilter."""
    nodes = list(_nodes(asked))
    return filters.parse({"version": 1, "where": {"all": nodes}}) if nodes else None


def _nodes(asked: Wanted) -> Iterator[Any]:
    if asked.list_id is not None:
        yield {"field": "list", "op": "is_any_of", "value": [asked.list_id]}
    if asked.segment_id is not None:
        yield {"field": "segment", "op": "is_any_of", "value": [asked.segment_id]}
    if asked.filter:
        yield own_filter(asked).to_json()["where"]


def own_filter(asked: Wanted) -> Filter:
    """The conditions in the address. Raises BadFilter."""
    return filters.parse_text(asked.filter)


def sort_of(key: str) -> MemberSort:
    return next((sort for sort in MemberSort if sort.value == key), _DEFAULT.sort)


def statuses_of(text: str) -> tuple[ShownStatus, ...]:
    named = set(text.split(","))
    return tuple(status for status in ShownStatus if status.value in named)


def _number(text: str, digits: int = 16) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < digits else None
