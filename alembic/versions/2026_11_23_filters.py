"""What filters ask for: segments, lists, custom fields, scores by day, windows of behaviour.

Revision ID: 2026_11_23_filters
Revises: 2026_11_23_care
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from whop_crm.runtime.roles import app_role

revision = "2026_11_23_filters"
down_revision = "2026_11_23_care"
branch_labels = None
depends_on = None

COMPANY_TABLES = (
    "custom_fields",
    "lists",
    "segments",
    "usages",
    "custom_values",
    "list_members",
    "member_scores",
    "segment_days",
    "segment_members",
    "segment_moves",
)
COUNTED = ("custom_fields", "lists", "segments", "segment_moves")


def upgrade() -> None:
    _fields()
    _sets()
    _moves()
    op.create_index(
        "member_days_window", "member_days", ["company_id", "kind", "day", "member_id"], postgresql_include=["n"]
    )
    op.add_column("members", sa.Column("engagement_change", sa.Integer(), nullable=True))
    for table in COMPANY_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            "USING (company_id = current_setting('app.company_id')::bigint) "
            "WITH CHECK (company_id = current_setting('app.company_id')::bigint)"
        )
    quoted = op.get_bind().dialect.identifier_preparer.quote_identifier(app_role())
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(COMPANY_TABLES)} TO {quoted}")
    for table in COUNTED:
        op.execute(f"GRANT USAGE, SELECT ON SEQUENCE {table}_id_seq TO {quoted}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup instead.")


def _fields() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("options", JSONB(), server_default="{}", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("type IN ('text', 'number', 'date', 'choice', 'yes_no')", name="type_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("custom_fields_key", "custom_fields", ["company_id", "key"], unique=True)
    op.create_index(
        "custom_fields_name",
        "custom_fields",
        ["company_id", sa.literal_column("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "custom_values",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("text_value", sa.String(), nullable=True),
        sa.Column("folded", sa.String(), nullable=True),
        sa.Column("number_value", sa.Float(), nullable=True),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.Column("flag_value", sa.Boolean(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "field_id"],
            ["custom_fields.company_id", "custom_fields.id"],
            name="field_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "field_id", "member_id"),
    )
    op.create_index(
        "custom_values_date",
        "custom_values",
        ["company_id", "field_id", "date_value", "member_id"],
        postgresql_where=sa.text("date_value IS NOT NULL"),
    )
    op.create_index(
        "custom_values_flag",
        "custom_values",
        ["company_id", "field_id", "flag_value", "member_id"],
        postgresql_where=sa.text("flag_value IS NOT NULL"),
    )
    op.create_index(
        "custom_values_folded",
        "custom_values",
        ["company_id", "field_id", "folded", "member_id"],
        postgresql_where=sa.text("folded IS NOT NULL"),
    )
    op.create_index("custom_values_member", "custom_values", ["company_id", "member_id"])
    op.create_index(
        "custom_values_number",
        "custom_values",
        ["company_id", "field_id", "number_value", "member_id"],
        postgresql_where=sa.text("number_value IS NOT NULL"),
    )
    op.create_table(
        "member_scores",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "member_id", "day"),
    )


def _sets() -> None:
    op.create_table(
        "lists",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("color", sa.Text(), server_default="gray", nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_by_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "color IN ('gray', 'red', 'orange', 'amber', 'green', 'teal', 'blue', 'violet', 'pink')", name="color_known"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("lists_name", "lists", ["company_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "list_members",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "list_id"], ["lists.company_id", "lists.id"], name="list_id_in_company", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "list_id", "member_id"),
    )
    op.create_index("list_members_member", "list_members", ["company_id", "member_id", "list_id"])
    op.create_table(
        "segments",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("color", sa.Text(), server_default="blue", nullable=False),
        sa.Column("filter", JSONB(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("relative", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "color IN ('gray', 'red', 'orange', 'amber', 'green', 'teal', 'blue', 'violet', 'pink')", name="color_known"
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("segments_name", "segments", ["company_id", sa.literal_column("lower(name)"), "id"])
    op.create_table(
        "usages",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("used_kind", sa.Text(), nullable=False),
        sa.Column("used_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used_kind IN ('tag', 'list', 'segment', 'field')", name="used_kind_known"),
        sa.CheckConstraint("user_kind IN ('segment', 'view', 'rule')", name="user_kind_known"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "user_kind", "user_id", "used_kind", "used_id"),
    )
    op.create_index("usages_used", "usages", ["company_id", "used_kind", "used_id"])


def _moves() -> None:
    op.create_table(
        "segment_days",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("members", sa.Integer(), server_default="0", nullable=False),
        sa.Column("mrr_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "segment_id"],
            ["segments.company_id", "segments.id"],
            name="segment_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "segment_id", "day"),
    )
    op.create_table(
        "segment_members",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "segment_id"],
            ["segments.company_id", "segments.id"],
            name="segment_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "segment_id", "member_id"),
    )
    op.create_index("segment_members_member", "segment_members", ["company_id", "member_id"])
    op.create_table(
        "segment_moves",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "member_id"],
            ["members.company_id", "members.id"],
            name="member_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "segment_id"],
            ["segments.company_id", "segments.id"],
            name="segment_id_in_company",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id"),
    )
    op.create_index("segment_moves_at", "segment_moves", ["company_id", "segment_id", "at"])
    op.create_index("segment_moves_member", "segment_moves", ["company_id", "member_id"])
