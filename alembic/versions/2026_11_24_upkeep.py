"""A session knows whether a tab of it is open; what nobody reads of a webhook's check goes.

Revision ID: 2026_11_24_upkeep
Revises: 2026_11_24_questions
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_24_upkeep"
down_revision = "2026_11_24_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("open_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("delivered_at", "delivered", "problem"):
        op.drop_column("webhook_checks", name)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
