"""What a company sets.

Revision ID: 2026_11_23_settings
Revises: 2026_11_22_members
"""

revision = "2026_11_23_settings"
down_revision = "2026_11_22_members"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
