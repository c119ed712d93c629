"""The app inside Whop's frame, and its webhook.

Revision ID: 2026_11_23_inside
Revises: 2026_11_23_settings
"""

revision = "2026_11_23_inside"
down_revision = "2026_11_23_settings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
