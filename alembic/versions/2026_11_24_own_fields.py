"""What the team does with fields of its own, exports and imports, told in the log.

Revision ID: 2026_11_24_own_fields
Revises: 2026_11_24_upkeep
"""

from alembic import op

revision = "2026_11_24_own_fields"
down_revision = "2026_11_24_upkeep"
branch_labels = None
depends_on = None

KINDS = (
    "'joined', 'left', 'membership_started', 'membership_renewed', "
    "'membership_changed', 'membership_past_due', 'membership_paused', 'membership_resumed', "
    "'cancel_scheduled', 'cancel_taken_back', 'membership_ended', 'trial_ending', "
    "'payment_paid', 'payment_failed', 'payment_recovered', 'refunded', "
    "'dispute_opened', 'dispute_closed', 'invoice_created', 'invoice_paid', "
    "'invoice_past_due', 'posted', 'commented', 'chatted', "
    "'lesson_completed', 'tagged', 'untagged', 'noted', "
    "'profile_changed', 'field_changed', 'exported', 'imported'"
)


def upgrade() -> None:
    op.drop_constraint("kind_known", "activities", type_="check")
    op.create_check_constraint("kind_known", "activities", f"kind IN ({KINDS})")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")
