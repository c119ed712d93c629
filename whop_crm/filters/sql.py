"""The one interpreter: a resolved filter as an SQL condition on `members`, every value bound.

No part of it is ever NULL, so that `not` turns exactly the others over. What is missing meets no condition but the
negative ones: *is not*, *is none of*, *does not contain*, *not in the last*, *has none of*, *is empty*.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import col

from whop_crm.db import CompanyDb
from whop_crm.filters.ast import All, Any_, Behaviour, Condition, Filter, InMembership, Node, Not, Op, Sequence_
from whop_crm.filters.compare import compared, of_membership
from whop_crm.filters.doing import behaved, followed
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.fields import Source
from whop_crm.filters.reach import held_now, in_lists, noted, own_value, tagged, with_membership
from whop_crm.filters.values import read
from whop_crm.filters.vocabulary import Vocabulary, load
from whop_crm.filters.windows import Clock
from whop_crm.models import Member

Where = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a filter's meaning depends on beside itself: the moment, and what the company's names stand for."""

    clock: Clock
    words: Vocabulary
    within: tuple[int, ...] = field(default=())
    """The segments that led here."""


def compile_filter(given: Filter, asked: Asked) -> Where:
    """The condition. Raises BadFilter where something that it names is gone."""
    return compile_node(given.where, asked)


def compile_node(node: Node, asked: Asked) -> Where:
    match node:
        case All():
            return and_(true(), *(compile_node(one, asked) for one in node.all))
        case Any_():
            return or_(false(), *(compile_node(one, asked) for one in node.any))
        case Not():
            return ~compile_node(node.not_, asked)
        case InMembership():
            return with_membership(_of_one(node.membership, asked))
        case Condition():
            return _condition(node, asked)
        case Behaviour():
            return behaved(node, asked.clock)
        case Sequence_():
            return followed(node, asked.clock)


def _of_one(node: Node, asked: Asked) -> Where:
    """The same over the columns of one membership."""
    match node:
        case All():
            return and_(true(), *(_of_one(one, asked) for one in node.all))
        case Any_():
            return or_(false(), *(_of_one(one, asked) for one in node.any))
        case Not():
            return ~_of_one(node.not_, asked)
        case Condition():
            known = asked.words.find_field(node.field)
            if known is None or not known.of_membership:
                raise BadFilter(f"“{node.field}” is no field of a membership.")
            return of_membership(known, node.op, read(node, known, asked.words), asked.clock)
        case _:
            raise BadFilter("This cannot stand inside a membership group.")


def _condition(node: Condition, asked: Asked) -> Where:
    known = asked.words.find_field(node.field)
    if known is None:
        raise BadFilter(f"There is no field “{node.field}” any more.")
    value = read(node, known, asked.words)
    match known.source:
        case Source.MEMBER:
            return compared(known, node.op, value, asked.clock)
        case Source.CURRENT:
            return held_now(known, node.op, value)
        case Source.TAGS:
            return tagged(node.op, value)
        case Source.NOTES:
            return noted(value)
        case Source.LISTS:
            return in_lists(node.op, value)
        case Source.CUSTOM:
            return own_value(known, node.op, value, asked.clock)
        case Source.SEGMENTS:
            return _in_segments(node.op, value, asked)
        case Source.MEMBERSHIP:
            return with_membership(of_membership(known, node.op, value, asked.clock))


def _in_segments(op: Op, ids: object, asked: Asked) -> Where:
    """Segments are asked anew, not looked up: who is in one is who meets its filter now."""
    found = or_(false(), *(_in_segment(one, asked) for one in cast("tuple[int, ...]", ids)))
    return found if op is Op.IS_ANY_OF else ~found


def _in_segment(segment_id: int, asked: Asked) -> Where:
    named = asked.words.segments[segment_id]
    if named.filter is None or segment_id in asked.within:
        raise BadFilter(f"The segment “{named.name}” does not work: open it and mend it.")
    return compile_filter(named.filter, Asked(asked.clock, asked.words, (*asked.within, segment_id)))


EVERYBODY: Where = col(Member.counted).is_(True)


async def asked_now(db: CompanyDb, now: datetime | None = None) -> Asked:
    """Everything a filter of this company needs to be understood, at this moment or another."""
    return Asked(Clock(now or datetime.now(UTC), db.scope.company.zone), await load(db))


async def where(db: CompanyDb, given: Filter, now: datetime | None = None) -> Where:
    """The condition of a resolved filter. Raises BadFilter where something that it names is gone."""
    return compile_filter(given, await asked_now(db, now))
