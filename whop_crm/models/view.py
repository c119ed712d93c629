"""How teammates look at the member list: views with a name, and the columns each keeps for themselves."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import company_key, flag, recorded, row_id


class SavedView(SQLModel, table=True):
    """Search, filter, order and columns with a name."""

    __tablename__ = "saved_views"
    __table_args__ = (PrimaryKeyConstraint("company_id", "id"), Index("saved_views_owner", "company_id", "owner_id"))
    company_id: int = company_key()
    id: int = row_id()
    name: str
    shared: bool = flag()
    owner_id: str | None = None
    owner_name: str
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What stands behind the `?` of the list that it shows."""
    columns: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    changed_at: datetime = recorded()


class ListLayout(SQLModel, table=True):
    """The columns of one teammate where no view says otherwise."""

    __tablename__ = "list_layouts"
    __table_args__ = (PrimaryKeyConstraint("company_id", "user_id"),)
    company_id: int = company_key()
    user_id: str = Field(primary_key=True)
    columns: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    changed_at: datetime = recorded()
