"""Columns that every table spells the same way.

Types obey what row-level security allows an index to be used for: closed sets are text with a CHECK, money is bigint
minor units, times are timestamptz; nothing that is filtered on is an enum, numeric, jsonb or array.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum stored as text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The CHECK that belongs to an enum column."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def within_company(column: str, table: str, on_delete: str = "CASCADE") -> ForeignKeyConstraint:
    """A key to another company table that cannot point into another company: foreign keys do not obey RLS."""
    return ForeignKeyConstraint(
        ["company_id", column],
        [f"{table}.company_id", f"{table}.id"],
        ondelete=on_delete if on_delete == "CASCADE" else f"SET NULL ({column})",
        name=f"{column}_in_company",
    )


def unlinked(table: str, *columns: str) -> list[Index]:
    """Where to look, when a member arrives, for what came before them; empty of everything that has its member."""
    return [
        Index(f"{table}_unlinked_{column}", "company_id", column, postgresql_where=text("member_id IS NULL"))
        for column in columns or ("whop_member_id", "whop_user_id")
    ]


def enum(kind: type[StrEnum], default: Any = ..., **options: Any) -> Any:
    return Field(default, sa_type=EnumText(kind), **options)  # pyright: ignore[reportArgumentType] # an instance carries the enum


def company_key() -> Any:
    return Field(
        primary_key=True, sa_type=BigInteger, foreign_key="companies.id", ondelete="CASCADE",
        sa_column_kwargs={"autoincrement": False},
    )  # fmt: skip


def row_id() -> Any:
    return Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": True})


def big(default: Any = ..., **options: Any) -> Any:
    """A bigint: minor units of money, or the id of a row."""
    return Field(default, sa_type=BigInteger, **options)


def count() -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": "0"})


def money() -> Any:
    """Minor units, 0 unless told."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


def flag() -> Any:
    return Field(default=False, sa_column_kwargs={"server_default": "false"})


def when(default: Any = ..., **options: Any) -> Any:
    """A timestamptz."""
    return Field(default, sa_type=DateTime(timezone=True), **options)  # pyright: ignore[reportArgumentType] # an instance carries the zone flag


def now() -> datetime:
    return datetime.now(UTC)


def recorded() -> Any:
    """A timestamptz that says when we wrote the row."""
    return Field(
        default_factory=now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("now()")},
    )  # pyright: ignore[reportArgumentType] # as above
