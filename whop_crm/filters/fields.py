"""The catalogue: every field a filter can ask for, with its type, its operators and where it stands."""

from dataclasses import dataclass
from enum import StrEnum

from whop_crm.filters.ast import Op
from whop_crm.models.enums import CustomFieldType, MembershipStatus, ShownStatus


class Kind(StrEnum):
    """What a field's values are, which decides its operators and how it is asked for on screen."""

    CHOICE = "choice"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    """Minor units of the company's currency."""
    PERCENT = "percent"
    DATE = "date"
    """An instant, compared by the company's local days."""
    DAY = "day"
    """A calendar day without a zone."""
    YES_NO = "yes_no"
    TAGS = "tags"
    SETS = "sets"
    """Segments and lists."""


class Source(StrEnum):
    """Where the value stands."""

    MEMBER = "member"
    MEMBERSHIP = "membership"
    CURRENT = "current"
    """Of the memberships a member holds now."""
    TAGS = "tags"
    NOTES = "notes"
    SEGMENTS = "segments"
    LISTS = "lists"
    CUSTOM = "custom"


class Group(StrEnum):
    """The headings under which the builder lists the fields."""

    PERSON = "Person"
    MEMBERSHIP = "Membership"
    MONEY = "Money"
    ENGAGEMENT = "Engagement"
    TEAM = "Tags, notes and sets"
    ONE_MEMBERSHIP = "One membership"
    CUSTOM = "Your fields"


_SET = (Op.IS_SET, Op.IS_EMPTY)
_NUMBERS = (Op.AT_LEAST, Op.AT_MOST, Op.GREATER, Op.LESS, Op.EQUALS, Op.BETWEEN)
_DATES = (Op.IN_LAST, Op.NOT_IN_LAST, Op.IN_NEXT, Op.BEFORE, Op.AFTER, Op.ON_OR_BEFORE, Op.ON_OR_AFTER, Op.BETWEEN)
OPS: dict[Kind, tuple[Op, ...]] = {
    Kind.CHOICE: (Op.IS, Op.IS_NOT, Op.IS_ANY_OF, Op.IS_NONE_OF),
    Kind.TEXT: (Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.IS, Op.IS_NOT),
    Kind.NUMBER: _NUMBERS,
    Kind.MONEY: _NUMBERS,
    Kind.PERCENT: _NUMBERS,
    Kind.DATE: _DATES,
    Kind.DAY: _DATES,
    Kind.YES_NO: (Op.IS,),
    Kind.TAGS: (Op.HAS, Op.HAS_ANY, Op.HAS_ALL, Op.HAS_NONE, *_SET),
    Kind.SETS: (Op.IS_ANY_OF, Op.IS_NONE_OF),
}


