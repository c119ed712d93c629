"""Catch-up, reconciliation and their differences.

Revision ID: 2026_11_23_care
Revises: 2026_11_23_inside
"""

import sqlalchemy as sa
from alembic import op

from whop_crm.runtime.roles import app_role

revision = "2026_11_23_care"
down_revision = "2026_11_23_inside"
branch_labels = None
depends_on = None

RESOURCES = (
    "resource IN ('products', 'plans', 'promo_codes', 'team_members', 'members', 'memberships', "
    "'paused_memberships', 'payments', 'refunds', 'disputes', 'invoices', 'courses', 'lessons', 'forum_posts', "
    "'chat_messages')"
)
KINDS = "kind IN ('initial', 'manual', 'catch_up', 'reconcile')"
ORIGINS = "origin IN ('live', 'catch_up', 'backfill', 'import', 'undo', 'rule')"
COMPANY_TABLES = ("sync_differences", "sync_seen")


def upgrade() -> None:
    _widen()
    _create_tables()
    for table in COMPANY_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            "USING (company_id = current_setting('app.company_id')::bigint) "
            "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
        )
    quoted = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeats, {', '.join(COMPANY_TABLES)} TO {quoted}")
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE sync_differences_id_seq TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _widen() -> None:
    op.drop_constraint("kind_known", "sync_runs", type_="check")
    op.create_check_constraint("kind_known", "sync_runs", KINDS)
    op.add_column("sync_runs", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sync_runs", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sync_runs", sa.Column("gap", sa.String(), nullable=True))
    op.add_column("sync_runs", sa.Column("deliveries", sa.Integer(), nullable=True))
    op.add_column("sync_runs", sa.Column("found", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sync_runs", sa.Column("summary", sa.String(), nullable=True))
    op.add_column("webhook_events", sa.Column("origin", sa.Text(), server_default="live", nullable=False))
    op.create_check_constraint("origin_known", "webhook_events", ORIGINS)
    for name in ("object_id", "whop_member_id", "whop_user_id"):
        op.add_column("webhook_events", sa.Column(name, sa.String(), nullable=True))
    op.add_column("inboxes", sa.Column("reconcile_wanted", sa.Boolean(), server_default="false", nullable=False))
    for name in ("gap_since", "caught_up_to", "reconcile_at", "polled_to", "hook_checked_at"):
        op.add_column("inboxes", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("gap_reason", "poll_problem", "hook_problem"):
        op.add_column("inboxes", sa.Column(name, sa.String(), nullable=True))


def _create_tables() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sync_seen",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.CheckConstraint(RESOURCES, name="resource_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["company_id", "run_id"], ["sync_runs.company_id", "sync_runs.id"], name="run_id_in_company",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "run_id", "resource", "whop_id"),
    )  # fmt: skip
    op.create_table(
        "sync_differences",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("repaired", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(RESOURCES, name="resource_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["company_id", "run_id"], ["sync_runs.company_id", "sync_runs.id"], name="run_id_in_company",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "run_id", "resource", "whop_id", name="sync_differences_once"),
    )  # fmt: skip
