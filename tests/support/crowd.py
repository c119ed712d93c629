"""Random members on every boundary there is, as plain values and as rows."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support import factories
from whop_crm.db import CompanyDb
from whop_crm.models import (
    CustomField,
    CustomValue,
    ListMember,
    MemberDay,
    MemberList,
    MemberTag,
    Note,
    Segment,
    Tag,
)
from whop_crm.models.enums import CustomFieldType, DayKind, MembershipStatus, MemberStatus, TagColor
from whop_crm.text import fold

NAMES = ("Zoë Ångström", "zoe", "Ana María", "100%_sure", "back\\slash", "محمد", "李 小龙", "🦊 fox", "O'Neil", None)
EMAILS = ("ZOE@Example.com", "a_b@mail.example", "x%y@example.com", "no-at-sign", None)
REASONS = ("Too expensive", "too EXPENSIVE for me", "missing_features", "", None)
CHOICES = ("Gold", "Silver", "Bronze Age")
OWN_TEXTS = ("Café au lait", "cafe", "50%", "snake_case")


@dataclass
class Person:
    """A member as plain values. `days`: how often of each kind on each local day."""

    id: int
    row: dict[str, Any]
    memberships: list[dict[str, Any]]
    tags: set[int]
    lists: set[int]
    noted: bool
    own: dict[str, Any]
    days: Counter[tuple[str, date]] = field(default_factory=Counter[tuple[str, date]])


@dataclass
class Crowd:
    now: datetime
    zone: ZoneInfo
    people: list[Person]
    tags: dict[int, str]
    lists: dict[int, str]
    own: dict[str, CustomFieldType]
    segments: dict[int, dict[str, Any]]


def instants(rng: random.Random, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Around local midnights, the moment itself, changes of the clock; sometimes never."""
    kind = rng.random()
    if kind < 0.15:
        return None
    if kind < 0.3:
        return now + rng.choice([-1, 0, 1]) * timedelta(microseconds=rng.choice([0, 1, 1_000_000]))
    days = rng.choice([0, 1, 2, 6, 7, 8, 29, 30, 31, 59, 90, 200, -1, -3, -7, -8, -30, -31])
    local = now.astimezone(zone).date() - timedelta(days=days)
    midnight = datetime.combine(local, time(), tzinfo=zone).astimezone(UTC)
    nudge = rng.choice([timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(hours=1),
                        timedelta(hours=-1), timedelta(hours=13), now - midnight + timedelta(days=-days)])  # fmt: skip
    return midnight + nudge


