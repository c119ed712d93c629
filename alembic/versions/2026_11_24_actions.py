"""What teammates did and can take back: bulk actions, and single changes.

Revision ID: 2026_11_24_actions
Revises: 2026_11_24_own_fields
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from whop_crm.runtime.roles import app_role

revision = "2026_11_24_actions"
down_revision = "2026_11_24_own_fields"
branch_labels = None
depends_on = None

COMPANY_TABLES = ("bulk_actions", "bulk_chunks", "team_changes")
COUNTED = ("bulk_actions", "team_changes")


def upgrade() -> None:
    op.add_column("inboxes", sa.Column("bulk_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("inboxes_bulk_due", "inboxes", ["bulk_due_at"])
    _bulk_actions()
    _bulk_chunks()
    _changes()
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
    for table in COUNTED:
        op.execute(f"GRANT USAGE, SELECT ON SEQUENCE {table}_id_seq TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _bulk_actions() -> None:
    counts = ("total", "changed", "unchanged", "missing", "undone", "undo_skipped", "failures")
    op.create_table(
        "bulk_actions",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("target_name", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in counts),
        sa.Column("undone_by_id", sa.String(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('add_tag', 'remove_tag', 'add_to_list', 'remove_from_list')", name="kind_known"),
        sa.CheckConstraint(
            "status IN ('running', 'done', 'canceled', 'failed', 'undoing', 'undone')", name="status_known"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("bulk_actions_created", "bulk_actions", ["company_id", "created_at"])
    op.create_index(
        "bulk_actions_at_work",
        "bulk_actions",
        ["company_id", "id"],
        postgresql_where=sa.text("status IN ('running', 'undoing')"),
    )


def _bulk_chunks() -> None:
    op.create_table(
        "bulk_chunks",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("member_ids", JSONB(), server_default="[]", nullable=False),
        sa.Column("changed", JSONB(), server_default="[]", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "action_id"],
            ["bulk_actions.company_id", "bulk_actions.id"],
            name="action_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "action_id", "n"),
    )


def _changes() -> None:
    op.create_table(
        "team_changes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('tag_added', 'tag_removed', 'note_edited', 'note_deleted', 'list_changed', 'list_deleted', "
            "'segment_changed', 'segment_deleted')",
            name="kind_known",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("team_changes_at", "team_changes", ["company_id", "at"])
