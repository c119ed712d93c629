"""What only Whop can say is asked for until it has said it.

Revision ID: 2026_11_24_questions
Revises: 2026_11_23_filters
"""

import sqlalchemy as sa
from alembic import op

from whop_crm.runtime.roles import app_role

revision = "2026_11_24_questions"
down_revision = "2026_11_23_filters"
branch_labels = None
depends_on = None

RESOURCES = (
    "resource IN ('products', 'plans', 'promo_codes', 'team_members', 'members', 'memberships', "
    "'paused_memberships', 'payments', 'refunds', 'disputes', 'invoices', 'courses', 'lessons', 'forum_posts', "
    "'chat_messages')"
)
ORIGINS = "origin IN ('live', 'catch_up', 'backfill', 'import', 'undo', 'rule')"


def upgrade() -> None:
    op.add_column("inboxes", sa.Column("questions_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("inboxes_questions_due", "inboxes", ["questions_due_at"])
    op.create_table(
        "open_questions",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(RESOURCES, name="resource_known"),
        sa.CheckConstraint(ORIGINS, name="origin_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "resource", "whop_id"),
    )
    op.execute("ALTER TABLE open_questions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE open_questions FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY one_company ON open_questions "
        "USING (company_id = current_setting('app.company_id')::bigint) "
        "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
    )
    role = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON open_questions TO {role}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