def _row(rng: random.Random, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    def at() -> datetime | None:
        return instants(rng, now, zone)

    count = [0, 0, 1, 2, 3, 10]
    return {
        "name": rng.choice(NAMES), "username": rng.choice(["zoe", "Fox_9", "o%k", None]), "email": rng.choice(EMAILS),
        "status": rng.choice(list(MemberStatus)), "canceling": rng.random() < 0.2,
        "joined_at": at(), "last_active_at": at(), "canceled_at": at(), "trial_ends_at": at(), "next_charge_at": at(),
        "first_payment_at": at(), "last_payment_at": at(), "memberships": rng.choice(count),
        "mrr_minor": rng.choice([0, 999, 2900, 50_000]),
        "net_revenue_minor": rng.choice([-500, 0, 49_999, 50_000, 50_001]), "payments": rng.choice(count),
        "failed_payments": rng.choice(count), "refunds": rng.choice(count), "disputes": rng.choice(count),
        "posts": rng.choice(count), "comments": rng.choice(count), "chats": rng.choice(count),
        "lessons": rng.choice(count), "course_completion": rng.choice([None, 0.0, 33.3, 50.0, 100.0]),
        "engagement_score": rng.choice([None, 0, 50, 100]), "engagement_change": rng.choice([None, -20, 0, 15]),
    }  # fmt: skip


def _membership(rng: random.Random, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    def at() -> datetime | None:
        return instants(rng, now, zone)

    return {
        "whop_product_id": rng.choice(["prod_a", "prod_b"]), "whop_plan_id": rng.choice(["plan_a", "plan_b"]),
        "status": rng.choice([one for one in MembershipStatus if one is not MembershipStatus.UNKNOWN]),
        "paused": rng.random() < 0.2, "cancel_at_period_end": rng.random() < 0.3,
        "billing_period_days": rng.choice([None, 1, 7, 28, 30, 31, 90, 92, 45, 365]),
        "currency": rng.choice(["usd", "eur"]), "mrr_minor": rng.choice([0, 999, 2900]), "period_end": at(),
        "canceled_at": at(), "ended_at": at(), "cancel_reason": rng.choice(REASONS), "whop_created_at": at() or now,
    }  # fmt: skip


async def make(db: CompanyDb, seed: int, now: datetime, people: int = 60) -> Crowd:
    """A company of random members. Two segments: 1 rests on nothing, 2 on the first."""
    rng, zone = random.Random(seed), db.scope.company.zone
    for letter in "ab":
        await factories.product(db, whop_id=f"prod_{letter}", title=f"Product {letter.upper()}")
        await factories.plan(
            db, whop_id=f"plan_{letter}", title=f"Plan {letter.upper()}", currency={"a": "usd", "b": "eur"}[letter]
        )
    company = db.scope.company_id
    tags = [Tag(company_id=company, name=name, color=TagColor.BLUE) for name in ("VIP", "Mod", "Cold")]
    lists = [MemberList(company_id=company, name=name, created_by_name="Owner") for name in ("Webinar", "Beta")]
    own = [CustomField(company_id=company, key=one.value, name=f"Own {one.value}", type=one,
                       options={"choices": list(CHOICES)} if one is CustomFieldType.CHOICE else {})
           for one in CustomFieldType]  # fmt: skip
    db.add_all([*tags, *lists, *own])
    await db.flush()
    found = [await _person(db, rng, now, zone, tags, lists, own) for _ in range(people)]
    segments = await _segments(db)
    return Crowd(now, zone, found, {one.id: one.name for one in tags}, {one.id: one.name for one in lists},
                 {f"custom.{one.key}": one.type for one in own}, segments)  # fmt: skip


async def _person(db: CompanyDb, rng: random.Random, now: datetime, zone: ZoneInfo, tags: list[Tag],
                  lists: list[MemberList], own: list[CustomField]) -> Person:  # fmt: skip
    values = _row(rng, now, zone)
    member = await factories.member(db, **values)
    person = Person(member.id, {**values, "sort_name": member.sort_name}, [], set(), set(), rng.random() < 0.3, {})
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        held = _membership(rng, now, zone)
        person.memberships.append(held)
        await factories.membership(db, member, **held)
    key = {"company_id": db.scope.company_id, "member_id": member.id}
    person.tags = {one.id for one in tags if rng.random() < 0.35}
    person.lists = {one.id for one in lists if rng.random() < 0.4}
    db.add_all([MemberTag(**key, tag_id=one) for one in person.tags])
    db.add_all([ListMember(**key, list_id=one) for one in person.lists])
    if person.noted:
        db.add(Note(**key, body="x", author_name="Owner"))
    for one in own:
        _own_value(db, rng, now, zone, person, one)
    _days(db, rng, now, zone, person)
    await db.flush()
    return person


def _own_value(db: CompanyDb, rng: random.Random, now: datetime, zone: ZoneInfo, person: Person,
               one: CustomField) -> None:  # fmt: skip
    if rng.random() < 0.3:
        return
    day = now.astimezone(zone).date() + timedelta(days=rng.choice([-31, -30, -7, -1, 0, 1, 7, 8]))
    value: Any = {
        CustomFieldType.TEXT: rng.choice(OWN_TEXTS), CustomFieldType.NUMBER: rng.choice([-1.5, 0.0, 2.0, 10.25]),
        CustomFieldType.DATE: day, CustomFieldType.CHOICE: rng.choice(CHOICES),
        CustomFieldType.YES_NO: rng.random() < 0.5,
    }[one.type]  # fmt: skip
    person.own[f"custom.{one.key}"] = value
    columns: dict[str, Any] = {
        CustomFieldType.NUMBER: {"number_value": value}, CustomFieldType.DATE: {"date_value": value},
        CustomFieldType.YES_NO: {"flag_value": value},
    }.get(one.type) or {"text_value": value, "folded": fold(value)}  # fmt: skip
    db.add(CustomValue(company_id=db.scope.company_id, field_id=one.id, member_id=person.id, **columns))


def _days(db: CompanyDb, rng: random.Random, now: datetime, zone: ZoneInfo, person: Person) -> None:
    today = now.astimezone(zone).date()
    joined = person.row["joined_at"]
    near = joined.astimezone(zone).date() if joined else today
    for kind in DayKind:
        for _ in range(rng.choice([0, 0, 1, 3])):
            day = rng.choice([today, near]) + timedelta(
                days=rng.choice([-31, -30, -29, -8, -7, -6, -1, 0, 1, 2, 6, 7, 8])
            )
            person.days[(kind.value, day)] += rng.choice([1, 1, 2])
    key = {"company_id": db.scope.company_id, "member_id": person.id}
    db.add_all([MemberDay(**key, kind=DayKind(kind), day=day, n=n) for (kind, day), n in person.days.items()])


async def _segments(db: CompanyDb) -> dict[int, dict[str, Any]]:
    made: dict[int, dict[str, Any]] = {}
    wheres: list[Any] = [{"field": "payments", "op": "at_least", "value": 2}]
    for n in range(2):
        row = Segment(company_id=db.scope.company_id, name=f"Segment {n}", owner_name="Owner", changed_by="Owner",
                      shared=True, filter={"version": 1, "where": wheres[n]})  # fmt: skip
        db.add(row)
        await db.flush()
        made[row.id] = wheres[n]
        wheres.append({"not": {"field": "segment", "op": "is_any_of", "value": [row.id]}})
    return made