@dataclass(frozen=True, slots=True)
class Field:
    """`name` reads in a sentence: “net revenue is at least $500”. `column` is an attribute of the source's table."""

    key: str
    label: str
    kind: Kind
    group: Group
    column: str
    source: Source = Source.MEMBER
    optional: bool = False
    """Whether the value can be missing, which then can be asked for."""
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Key and label, where they are the same for every company."""
    custom_id: int | None = None
    phrase: str = ""
    """How a sentence names it, where the label in lower case does not do."""

    @property
    def ops(self) -> tuple[Op, ...]:
        return (*OPS[self.kind], *_SET) if self.optional else OPS[self.kind]

    @property
    def name(self) -> str:
        return self.phrase or (self.label if self.source is Source.CUSTOM else self.label[0].lower() + self.label[1:])

    @property
    def of_membership(self) -> bool:
        return self.source is Source.MEMBERSHIP


_STATUSES = tuple((one.value, one.label) for one in ShownStatus if one is not ShownStatus.UNKNOWN)
_MEMBERSHIP_STATUSES = tuple(
    (one.value, ShownStatus(one.value).label)
    for one in MembershipStatus
    if one not in (MembershipStatus.UNKNOWN, MembershipStatus.CANCELING)
)
INTERVALS = {"once": (None, None), "day": (1, 1), "week": (7, 7), "month": (28, 31), "quarter": (90, 92),
             "half_year": (180, 184), "year": (364, 366)}  # fmt: skip
_INTERVALS = (("once", "Paid once"), ("day", "Daily"), ("week", "Weekly"), ("month", "Monthly"),
              ("quarter", "Quarterly"), ("half_year", "Half-yearly"), ("year", "Yearly"),
              ("other", "Another interval"))  # fmt: skip


def _number(key: str, label: str, column: str, group: Group, kind: Kind = Kind.NUMBER, unit: str = "") -> Field:
    return Field(key, label, kind, group, column, unit=unit)


def _date(key: str, label: str, column: str, group: Group) -> Field:
    return Field(key, label, Kind.DATE, group, column, optional=True)


def _one(key: str, label: str, kind: Kind, column: str, *, optional: bool = False, phrase: str = "",
         choices: tuple[tuple[str, str], ...] = ()) -> Field:  # fmt: skip
    group, source = Group.ONE_MEMBERSHIP, Source.MEMBERSHIP
    return Field(key, label, kind, group, column, source, optional, choices=choices, phrase=phrase)


_PERSON, _HELD, _MONEY, _DOES, _TEAM = Group.PERSON, Group.MEMBERSHIP, Group.MONEY, Group.ENGAGEMENT, Group.TEAM
FIELDS: tuple[Field, ...] = (
    Field("status", "Status", Kind.CHOICE, _HELD, "status", choices=_STATUSES),
    Field("current_product", "Current product", Kind.CHOICE, _HELD, "whop_product_id", Source.CURRENT, optional=True),
    Field("current_plan", "Current plan", Kind.CHOICE, _HELD, "whop_plan_id", Source.CURRENT, optional=True),
    _date("joined", "Joined", "joined_at", _HELD),
    _date("canceled", "Canceled", "canceled_at", _HELD),
    _date("trial_end", "Trial end", "trial_ends_at", _HELD),
    _date("next_charge", "Next charge", "next_charge_at", _HELD),
    _number("memberships", "Memberships", "memberships", _HELD),
    _number("net_revenue", "Net revenue", "net_revenue_minor", _MONEY, Kind.MONEY),
    Field("mrr", "MRR", Kind.MONEY, _MONEY, "mrr_minor", phrase="MRR"),
    _number("payments", "Payments", "payments", _MONEY),
    _number("failed_payments", "Failed payments", "failed_payments", _MONEY),
    _number("refunds", "Refunds", "refunds", _MONEY),
    _number("disputes", "Disputes", "disputes", _MONEY),
    _date("first_payment", "First payment", "first_payment_at", _MONEY),
    _date("last_payment", "Last payment", "last_payment_at", _MONEY),
    _date("last_active", "Last active", "last_active_at", _DOES),
    _number("posts", "Forum posts", "posts", _DOES),
    _number("comments", "Comments", "comments", _DOES),
    _number("chats", "Chat messages", "chats", _DOES),
    _number("lessons", "Lessons completed", "lessons", _DOES),
    Field("course_completion", "Course completion", Kind.PERCENT, _DOES, "course_completion", optional=True, unit="%"),
    Field("engagement_score", "Engagement score", Kind.NUMBER, _DOES, "engagement_score", optional=True),
    Field("engagement_change", "Engagement change", Kind.NUMBER, _DOES, "engagement_change", optional=True,
          phrase="the change of the engagement score over 30 days"),
    Field("tags", "Tags", Kind.TAGS, _TEAM, "tag_id", Source.TAGS),
    Field("has_note", "Has a note", Kind.YES_NO, _TEAM, "id", Source.NOTES),
    Field("segment", "Segment", Kind.SETS, _TEAM, "id", Source.SEGMENTS),
    Field("list", "List", Kind.SETS, _TEAM, "list_id", Source.LISTS),
    Field("name", "Name", Kind.TEXT, _PERSON, "sort_name"),
    Field("email", "Email", Kind.TEXT, _PERSON, "email", optional=True),
    Field("email_domain", "Email domain", Kind.TEXT, _PERSON, "email", optional=True),
    Field("username", "Username", Kind.TEXT, _PERSON, "username", optional=True),
    _one("product", "Product", Kind.CHOICE, "whop_product_id"),
    _one("plan", "Plan", Kind.CHOICE, "whop_plan_id"),
    _one("membership_status", "Membership status", Kind.CHOICE, "status", choices=_MEMBERSHIP_STATUSES,
         phrase="its status"),
    _one("current", "Is current", Kind.YES_NO, "status"),
    _one("paused", "Is paused", Kind.YES_NO, "paused"),
    _one("canceling", "Leaves at period end", Kind.YES_NO, "cancel_at_period_end"),
    _one("price_interval", "Price interval", Kind.CHOICE, "billing_period_days", choices=_INTERVALS),
    _one("currency", "Currency", Kind.CHOICE, "currency"),
    _one("membership_mrr", "Membership MRR", Kind.MONEY, "mrr_minor", phrase="its MRR"),
    _one("started", "Started", Kind.DATE, "whop_created_at"),
    _one("period_end", "Period end", Kind.DATE, "period_end", optional=True),
    _one("membership_canceled", "Cancel click", Kind.DATE, "canceled_at", optional=True),
    _one("ended", "Ended", Kind.DATE, "ended_at", optional=True),
    _one("cancel_reason", "Cancel reason", Kind.TEXT, "cancel_reason", optional=True),
)  # fmt: skip

BY_KEY: dict[str, Field] = {field.key: field for field in FIELDS}
CUSTOM_PREFIX = "custom."

_CUSTOM_KINDS = {
    CustomFieldType.TEXT: (Kind.TEXT, "folded"),
    CustomFieldType.NUMBER: (Kind.NUMBER, "number_value"),
    CustomFieldType.DATE: (Kind.DAY, "date_value"),
    CustomFieldType.CHOICE: (Kind.CHOICE, "folded"),
    CustomFieldType.YES_NO: (Kind.YES_NO, "flag_value"),
}


def custom_field(row_id: int, key: str, name: str, type_: CustomFieldType, choices: tuple[str, ...]) -> Field:
    """A company's own field, named `custom.<key>`."""
    kind, column = _CUSTOM_KINDS[type_]
    options = tuple((one, one) for one in choices)
    return Field(CUSTOM_PREFIX + key, name, kind, Group.CUSTOM, column, Source.CUSTOM, optional=True,
                 choices=options, custom_id=row_id)  # fmt: skip
