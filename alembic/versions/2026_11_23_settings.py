"""What a company sets, and the numbers that follow it.

A visit keeps its first and last instant of the day, a change of a membership its price and period: with them both can
be told again in another time zone and another currency.

Revision ID: 2026_11_23_settings
Revises: 2026_11_22_members
"""

import sqlalchemy as sa
from alembic import op

from whop_crm.runtime.roles import app_role

revision = "2026_11_23_settings"
down_revision = "2026_11_22_members"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_settings()
    _add_what_numbers_come_from()
    _create_recounts()


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _add_settings() -> None:
    op.add_column("companies", sa.Column("pause_rule", sa.Text(), server_default="apart", nullable=False))
    op.create_check_constraint("pause_rule_known", "companies", "pause_rule IN ('apart', 'churn')")
    for weight, default in (("posts", 3), ("comments", 2), ("courses", 2), ("recency", 2)):
        column = sa.Column(f"{weight}_weight", sa.Integer(), server_default=str(default), nullable=False)
        op.add_column("companies", column)


def _add_what_numbers_come_from() -> None:
    op.add_column("member_days", sa.Column("first_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("member_days", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("membership_changes", sa.Column("price_minor", sa.BigInteger(), nullable=True))
    op.add_column("membership_changes", sa.Column("period_days", sa.Integer(), nullable=True))


def _create_recounts() -> None:
    op.add_column("inboxes", sa.Column("recount_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("inboxes_recount_due", "inboxes", ["recount_due_at"])
    op.create_table(
        "recounts",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stage IN ('amounts', 'memberships', 'days', 'members', 'scores')", name="stage_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id"),
    )
    op.execute("ALTER TABLE recounts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recounts FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY one_company ON recounts "
        "USING (company_id = current_setting('app.company_id')::bigint) "
        "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
    )
    role = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON recounts TO {role}")
