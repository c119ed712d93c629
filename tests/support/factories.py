"""One factory a noun. Each writes a believable row and returns it; keyword arguments replace what matters to a test."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import SQLModel

from whop_crm.access import Actor, CompanyRef, KeyScope, Role, Scope
from whop_crm.clients.facts import Envelope
from whop_crm.db import CompanyDb, company_session, platform_session
from whop_crm.models import (
    Activity,
    Company,
    CompanyAccess,
    Dispute,
    Inbox,
    Member,
    Membership,
    MembershipChange,
    Payment,
    Plan,
    Product,
    Refund,
    Session,
)
from whop_crm.models.enums import (
    AccessLevel,
    ActivityKind,
    DisputeStatus,
    MembershipStatus,
    MemberStatus,
    Origin,
    PaymentStatus,
    PlanType,
    Presence,
    RefundStatus,
)
from whop_crm.services import api_keys, companies
from whop_crm.services.members import search_text, sort_name

R = TypeVar("R", bound=SQLModel)
_numbers = itertools.count(1)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def number() -> int:
    return next(_numbers)


async def company(**changes: Any) -> CompanyRef:
    """A company known here, with its inbox row."""
    n = number()
    async with platform_session() as db:
        row = Company(**{"whop_id": f"biz_test{n:06}", "title": f"Company {n}", **changes})
        db.add(row)
        await db.flush()
        db.add(Inbox(company_id=row.id))
        return companies.company_ref(row)


def scope(company: CompanyRef, role: Role = Role.ADMIN, user_id: str = "user_owner", name: str = "Owner") -> Scope:
    return Scope(company, Actor(user_id, name), role)


async def session(**changes: Any) -> Session:
    async with platform_session() as db:
        row = Session(
            **{
                "id_hash": f"{number():064x}",
                "user_id": "user_owner",
                "user_name": "Owner",
                "expires_at": datetime.now(UTC) + timedelta(days=30),
                **changes,
            }
        )
        db.add(row)
        await db.flush()
        return row


async def sign_in(*companies_open: CompanyRef, user_id: str = "user_owner", role: Role | None = Role.ADMIN) -> str:
    """Somebody signed in who may open these companies; returns the cookie's value."""
    for one in companies_open:
        await access(one, user_id, role)
    async with platform_session() as db:
        person = companies.Person(user_id, user_id.removeprefix("user_").title(), user_id, None)
        return await companies.start_session(db, person, None, "test")


async def access(company: CompanyRef, user_id: str = "user_owner", role: Role | None = Role.ADMIN) -> None:
    async with platform_session() as db:
        db.add(
            CompanyAccess(user_id=user_id, company_id=company.id, access_level="admin", team_role="owner", role=role)
        )


async def api_key(company: CompanyRef, *scopes: KeyScope, name: str = "Reporting") -> str:
    """The secret of a new key; with every scope where none is named."""
    async with company_session(scope(company)) as db:
        return (await api_keys.make_key(db, name, scopes or tuple(KeyScope))).secret


async def member(db: CompanyDb, **changes: Any) -> Member:
    n = number()
    name = changes.get("name", f"Member {n:04}")
    values = {
        "company_id": db.scope.company_id,
        "whop_id": f"mber_test{n:06}",
        "whop_user_id": f"user_test{n:06}",
        "version": NOW,
        "name": name,
        "username": f"member{n}",
        "email": f"member{n}@example.com",
        "access_level": AccessLevel.CUSTOMER,
        "presence": Presence.JOINED,
        "status": MemberStatus.ACTIVE,
        "joined_at": NOW - timedelta(days=90),
        "whop_created_at": NOW - timedelta(days=90),
        "last_active_at": NOW - timedelta(days=1),
        **changes,
    }
    row = Member(**values)
    row.search_text = search_text(row.name, row.username, row.email)
    row.sort_name = sort_name(row.name, row.username, row.email, row.whop_id)
    return await _save(db, row)


