"""What a company's filters can name: its products, plans, tags, segments, lists and own fields."""

from dataclasses import dataclass, field

from sqlalchemy import literal, or_, select, text
from sqlmodel import col

from whop_crm.access import Role
from whop_crm.db import CompanyDb
from whop_crm.filters.ast import Filter, parse
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.fields import BY_KEY, Field, custom_field
from whop_crm.models import CustomField, MemberList, Plan, Product, Segment, Tag


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """A segment that a filter may ask for; `filter` None where what it asks for is gone."""

    id: int
    name: str
    shared: bool
    owner_id: str | None
    filter: Filter | None


def _texts() -> dict[str, str]:
    return {}


def _numbered() -> dict[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """By key: Whop's id for products and plans, the row's id for tags, segments and lists."""

    currency: str = "usd"
    products: dict[str, str] = field(default_factory=_texts)
    plans: dict[str, str] = field(default_factory=_texts)
    currencies: tuple[str, ...] = ()
    tags: dict[int, str] = field(default_factory=_numbered)
    lists: dict[int, str] = field(default_factory=_numbered)
    segments: dict[int, NamedSegment] = field(default_factory=lambda: dict[int, NamedSegment]())
    custom: dict[str, Field] = field(default_factory=lambda: dict[str, Field]())

    def find_field(self, key: str) -> Field | None:
        return BY_KEY.get(key) or self.custom.get(key)

    def fields(self) -> list[Field]:
        return [*BY_KEY.values(), *self.custom.values()]

    def choices(self, field: Field) -> dict[str, str]:
        """Key → label of what a choice can be; empty where the field is none."""
        match field.column:
            case "whop_product_id":
                return self.products
            case "whop_plan_id":
                return self.plans
            case "currency":
                return {one: one.upper() for one in self.currencies}
            case _:
                return dict(field.choices)


async def load(db: CompanyDb) -> Vocabulary:
    """Everything that this person's filters can name; nobody learns of a teammate's private segments."""
    plans = {whop_id: title or formatted or whop_id for whop_id, title, formatted in await db.execute(
        select(col(Plan.whop_id), col(Plan.title), col(Plan.formatted_price)).order_by(col(Plan.title)))}  # fmt: skip
    products = await db.execute(select(col(Product.whop_id), col(Product.title)).order_by(col(Product.title)))
    currencies = await db.execute(text("SELECT DISTINCT currency FROM plans UNION SELECT :own ORDER BY 1"),
                                  {"own": db.scope.company.currency})  # fmt: skip
    tags = await db.execute(select(col(Tag.id), col(Tag.name)).order_by(col(Tag.name)))
    lists = await db.execute(select(col(MemberList.id), col(MemberList.name)).order_by(col(MemberList.name)))
    return Vocabulary(
        currency=db.scope.company.currency,
        products=dict(list(products)),
        plans=plans,
        currencies=tuple(one for (one,) in currencies),
        tags=dict(list(tags)),
        lists=dict(list(lists)),
        segments=await _segments(db),
        custom=await _custom(db),
    )


async def _segments(db: CompanyDb) -> dict[int, NamedSegment]:
    columns = (col(Segment.id), col(Segment.name), col(Segment.shared), col(Segment.owner_id), col(Segment.filter))
    seen = or_(col(Segment.shared), col(Segment.owner_id) == db.scope.actor.user_id)
    found = await db.execute(
        select(*columns).where(or_(seen, literal(db.scope.role is Role.SYSTEM))).order_by(col(Segment.name))
    )
    return {row[0]: NamedSegment(*row[:4], _read(row[4])) for row in found}


def _read(raw: object) -> Filter | None:
    try:
        return parse(raw)
    except BadFilter:
        return None


async def _custom(db: CompanyDb) -> dict[str, Field]:
    rows = await db.scalars(
        select(CustomField).where(col(CustomField.archived_at).is_(None)).order_by(col(CustomField.position))
    )
    made = [custom_field(row.id, row.key, row.name, row.type, tuple(row.options.get("choices", ()))) for row in rows]
    return {one.key: one for one in made}
