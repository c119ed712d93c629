"""Catch-up, reconciliation and their differences.

Revision ID: 2026_11_23_care
Revises: 2026_11_23_inside
"""

revision = "2026_11_23_care"
down_revision = "2026_11_23_inside"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