async def _save(db: CompanyDb, row: R) -> R:
    db.add(row)
    await db.flush()
    return row


def _fact(db: CompanyDb, kind: str, **values: Any) -> dict[str, Any]:
    """What every fact from Whop has."""
    known = {"company_id": db.scope.company_id, "whop_id": f"{kind}_test{number():06}", "version": NOW}
    return {**known, "whop_created_at": NOW - timedelta(days=90), **values}


async def product(db: CompanyDb, **changes: Any) -> Product:
    return await _save(db, Product(**_fact(db, "prod", **{"title": "Academy", **changes})))


async def plan(db: CompanyDb, **changes: Any) -> Plan:
    values = {"title": "Monthly", "plan_type": PlanType.RENEWAL, "currency": "usd", "renewal_price_minor": 2900}
    return await _save(db, Plan(**_fact(db, "plan", **{**values, "billing_period_days": 30, **changes})))


async def membership(db: CompanyDb, member: Member | None, **changes: Any) -> Membership:
    values = {
        "member_id": member and member.id,
        "whop_member_id": member and member.whop_id,
        "whop_plan_id": "plan_test",
        "whop_product_id": "prod_test",
        "status": MembershipStatus.ACTIVE,
        "currency": "usd",
        "renewal_price_minor": 2900,
        "billing_period_days": 30,
        "period_start": NOW - timedelta(days=10),
        "period_end": NOW + timedelta(days=20),
        **changes,
    }
    return await _save(db, Membership(**_fact(db, "mem", **values)))


async def change(db: CompanyDb, membership: Membership, at: datetime, **changes: Any) -> MembershipChange:
    """The membership was seen in its present state, but for what is changed, at a time."""
    values = {
        "company_id": db.scope.company_id,
        "membership_id": membership.id,
        "occurred_at": at,
        "origin": Origin.LIVE,
        "status": membership.status,
        "paused": membership.paused,
        "whop_plan_id": membership.whop_plan_id,
        "mrr_minor": membership.mrr_minor,
        **changes,
    }
    return await _save(db, MembershipChange(**values))


async def payment(db: CompanyDb, member: Member | None, **changes: Any) -> Payment:
    values = {
        "member_id": member and member.id,
        "whop_member_id": member and member.whop_id,
        "status": PaymentStatus.PAID,
        "substatus": "succeeded",
        "currency": "usd",
        "total_minor": 2900,
        "paid_at": changes.get("whop_created_at", NOW),
        **changes,
    }
    return await _save(db, Payment(**_fact(db, "pay", **values)))


async def refund(db: CompanyDb, payment: Payment, **changes: Any) -> Refund:
    values = {"whop_payment_id": payment.whop_id, "status": RefundStatus.SUCCEEDED, "currency": payment.currency}
    return await _save(db, Refund(**_fact(db, "rfnd", **{**values, "amount_minor": payment.total_minor, **changes})))


async def dispute(db: CompanyDb, payment: Payment, **changes: Any) -> Dispute:
    values = {"whop_payment_id": payment.whop_id, "status": DisputeStatus.NEEDS_RESPONSE, "currency": payment.currency}
    return await _save(db, Dispute(**_fact(db, "dspt", **{**values, "amount_minor": payment.total_minor, **changes})))


async def activity(db: CompanyDb, member: Member | None, **changes: Any) -> Activity:
    kind = changes.get("kind", ActivityKind.POSTED)
    values = {
        "company_id": db.scope.company_id,
        "occurred_at": NOW,
        "source": f"test:{number()}",
        "kind": kind,
        "grp": kind.group,
        "origin": Origin.LIVE,
        "member_id": member and member.id,
        "title": "Something happened",
        **changes,
    }
    return await _save(db, Activity(**values))


def envelope(account_id: str, kind: str, data: dict[str, Any], at: datetime | None = None) -> Envelope:
    """A delivery as it is after its signature was checked."""
    return Envelope(f"msg_{number()}", kind, account_id, at or datetime.now(UTC), data)
