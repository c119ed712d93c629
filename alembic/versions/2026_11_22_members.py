"""The first slice: members, memberships, payments, the timeline, tags, notes, sessions, the inbox and sync runs.

Row-level security is enabled and forced on each company table. The policy casts the setting to bigint, which rejects
the empty string that a pooled connection is left with, so that a query outside a company session is an error and
never an empty answer. The app connects as a role that owns nothing.

Revision ID: 2026_11_22_members
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from whop_crm.runtime.roles import app_role, app_role_password

revision = "2026_11_22_members"
down_revision = None
branch_labels = None
depends_on = None

COMPANY_TABLES = (
    "activities",
    "course_progress",
    "disputes",
    "invoices",
    "member_days",
    "member_tags",
    "members",
    "membership_changes",
    "memberships",
    "notes",
    "payments",
    "plans",
    "products",
    "promo_codes",
    "refunds",
    "sync_runs",
    "sync_steps",
    "tags",
    "team_members",
    "webhook_events",
)

FIRST_MONTH, LAST_MONTH = "2024-01-01", "2027-12-01"


def upgrade() -> None:
    _create_tables()
    _create_partitions()
    _create_statistics()
    _secure_company_tables()
    _admit_app_role()


def downgrade() -> None:
    raise NotImplementedError("The first migration has nothing before it: drop the database instead.")


def _create_tables() -> None:
    op.create_table(
        "companies",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("logo_url", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), server_default="UTC", nullable=False),
        sa.Column("week_start", sa.Integer(), server_default="1", nullable=False),
        sa.Column("currency", sa.String(), server_default="usd", nullable=False),
        sa.Column("zone_chosen", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("missing_scopes", sa.String(), server_default="", nullable=False),
        sa.Column("scopes_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("whop_id"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("id_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("user_photo", sa.String(), nullable=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id_hash"),
    )
    op.create_index("sessions_user", "sessions", ["user_id"], unique=False)
    op.create_table(
        "company_access",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("access_level", sa.String(), nullable=False),
        sa.Column("team_role", sa.String(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'support', 'viewer', 'system')", name="role_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "company_id"),
    )
    op.create_table(
        "disputes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whop_payment_id", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("inquiry", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("evidence_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('needs_response', 'warning_needs_response', 'under_review', 'warning_under_review', 'won', 'lost', 'prevented', 'warning_closed', 'unknown')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="disputes_whop_id"),
    )
    op.create_index("disputes_payment", "disputes", ["company_id", "whop_payment_id"], unique=False)
    op.create_table(
        "inboxes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id"),
    )
    op.create_index("inboxes_due", "inboxes", ["due_at"], unique=False)
    op.create_index("inboxes_sync_due", "inboxes", ["sync_due_at"], unique=False)
    op.create_table(
        "members",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("photo_url", sa.String(), nullable=True),
        sa.Column("access_level", sa.Text(), nullable=False),
        sa.Column("presence", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("most_recent_action", sa.String(), nullable=True),
        sa.Column("most_recent_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_usd_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("search_text", sa.String(), server_default="", nullable=False),
        sa.Column("sort_name", sa.String(), server_default="", nullable=False),
        sa.Column("counted", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("status", sa.Text(), server_default="none", nullable=False),
        sa.Column("canceling", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("plan_name", sa.String(), server_default="", nullable=False),
        sa.Column("memberships", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mrr_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_charge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("net_revenue_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_payments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refunds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disputes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_payment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_payment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("posts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("chats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lessons", sa.Integer(), server_default="0", nullable=False),
        sa.Column("posts_30d", sa.Integer(), server_default="0", nullable=False),
        sa.Column("comments_30d", sa.Integer(), server_default="0", nullable=False),
        sa.Column("chats_30d", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lessons_30d", sa.Integer(), server_default="0", nullable=False),
        sa.Column("course_completion", sa.Float(), nullable=True),
        sa.Column("engagement_score", sa.Integer(), nullable=True),
        sa.CheckConstraint("access_level IN ('no_access', 'admin', 'customer', 'unknown')", name="access_level_known"),
        sa.CheckConstraint("presence IN ('joined', 'left', 'unknown')", name="presence_known"),
        sa.CheckConstraint(
            "status IN ('active', 'past_due', 'paused', 'trialing', 'completed', 'unresolved', 'drafted', 'canceled', 'expired', 'none')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="members_whop_id"),
    )
    op.create_index(
        "members_by_email_down",
        "members",
        ["company_id", sa.literal_column("email DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_email_up",
        "members",
        ["company_id", sa.literal_column("email"), "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_joined_at_down",
        "members",
        ["company_id", sa.literal_column("joined_at DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_joined_at_up",
        "members",
        ["company_id", sa.literal_column("joined_at"), "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_last_active_at_down",
        "members",
        ["company_id", sa.literal_column("last_active_at DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_last_active_at_up",
        "members",
        ["company_id", sa.literal_column("last_active_at"), "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_mrr_minor",
        "members",
        ["company_id", "mrr_minor", "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_net_revenue_minor",
        "members",
        ["company_id", "net_revenue_minor", "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_plan_name_down",
        "members",
        ["company_id", sa.literal_column("nullif(plan_name, '') DESC NULLS LAST"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("counted"),
        postgresql_include=["plan_name"],
    )
    op.create_index(
        "members_by_plan_name_up",
        "members",
        ["company_id", sa.literal_column("nullif(plan_name, '')"), "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
        postgresql_include=["plan_name"],
    )
    op.create_index(
        "members_by_sort_name",
        "members",
        ["company_id", "sort_name", "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_by_status",
        "members",
        ["company_id", "status", "canceling", "id"],
        unique=False,
        postgresql_where=sa.text("counted"),
    )
    op.create_index(
        "members_list",
        "members",
        ["company_id", "id"],
        unique=False,
        postgresql_include=[
            "search_text",
            "sort_name",
            "email",
            "status",
            "canceling",
            "plan_name",
            "joined_at",
            "last_active_at",
            "net_revenue_minor",
            "mrr_minor",
        ],
        postgresql_where=sa.text("counted"),
    )
    op.create_index("members_user", "members", ["company_id", "whop_user_id"], unique=False)
    op.create_table(
        "plans",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whop_product_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("plan_type", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("initial_price_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("renewal_price_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("billing_period_days", sa.Integer(), nullable=True),
        sa.Column("expiration_days", sa.Integer(), nullable=True),
        sa.Column("trial_period_days", sa.Integer(), nullable=True),
        sa.Column("split_pay_required_payments", sa.Integer(), nullable=True),
        sa.Column("formatted_price", sa.String(), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("plan_type IN ('renewal', 'one_time', 'unknown')", name="plan_type_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="plans_whop_id"),
    )
    op.create_table(
        "products",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("visibility", sa.String(), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="products_whop_id"),
    )
    op.create_table(
        "promo_codes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("promo_type", sa.String(), nullable=False),
        sa.Column("amount_off", sa.Float(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("duration_months", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("duration IN ('forever', 'once', 'repeating', 'unknown')", name="duration_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="promo_codes_whop_id"),
    )
    op.create_table(
        "refunds",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("whop_payment_id", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'requires_action', 'succeeded', 'failed', 'canceled', 'unknown')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="refunds_whop_id"),
    )
    op.create_index("refunds_payment", "refunds", ["company_id", "whop_payment_id"], unique=False)
    op.create_table(
        "sync_runs",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('initial', 'manual')", name="kind_known"),
        sa.CheckConstraint("status IN ('running', 'done', 'failed')", name="status_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index(
        "sync_runs_one", "sync_runs", ["company_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )
    op.create_index("sync_runs_started", "sync_runs", ["company_id", "started_at"], unique=False)
    op.create_table(
        "tags",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "color IN ('gray', 'red', 'orange', 'amber', 'green', 'teal', 'blue', 'violet', 'pink')", name="color_known"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("tags_name", "tags", ["company_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "team_members",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("photo_url", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="team_members_whop_id"),
    )
    op.create_table(
        "webhook_events",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("webhook_id", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'done', 'ignored', 'failed')", name="status_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("webhook_id", name="webhook_events_webhook_id"),
    )
    op.create_index(
        "webhook_events_pending",
        "webhook_events",
        ["company_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("webhook_events_received", "webhook_events", ["company_id", "received_at"], unique=False)
    op.create_table(
        "activities",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("whop_member_id", sa.String(), nullable=True),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), server_default="", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=True),
        sa.CheckConstraint("grp IN ('membership', 'payment', 'community', 'course', 'team')", name="grp_known"),
        sa.CheckConstraint(
            "kind IN ('joined', 'left', 'membership_started', 'membership_renewed', 'membership_changed', 'membership_past_due', 'membership_paused', 'membership_resumed', 'cancel_scheduled', 'cancel_taken_back', 'membership_ended', 'trial_ending', 'payment_paid', 'payment_failed', 'payment_recovered', 'refunded', 'dispute_opened', 'dispute_closed', 'invoice_created', 'invoice_paid', 'invoice_past_due', 'posted', 'commented', 'chatted', 'lesson_completed', 'tagged', 'untagged', 'noted', 'profile_changed')",
            name="kind_known",
        ),
        sa.CheckConstraint("origin IN ('live', 'catch_up', 'backfill', 'import', 'undo', 'rule')", name="origin_known"),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "occurred_at", "id"),
        sa.UniqueConstraint("company_id", "source", "occurred_at", name="activities_source"),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.create_index("activities_member", "activities", ["company_id", "member_id", "occurred_at", "id"], unique=False)
    op.create_index(
        "activities_unlinked_whop_member_id",
        "activities",
        ["company_id", "whop_member_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_index(
        "activities_unlinked_whop_user_id",
        "activities",
        ["company_id", "whop_user_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "course_progress",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_course_id", sa.String(), nullable=False),
        sa.Column("whop_user_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("course_title", sa.String(), server_default="", nullable=False),
        sa.Column("completion", sa.Float(), server_default="0", nullable=False),
        sa.Column("completed_lessons", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_lessons", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_interaction_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_course_id", "whop_user_id", name="course_progress_person"),
    )
    op.create_index("course_progress_member", "course_progress", ["company_id", "member_id"], unique=False)
    op.create_index(
        "course_progress_unlinked_whop_user_id",
        "course_progress",
        ["company_id", "whop_user_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "invoices",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("whop_member_id", sa.String(), nullable=True),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'paid', 'past_due', 'uncollectible', 'void', 'unknown')", name="status_known"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="invoices_whop_id"),
    )
    op.create_index("invoices_member", "invoices", ["company_id", "member_id"], unique=False)
    op.create_index(
        "invoices_unlinked_whop_member_id",
        "invoices",
        ["company_id", "whop_member_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_index(
        "invoices_unlinked_whop_user_id",
        "invoices",
        ["company_id", "whop_user_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "member_days",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "kind IN ('post', 'comment', 'chat', 'lesson', 'payment', 'payment_failed', 'visit')", name="kind_known"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "member_id", "kind", "day"),
    )
    op.create_table(
        "member_tags",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.Column("tagged_by", sa.String(), nullable=True),
        sa.Column("tagged_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "tag_id"], ["tags.company_id", "tags.id"], name="tag_id_in_company", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "member_id", "tag_id"),
    )
    op.create_index("member_tags_tag", "member_tags", ["company_id", "tag_id", "member_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("whop_member_id", sa.String(), nullable=True),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("whop_plan_id", sa.String(), nullable=False),
        sa.Column("whop_product_id", sa.String(), nullable=False),
        sa.Column("whop_promo_code_id", sa.String(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_version", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_option", sa.String(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("cancel_feedback", sa.String(), nullable=True),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billing_period_days", sa.Integer(), nullable=True),
        sa.Column("collection_method", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("initial_price_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("renewal_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("most_recent_action", sa.String(), nullable=True),
        sa.Column("most_recent_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("split_pay_required_payments", sa.Integer(), nullable=True),
        sa.Column("first_charge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mrr_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "status IN ('trialing', 'active', 'past_due', 'completed', 'canceled', 'expired', 'unresolved', 'drafted', 'canceling', 'unknown')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="memberships_whop_id"),
    )
    op.create_index(
        "memberships_member",
        "memberships",
        ["company_id", "member_id", "id"],
        unique=False,
        postgresql_include=["status", "paused", "mrr_minor"],
    )
    op.create_index(
        "memberships_mrr",
        "memberships",
        ["company_id", "mrr_minor"],
        unique=False,
        postgresql_where=sa.text("mrr_minor > 0"),
    )
    op.create_index(
        "memberships_unlinked_whop_member_id",
        "memberships",
        ["company_id", "whop_member_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_index(
        "memberships_unlinked_whop_user_id",
        "memberships",
        ["company_id", "whop_user_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "notes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("notes_member", "notes", ["company_id", "member_id", "created_at"], unique=False)
    op.create_table(
        "payments",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("whop_id", sa.String(), nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("whop_member_id", sa.String(), nullable=True),
        sa.Column("whop_user_id", sa.String(), nullable=True),
        sa.Column("whop_membership_id", sa.String(), nullable=True),
        sa.Column("whop_plan_id", sa.String(), nullable=True),
        sa.Column("whop_product_id", sa.String(), nullable=True),
        sa.Column("whop_promo_code_id", sa.String(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("substatus", sa.String(), nullable=False),
        sa.Column("billing_reason", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("after_fees_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("usd_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_company_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken_company_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disputes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("whop_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispute_alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure_message", sa.String(), nullable=True),
        sa.Column("decline_code", sa.String(), nullable=True),
        sa.Column("retryable", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("card_brand", sa.String(), nullable=True),
        sa.Column("card_last4", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'authorized', 'paid', 'pending', 'uncollectible', 'unresolved', 'void', 'unknown')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "whop_id", name="payments_whop_id"),
    )
    op.create_index("payments_member", "payments", ["company_id", "member_id", "whop_created_at"], unique=False)
    op.create_index("payments_membership", "payments", ["company_id", "whop_membership_id"], unique=False)
    op.create_index(
        "payments_unlinked_whop_member_id",
        "payments",
        ["company_id", "whop_member_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_index(
        "payments_unlinked_whop_user_id",
        "payments",
        ["company_id", "whop_user_id"],
        unique=False,
        postgresql_where=sa.text("member_id IS NULL"),
    )
    op.create_table(
        "sync_steps",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(), server_default="", nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.String(), nullable=True),
        sa.Column("done", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "resource IN ('products', 'plans', 'promo_codes', 'team_members', 'members', 'memberships', 'paused_memberships', 'payments', 'refunds', 'disputes', 'invoices', 'courses', 'lessons', 'forum_posts', 'chat_messages')",
            name="resource_known",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "run_id"],
            ["sync_runs.company_id", "sync_runs.id"],
            name="run_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.UniqueConstraint("company_id", "run_id", "resource", "parent", name="sync_steps_resource"),
    )
    op.create_table(
        "membership_changes",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reconstructed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("cancel_at_period_end", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("whop_plan_id", sa.String(), nullable=False),
        sa.Column("mrr_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("origin IN ('live', 'catch_up', 'backfill', 'import', 'undo', 'rule')", name="origin_known"),
        sa.CheckConstraint(
            "status IN ('trialing', 'active', 'past_due', 'completed', 'canceled', 'expired', 'unresolved', 'drafted', 'canceling', 'unknown')",
            name="status_known",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "membership_id"],
            ["memberships.company_id", "memberships.id"],
            name="membership_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index(
        "membership_changes_at",
        "membership_changes",
        ["company_id", "membership_id", "occurred_at", "id"],
        unique=False,
        postgresql_include=["status", "paused", "mrr_minor"],
    )
    op.create_index(
        "membership_changes_when", "membership_changes", ["company_id", "occurred_at", "membership_id"], unique=False
    )


def _create_partitions() -> None:
    """A function, because the app's role may not create tables: months ahead are made by a job."""
    op.execute("CREATE TABLE activities_other PARTITION OF activities DEFAULT")
    op.execute("ALTER TABLE activities_other ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE activities_other FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        CREATE FUNCTION ensure_activity_month(month date) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            first date := date_trunc('month', month);
            partition text := 'activities_' || to_char(first, 'YYYY_MM');
        BEGIN
            IF to_regclass(partition) IS NOT NULL THEN
                RETURN false;
            END IF;
            EXECUTE format('CREATE TABLE %I PARTITION OF activities FOR VALUES FROM (%L) TO (%L)', partition,
                           first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
            EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition);
            RETURN true;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION ensure_activity_month(date) FROM PUBLIC")
    op.execute(
        "SELECT ensure_activity_month(month::date) "
        f"FROM generate_series(date '{FIRST_MONTH}', date '{LAST_MONTH}', interval '1 month') AS month"
    )


def _create_statistics() -> None:
    """A function, because only the owner may gather statistics: without any, a table that grows fast is read in full.

    Of the tables named, those that are a company's; one process at a time, whoever comes second does without.
    """
    known = ", ".join(f"'{table}'" for table in COMPANY_TABLES)
    op.execute(
        f"""
        CREATE FUNCTION gather_statistics(tables text[]) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
        DECLARE
            name text;
        BEGIN
            IF NOT pg_try_advisory_xact_lock(hashtextextended('gather_statistics', 0)) THEN
                RETURN false;
            END IF;
            FOREACH name IN ARRAY tables LOOP
                IF name IN ({known}) THEN
                    EXECUTE format('ANALYZE %I', name);
                END IF;
            END LOOP;
            RETURN true;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION gather_statistics(text[]) FROM PUBLIC")


def _secure_company_tables() -> None:
    for table in COMPANY_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            "USING (company_id = current_setting('app.company_id')::bigint) "
            "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
        )


def _admit_app_role() -> None:
    role, password = app_role(), app_role_password()
    quoted = op.get_bind().dialect.identifier_preparer.quote_identifier(role)
    exists = op.get_bind().scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    if not exists:
        secret = "" if password is None else " PASSWORD '" + password.replace("'", "''") + "'"
        op.execute(sa.text(f"CREATE ROLE {quoted} LOGIN NOSUPERUSER NOBYPASSRLS{secret}".replace(":", r"\:")))
    op.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
    op.execute(f"REVOKE ALL ON alembic_version FROM {quoted}")
    op.execute(f"GRANT SELECT ON alembic_version TO {quoted}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
    op.execute(f"GRANT EXECUTE ON FUNCTION ensure_activity_month(date), gather_statistics(text[]) TO {quoted}")
    for partition in (
        op.get_bind()
        .scalars(sa.text("SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'"))
        .all()
    ):
        op.execute(f"REVOKE ALL ON {partition} FROM {quoted}")
