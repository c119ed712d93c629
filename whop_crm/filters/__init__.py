"""The one language for “which members?”: segments, the list, the API, rules and AI search all hold a `Filter`.

given = parse(json)                    a tree, or BadFilter
vocabulary = await load(db)            what this company's filters can name
wanted = resolve(given, vocabulary)    names into ids, or BadFilter with the nearest match
compile_filter(wanted, Asked(Clock(now, zone), vocabulary))    an SQL condition on `members`
words(wanted, vocabulary)              the same in English
"""

from whop_crm.filters.ast import (
    All,
    Anchor,
    Any_,
    Behaviour,
    Condition,
    Filter,
    InMembership,
    Node,
    Not,
    Op,
    Sequence_,
    Span,
    Unit,
    node_to_json,
    parse,
    parse_text,
    to_text,
)
from whop_crm.filters.compare import OWN_LENGTH, shown_as
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.fields import CUSTOM_PREFIX, FIELDS, OPS, Field, Group, Kind, Source
from whop_crm.filters.resolve import Asker, is_relative, resolve, segments_in, used
from whop_crm.filters.sql import EVERYBODY, Asked, asked_now, compile_filter, compile_node, where
from whop_crm.filters.vocabulary import NamedSegment, Vocabulary, load
from whop_crm.filters.windows import Clock, Period, last_days
from whop_crm.filters.words import node_words, words

__all__ = [
    "CUSTOM_PREFIX",
    "EVERYBODY",
    "FIELDS",
    "OPS",
    "OWN_LENGTH",
    "All",
    "Anchor",
    "Any_",
    "Asked",
    "Asker",
    "BadFilter",
    "Behaviour",
    "Clock",
    "Condition",
    "Field",
    "Filter",
    "Group",
    "InMembership",
    "Kind",
    "NamedSegment",
    "Node",
    "Not",
    "Op",
    "Period",
    "Sequence_",
    "Source",
    "Span",
    "Unit",
    "Vocabulary",
    "asked_now",
    "compile_filter",
    "compile_node",
    "is_relative",
    "last_days",
    "load",
    "node_to_json",
    "node_words",
    "parse",
    "parse_text",
    "resolve",
    "segments_in",
    "shown_as",
    "to_text",
    "used",
    "where",
    "words",
]
