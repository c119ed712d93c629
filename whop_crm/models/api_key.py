"""Keys of the REST API, how often they were used of late, and the answers that a repeated request gets again."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import big, company_key, count, recorded, row_id, when


class ApiKey(SQLModel, table=True):
    """A key as its company sees it. The key itself is shown once and kept nowhere."""

    __tablename__ = "api_keys"
    __table_args__ = (PrimaryKeyConstraint("company_id", "id"),)
    company_id: int = company_key()
    id: int = row_id()
    name: str
    prefix: str
    """The first characters of the key, to tell it from others."""
    scopes: str
    """Separated by spaces."""
    created_by: str | None = None
    created_by_name: str
    created_at: datetime = recorded()
    last_used_at: datetime | None = when(None)
    revoked_at: datetime | None = when(None)


class ApiKeyLookup(SQLModel, table=True):
    """Whose a key is, found by the SHA-256 of its random part before any company is known. Revoking deletes it."""

    __tablename__ = "api_key_lookups"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "key_id"], ["api_keys.company_id", "api_keys.id"], ondelete="CASCADE", name="key_in_company"
        ),
        Index("api_key_lookups_key", "company_id", "key_id", unique=True),
    )
    key_hash: str = Field(primary_key=True)
    company_id: int = big(foreign_key="companies.id", ondelete="CASCADE")
    key_id: int = big()
    name: str
    scopes: str


class ApiRate(SQLModel, table=True):
    """How many requests a caller (`key:1`, `session:1`) has made in the minute that began with the first of them."""

    __tablename__ = "api_rates"
    caller: str = Field(primary_key=True)
    began_at: datetime = recorded()
    requests: int = count()


class ApiAnswer(SQLModel, table=True):
    """What a request with an Idempotency-Key was answered, written in the transaction of what it did."""

    __tablename__ = "api_answers"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "caller", "key"),
        Index("api_answers_age", "company_id", "created_at"),
    )
    company_id: int = company_key()
    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    status: int = count()
    location: str | None = None
    body: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = recorded()
