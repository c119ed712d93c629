"""Facts whose member was not known are kept without one, and given to the member who arrives."""

from collections.abc import Collection

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Invoice, Membership, Payment
from whop_crm.services.bulk import as_json, looked_up, overwrite, table_of

_TABLES = (Membership, Payment, Invoice)


def _linking(model: type[Membership | Payment | Invoice]) -> str:
    table = table_of(model).name
    return overwrite(
        model,
        ("member_id",),
        f"""
        SELECT waiting.id, m.id AS member_id FROM {looked_up("members", "id")} m
        CROSS JOIN LATERAL (
            SELECT id FROM {table} WHERE member_id IS NULL AND whop_member_id = m.whop_id
            UNION
            SELECT id FROM {table} WHERE member_id IS NULL AND whop_member_id IS NULL AND whop_user_id = m.whop_user_id
        ) waiting""",  # noqa: S608 - names are ours
    )


_LINKING = tuple(_linking(model) for model in _TABLES)


async def link_members(db: CompanyDb, member_ids: Collection[int]) -> None:
    """Gives memberships, payments and invoices to these members, who are new."""
    db.scope.require(Permission.FACTS_WRITE)
    for statement in _LINKING:
        await db.execute(text(statement), {"ids": as_json(list(member_ids))})


async def members_of(
    db: CompanyDb,
    memberships: Collection[str] = (),
    payments: Collection[str] = (),
    plans: Collection[str] = (),
    products: Collection[str] = (),
) -> frozenset[int]:
    """The members who hold these memberships, made these payments, or hold one of these plans or products."""
    db.scope.require(Permission.FACTS_WRITE)
    found = await db.execute(
        text(
            f"SELECT member_id FROM {looked_up('memberships', param='memberships')} m"  # noqa: S608 - names are ours
            f" UNION SELECT member_id FROM {looked_up('payments', param='payments')} p"
        ),
        {"memberships": as_json(list(memberships)), "payments": as_json(list(payments))},
    )
    ids = set(found.scalars())
    if plans or products:
        held = await db.execute(
            text(
                "SELECT DISTINCT member_id FROM memberships"
                " WHERE whop_plan_id = ANY(:plans) OR whop_product_id = ANY(:products)"
            ),
            {"plans": list(plans), "products": list(products)},
        )
        ids |= set(held.scalars())
    return frozenset(each for each in ids if each is not None)
