"""Keys of the REST API, their rates, and the answers kept for repeated requests.

Revision ID: 2026_11_24_api
Revises: 2026_11_24_actions
"""

import sqlalchemy as sa
from alembic import op

from whop_crm.runtime.roles import app_role

revision = "2026_11_24_api"
down_revision = "2026_11_24_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_keys()
    _create_lookups()
    _create_rates()
    _create_answers()
    for table in ("api_keys", "api_answers"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            "USING (company_id = current_setting('app.company_id')::bigint) "
            "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
        )
    role = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, api_key_lookups, api_rates, api_answers TO {role}")
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE api_keys_id_seq TO {role}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_by_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )


def _create_lookups() -> None:
    op.create_table(
        "api_key_lookups",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["company_id", "key_id"], ["api_keys.company_id", "api_keys.id"], ondelete="CASCADE", name="key_in_company"
        ),
        sa.PrimaryKeyConstraint("key_hash"),
    )
    op.create_index("api_key_lookups_key", "api_key_lookups", ["company_id", "key_id"], unique=True)


def _create_rates() -> None:
    op.create_table(
        "api_rates",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("requests", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("caller"),
    )


def _create_answers() -> None:
    op.create_table(
        "api_answers",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", sa.String(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "caller", "key"),
    )
    op.create_index("api_answers_age", "api_answers", ["company_id", "created_at"])
