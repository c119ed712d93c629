"""What the builder shows of a draft: one flat list of lines, each with the controls that its field needs."""

from dataclasses import dataclass, field

from whop_crm.filters import Anchor, Kind, Op, Vocabulary, node_words, parse
from whop_crm.filters import Group as Heading
from whop_crm.models.enums import DayKind
from whop_crm.money import currency_sign
from whop_crm.state.builder.draft import Cond, Draft, Group, Kept, Unfinished, cond_json
from whop_crm.state.builder.typed import control_of, options_of

_OPS = {
    Op.IS: "is", Op.IS_NOT: "is not", Op.IS_ANY_OF: "is any of", Op.IS_NONE_OF: "is none of", Op.CONTAINS: "contains",
    Op.NOT_CONTAINS: "does not contain", Op.STARTS_WITH: "starts with", Op.EQUALS: "equals",
    Op.GREATER: "is more than", Op.LESS: "is less than", Op.AT_LEAST: "is at least", Op.AT_MOST: "is at most",
    Op.BETWEEN: "is between", Op.BEFORE: "before", Op.AFTER: "after", Op.ON_OR_BEFORE: "on or before",
    Op.ON_OR_AFTER: "on or after", Op.IN_LAST: "in the last", Op.NOT_IN_LAST: "not in the last",
    Op.IN_NEXT: "in the next", Op.HAS: "has", Op.HAS_ANY: "has any of", Op.HAS_ALL: "has all of",
    Op.HAS_NONE: "has none of", Op.IS_SET: "is known", Op.IS_EMPTY: "is not known",
}  # fmt: skip
_SETS = {Op.IS_ANY_OF: "is in", Op.IS_NONE_OF: "is not in"}
_TAGS = {Op.IS_SET: "has any tag", Op.IS_EMPTY: "has no tag"}
DEEDS = {
    DayKind.POST: "posted in the forum", DayKind.COMMENT: "commented", DayKind.CHAT: "wrote in chat",
    DayKind.LESSON: "completed a lesson", DayKind.PAYMENT: "paid", DayKind.PAYMENT_FAILED: "had a payment fail",
    DayKind.VISIT: "visited",
}  # fmt: skip
ANCHORS = [
    (Anchor.JOINED.value, "after joining"),
    (Anchor.FIRST_PAYMENT.value, "after the first payment"),
    (Anchor.LAST_PAYMENT.value, "after the last payment"),
    (Anchor.CANCELED.value, "after canceling"),
]
_DID = [("did", "did"), ("did_not", "did not")]
UNITS = [("days", "days"), ("weeks", "weeks"), ("months", "months"), ("hours", "hours")]
DAY_UNITS = UNITS[:3]
DATE_MODES = [("date", "the day"), ("ago", "ago"), ("ahead", "from now")]


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool = False
    color: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    label: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class BuilderLine:
    """`look`: "condition", "group" (the head of one), "end" (its foot) or "kept". `control`: which inputs it has."""

    key: int
    look: str
    group: int = 0
    """The key of the group it stands in, 0 for the top."""
    number: str = ""
    """Its place, for who hears it: “Condition 2”."""
    match: str = ""
    subject: str = ""
    op: str = ""
    ops: list[Option] = field(default_factory=list)
    control: str = ""
    a: str = ""
    b: str = ""
    unit: str = "days"
    mode: str = ""
    times: str = ""
    often: str = ""
    options: list[Option] = field(default_factory=list)
    chosen: str = ""
    single: bool = False
    prefix: str = ""
    suffix: str = ""
    words: str = ""
    waits: str = ""
    """What is still missing; empty for a whole condition."""


def field_groups(words: Vocabulary) -> list[FieldGroup]:
    """What a line can ask about, under headings."""
    found: dict[str, list[Option]] = {heading.value: [] for heading in Heading}
    for one in words.fields():
        found[one.group.value].append(Option(one.key, one.label))
    groups = [FieldGroup(label, options) for label, options in found.items() if options]
    did = [Option(f"did.{kind.value}", said.capitalize()) for kind, said in DEEDS.items()]
    after = [Option(f"after.{kind.value}", f"Then {said}") for kind, said in DEEDS.items()]
    return [*groups, FieldGroup("Behaviour", did), FieldGroup("What came next", after)]


def builder_lines(draft: Draft, words: Vocabulary) -> list[BuilderLine]:
    """Top to bottom; a group is its head, its conditions and its foot."""
    lines: list[BuilderLine] = []
    for n, item in enumerate(draft.items, 1):
        if not isinstance(item, Group):
            lines.append(_line(item, words, 0, str(n)))
            continue
        lines.append(BuilderLine(item.key, "group", item.key, str(n), match=item.match))
        lines += [_line(one, words, item.key, f"{n}.{m}") for m, one in enumerate(item.items, 1)]
        lines.append(BuilderLine(-item.key, "end", item.key, str(n)))
    return lines


def _line(item: Cond | Kept, words: Vocabulary, group: int, number: str) -> BuilderLine:
    if isinstance(item, Kept):
        said = node_words(parse({"where": item.node}).where, words)
        return BuilderLine(item.key, "kept", group, number, words=said)
    if item.subject.startswith("did."):
        return _doing(item, words, group, number, "behaviour")
    if item.subject.startswith("after."):
        return _doing(item, words, group, number, "sequence")
    return _condition(item, words, group, number)


def _doing(cond: Cond, words: Vocabulary, group: int, number: str, control: str) -> BuilderLine:
    values = cond.values
    return BuilderLine(
        cond.key, "condition", group, number, subject=cond.subject, op=cond.op, control=control,
        ops=[Option(value, label) for value, label in _DID], a=values.a, b=values.b, unit=values.unit,
        mode=values.mode, times=values.times, often=values.often, waits=waits_for(cond, words),
    )  # fmt: skip


def _condition(cond: Cond, words: Vocabulary, group: int, number: str) -> BuilderLine:
    known = words.find_field(cond.subject)
    if known is None:
        return BuilderLine(cond.key, "condition", group, number, control="unknown", waits=waits_for(cond, words))
    options = options_of(known, words)
    values, chosen = cond.values, set(cond.values.chosen)
    control = control_of(known, cond.op)
    own = {Kind.SETS: _SETS, Kind.TAGS: _TAGS}.get(known.kind, {})
    return BuilderLine(
        cond.key, "condition", group, number, subject=cond.subject, op=cond.op,
        ops=[Option(op.value, own.get(op, _OPS[op])) for op in known.ops], control=control,
        a=values.a, b=values.b, unit=values.unit, mode=values.mode,
        options=[Option(v, label, v in chosen) for v, label in options] if control == "choices" else [],
        chosen=", ".join(label for v, label in options if v in chosen), single=cond.op in (Op.IS, Op.IS_NOT, Op.HAS),
        prefix=currency_sign(words.currency) if known.kind is Kind.MONEY else "", suffix=known.unit,
        waits=waits_for(cond, words),
    )  # fmt: skip


def waits_for(cond: Cond, words: Vocabulary) -> str:
    """What a line still needs; empty once it says something."""
    try:
        cond_json(cond, words)
    except Unfinished as error:
        return str(error)
    return ""
