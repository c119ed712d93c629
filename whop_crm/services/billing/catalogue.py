"""Products, plans and promo codes, and which of their changes others have to follow."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text, update
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.clients.facts import PlanFact, ProductFact, PromoCodeFact
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import Plan, Product, PromoCode
from whop_crm.models.enums import PromoDuration
from whop_crm.services.billing import rows
from whop_crm.services.billing.written import Written, newest
from whop_crm.services.bulk import as_json, looked_up, upsert

_DELETED = """CASE WHEN excluded.deleted_at IS NOT NULL THEN excluded.deleted_at
              WHEN excluded.version > t.version THEN NULL ELSE t.deleted_at END"""
"""A deletion may carry the version of the last change, and must not be undone by it."""


async def write_products(db: CompanyDb, facts: Sequence[ProductFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest = newest(facts)
    if not latest:
        return
    ids = [fact.id for fact in latest]
    known = select(col(Product.whop_id), col(Product.title)).where(col(Product.whop_id).in_(ids))
    before: dict[str, str] = dict((await db.execute(known)).all())
    await upsert(db, Product, [rows.product(fact) for fact in latest], sets={"deleted_at": _DELETED})
    written.renamed_products |= {fact.id for fact in latest if before.get(fact.id) != fact.title}
    db.touch((), Topic.PRODUCTS)


async def write_plans(db: CompanyDb, facts: Sequence[PlanFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest = newest(facts)
    if not latest:
        return
    values = [rows.plan(fact) for fact in latest]
    before = await _plans_before(db, [fact.id for fact in latest])
    await upsert(db, Plan, values, sets={"deleted_at": _DELETED})
    for each in values:
        whop_id = str(each["whop_id"])
        was = before.get(whop_id)
        if was is None or any(was[name] != each[name] for name in _PRICE):
            written.repriced_plans.add(whop_id)
        if was is None or any(was[name] != each[name] for name in _NAME):
            written.renamed_plans.add(whop_id)
    db.touch((), Topic.PLANS)


_PRICE = ("plan_type", "currency", "renewal_price_minor", "billing_period_days", "trial_period_days",
          "split_pay_required_payments")  # fmt: skip
_NAME = ("title", "formatted_price", "whop_product_id")


async def _plans_before(db: CompanyDb, ids: Sequence[str]) -> dict[str, dict[str, object]]:
    names = ("whop_id", *_PRICE, *_NAME)
    found = await db.execute(
        text(f"SELECT {', '.join(names)} FROM {looked_up('plans')} p"),  # noqa: S608 - the names are ours
        {"ids": as_json(ids)},
    )
    return {row.whop_id: dict(zip(names, row, strict=True)) for row in found}


async def write_promo_codes(db: CompanyDb, facts: Sequence[PromoCodeFact], written: Written) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest = newest(facts)
    if not latest:
        return
    ids = [fact.id for fact in latest]
    known = select(col(PromoCode.whop_id), col(PromoCode.duration)).where(col(PromoCode.whop_id).in_(ids))
    before: dict[str, PromoDuration] = dict((await db.execute(known)).all())
    await upsert(db, PromoCode, [rows.promo_code(fact) for fact in latest])
    written.repriced_promos |= {fact.id for fact in latest if before.get(fact.id) != fact.duration}


async def mark_deleted(db: CompanyDb, whop_ids: Sequence[str], at: datetime) -> None:
    """Products and plans that Whop knows no more."""
    db.scope.require(Permission.FACTS_WRITE)
    await db.execute(update(Product).where(col(Product.whop_id).in_(whop_ids)).values(deleted_at=at))
    await db.execute(update(Plan).where(col(Plan.whop_id).in_(whop_ids)).values(deleted_at=at))
