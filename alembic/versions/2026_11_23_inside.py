"""The app inside Whop's frame, and its webhook.

Revision ID: 2026_11_23_inside
Revises: 2026_11_23_settings
"""

import sqlalchemy as sa
from alembic import op

from whop_crm.runtime.roles import app_role

revision = "2026_11_23_inside"
down_revision = "2026_11_23_settings"
branch_labels = None
depends_on = None

STATES = ("good", "missing", "incomplete", "disabled", "failing", "outdated", "unsigned", "forbidden")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("framed", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "experiences",
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("whop_company_id", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("whop_id"),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("whop_id"),
    )
    op.create_table(
        "webhook_checks",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("whop_id", sa.String(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("missing_events", sa.String(), server_default="", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered", sa.Boolean(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in STATES)), name="state_known"),
        sa.PrimaryKeyConstraint("url"),
    )
    quoted = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON experiences, webhook_endpoints, webhook_checks TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
