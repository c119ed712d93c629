"""Let the index that the list is filtered from carry whatever a filter can ask of a member.

Revision ID: 2026_11_24_wide_list
Revises: 2026_11_24_api
"""

from alembic import op
from sqlalchemy import text

revision = "2026_11_24_wide_list"
down_revision = "2026_11_24_api"
branch_labels = None
depends_on = None

CARRIED = [
    "search_text", "sort_name", "email", "status", "canceling", "plan_name", "joined_at", "last_active_at",
    "net_revenue_minor", "mrr_minor", "payments", "failed_payments", "refunds", "disputes", "first_payment_at",
    "last_payment_at", "canceled_at", "trial_ends_at", "next_charge_at", "memberships", "posts", "comments", "chats",
    "lessons", "course_completion", "engagement_score", "engagement_change",
]  # fmt: skip


def upgrade() -> None:
    op.drop_index("members_list", "members")
    op.create_index(
        "members_list", "members", ["company_id", "id"], postgresql_include=CARRIED, postgresql_where=text("counted")
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
