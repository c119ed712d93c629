"""How teammates look at the member list: views with a name, and everybody's own columns.

Revision ID: 2026_11_24_views
Revises: 2026_11_24_wide_list
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from whop_crm.runtime.roles import app_role

revision = "2026_11_24_views"
down_revision = "2026_11_24_wide_list"
branch_labels = None
depends_on = None

COMPANY_TABLES = ("saved_views", "list_layouts")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("columns", JSONB(), server_default="[]", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("saved_views_owner", "saved_views", ["company_id", "owner_id"])
    op.create_table(
        "list_layouts",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("columns", JSONB(), server_default="[]", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "user_id"),
    )
    for table in COMPANY_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            "USING (company_id = current_setting('app.company_id')::bigint) "
            "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
        )
    quoted = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(COMPANY_TABLES)} TO {quoted}")
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE saved_views_id_seq TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
