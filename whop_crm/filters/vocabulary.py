"""What a company's filters can name: its products, plans, tags, segments, lists and own fields."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from whop_crm.access import Role
from whop_crm.db import CompanyDb
from whop_crm.filters.ast import Filter, parse
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.fields import BY_KEY, Field, custom_field
from whop_crm.models.enums import CustomFieldType


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


_ALL = text("""
SELECT 'plan' AS kind, whop_id AS key, coalesce(nullif(title, ''), nullif(formatted_price, ''), whop_id) AS name,
       title AS place, NULL::jsonb AS more
FROM plans
UNION ALL SELECT 'product', whop_id, title, title, NULL FROM products
UNION ALL SELECT 'currency', currency, upper(currency), currency, NULL
          FROM (SELECT DISTINCT currency FROM plans UNION SELECT :own) AS used
UNION ALL SELECT 'tag', id::text, name, name, NULL FROM tags
UNION ALL SELECT 'list', id::text, name, name, NULL FROM lists
UNION ALL SELECT 'segment', id::text, name, name,
                 jsonb_build_object('shared', shared, 'owner_id', owner_id, 'filter', filter)
          FROM segments WHERE shared OR owner_id = :asker OR :everything
UNION ALL SELECT 'custom', id::text, name, lpad(position::text, 10, '0'),
                 jsonb_build_object('key', key, 'type', type, 'choices', options -> 'choices')
          FROM custom_fields WHERE archived_at IS NULL
ORDER BY kind, place
""")
"""All kinds at once: what a filter can name is asked for before each of its questions."""


async def load(db: CompanyDb) -> Vocabulary:
    """Everything that this person's filters can name; nobody learns of a teammate's private segments."""
    asker, own = db.scope.actor.user_id, db.scope.company.currency
    values = {"own": own, "asker": asker, "everything": db.scope.role is Role.SYSTEM}
    found: dict[str, list[_Row]] = {}
    for kind, key, name, _, more in await db.execute(_ALL, values):
        found.setdefault(kind, []).append((key, name, more))
    return Vocabulary(
        currency=own,
        products=_named(found, "product"),
        plans=_named(found, "plan"),
        currencies=tuple(_named(found, "currency")),
        tags={int(key): name for key, name in _named(found, "tag").items()},
        lists={int(key): name for key, name in _named(found, "list").items()},
        segments={int(row[0]): _segment(row) for row in found.get("segment", ())},
        custom={one.key: one for one in map(_own_field, found.get("custom", ()))},
    )


_Row = tuple[str, str, Any]
"""Key, name, and what else its kind has."""


def _named(found: dict[str, list[_Row]], kind: str) -> dict[str, str]:
    return {key: name for key, name, _ in found.get(kind, ())}


def _segment(row: _Row) -> NamedSegment:
    key, name, more = row
    return NamedSegment(int(key), name, more["shared"], more["owner_id"], _read(more["filter"]))


def _own_field(row: _Row) -> Field:
    key, name, more = row
    return custom_field(int(key), more["key"], name, CustomFieldType(more["type"]), tuple(more["choices"] or ()))


def _read(raw: object) -> Filter | None:
    try:
        return parse(raw)
    except BadFilter:
        return None
