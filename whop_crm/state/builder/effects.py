"""What each line of the builder costs: the filter asked again without it, and it alone."""

from copy import copy
from dataclasses import dataclass

from whop_crm.filters import Asker, BadFilter, Filter, Vocabulary, resolve
from whop_crm.state.builder.draft import ALL, Cond, Draft, Group, Kept, filter_of

MOST_TOLD = 16
"""Lines whose cost is told; with more of them nobody reads it."""


@dataclass(frozen=True)
class Variant:
    """One line: the whole filter without it, and it alone."""

    key: int
    without: Filter
    alone: Filter


def variants(draft: Draft, words: Vocabulary, asker: Asker) -> list[Variant]:
    """For each line that says something already; none where there are too many."""
    lines = [each for one in draft.items for each in (one.items if isinstance(one, Group) else [one])]
    if len(lines) > MOST_TOLD:
        return []
    made = (_variant(draft, line, words, asker) for line in lines)
    return [one for one in made if one is not None]


def _variant(draft: Draft, line: Cond | Kept, words: Vocabulary, asker: Asker) -> Variant | None:
    alone = filter_of(Draft(ALL, [line]), words, whole=False)
    if alone == Filter():
        return None
    rest = filter_of(_less(draft, line.key), words, whole=False)
    try:
        return Variant(line.key, resolve(rest, words, asker), resolve(alone, words, asker))
    except BadFilter:
        return None


def _less(draft: Draft, key: int) -> Draft:
    """The draft without a line."""
    items = [_group_less(one, key) if isinstance(one, Group) else one for one in draft.items if one.key != key]
    return Draft(draft.match, items)


def _group_less(group: Group, key: int) -> Group:
    less = copy(group)
    less.items = [one for one in group.items if one.key != key]
    return less


def cost(total: int, alone: int, without: int) -> str:
    """`1,204 meet it · without it 230 more`."""
    more = without - total
    change = f"{abs(more):,} {'more' if more > 0 else 'fewer'}" if more else "the same"
    return f"{alone:,} meet it · without it {change}"
