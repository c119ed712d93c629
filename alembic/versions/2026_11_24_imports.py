"""What teammates bring in from spreadsheets.

Revision ID: 2026_11_24_imports
Revises: 2026_11_24_views
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from whop_crm.runtime.roles import app_role

revision = "2026_11_24_imports"
down_revision = "2026_11_24_views"
branch_labels = None
depends_on = None

COMPANY_TABLES = ("imports", "import_chunks", "import_steps")


def upgrade() -> None:
    _imports()
    _parts()
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
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE imports_id_seq TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "encoding", "delimiter")),
        sa.Column("headers", JSONB(), server_default="[]", nullable=False),
        *(sa.Column(name, JSONB(), server_default="{}", nullable=False) for name in ("mapping", "plan")),
        sa.Column("lines", sa.Integer(), server_default="0", nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("applied_at", "undone_at")),
        sa.Column("undone_by", sa.String(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("undone", "undo_skipped")),
        sa.CheckConstraint("status IN ('staged', 'planned', 'applied', 'undone')", name="status_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("imports_created", "imports", ["company_id", "created_at"])


def _part(name: str, *columns: sa.Column | sa.CheckConstraint) -> None:
    op.create_table(
        name,
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["imports.company_id", "imports.id"],
            name="import_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "import_id", "n"),
    )


def _parts() -> None:
    rows = [sa.Column(name, JSONB(), server_default="[]", nullable=False) for name in ("lines", "problems")]
    _part("import_chunks", *rows)
    _part(
        "import_steps",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        *(sa.Column(name, JSONB(), server_default="[]", nullable=False) for name in ("given", "changed")),
        sa.CheckConstraint("kind IN ('tag', 'list', 'field', 'note')", name="kind_known"),
    )
