"""Fields that a company adds to its members. Each value stands in the column of its type, so that an index serves."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import big, company_key, count, enum, one_of, recorded, row_id, when, within_company
from whop_crm.models.enums import CustomFieldType


class CustomField(SQLModel, table=True):
    """`key` is how filters, exports and the API name it; it never changes. `options` are what a choice can be."""

    __tablename__ = "custom_fields"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("type", CustomFieldType),
        Index("custom_fields_key", "company_id", "key", unique=True),
        Index("custom_fields_name", "company_id", text("lower(name)"), unique=True,
              postgresql_where=text("archived_at IS NULL")),
    )  # fmt: skip
    company_id: int = company_key()
    id: int = row_id()
    key: str
    name: str
    type: CustomFieldType = enum(CustomFieldType)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    """`{"choices": ["Gold", "Silver"]}` for a choice."""
    position: int = count()
    created_at: datetime = recorded()
    archived_at: datetime | None = when(None)


class CustomValue(SQLModel, table=True):
    """One member's value of one field, in the one column that the field's type names; the others are None."""

    __tablename__ = "custom_values"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "field_id", "member_id"),
        within_company("field_id", "custom_fields"),
        within_company("member_id", "members"),
        Index("custom_values_member", "company_id", "member_id"),
        Index("custom_values_folded", "company_id", "field_id", "folded", "member_id",
              postgresql_where=text("folded IS NOT NULL")),
        Index("custom_values_number", "company_id", "field_id", "number_value", "member_id",
              postgresql_where=text("number_value IS NOT NULL")),
        Index("custom_values_date", "company_id", "field_id", "date_value", "member_id",
              postgresql_where=text("date_value IS NOT NULL")),
        Index("custom_values_flag", "company_id", "field_id", "flag_value", "member_id",
              postgresql_where=text("flag_value IS NOT NULL")),
    )  # fmt: skip
    company_id: int = company_key()
    field_id: int = big(primary_key=True)
    member_id: int = big(primary_key=True)
    text_value: str | None = None
    """As it was typed, or the choice."""
    folded: str | None = None
    """`text_value` without case and accents, cut to what an index can hold: what filters compare."""
    number_value: float | None = None
    date_value: date | None = None
    flag_value: bool | None = None
    changed_at: datetime = recorded()
    changed_by: str | None = None
