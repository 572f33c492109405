"""The centre's reference data: agencies, desks, procedures, questionnaires, staff, issued reports."""

import sqlalchemy as sa
from alembic import op

revision = "central_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("parent_key", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("valid_to", sa.String(length=10), nullable=True),
        sa.Column("paper", sa.JSON(), nullable=False),
        sa.CheckConstraint("parent_key IS NULL OR parent_key <> key", name=op.f("ck_agency_parent")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_agency_valid")),
        sa.ForeignKeyConstraint(["parent_key"], ["agency.key"], name=op.f("fk_agency_parent_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_agency")),
    )
    op.create_index(op.f("ix_agency_parent_key"), "agency", ["parent_key"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "instrument",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.CheckConstraint("status IN ('draft','open','closing','closed')", name=op.f("ck_instrument_status")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_instrument")),
    )
    op.create_table(
        "procedure",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("field_vi", sa.String(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 65535", name=op.f("ck_procedure_number")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_procedure")),
        sa.UniqueConstraint("number", name=op.f("uq_procedure_number")),
    )
    op.create_table(
        "store_mark",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_store_mark")),
    )
    op.create_table(
        "agency_code",
        sa.Column("scheme", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("valid_to", sa.String(length=10), nullable=True),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_agency_code_agency_key")),
        sa.PrimaryKeyConstraint("scheme", "code", "valid_from", name=op.f("pk_agency_code")),
    )
    op.create_index(op.f("ix_agency_code_agency_key"), "agency_code", ["agency_key"], unique=False)
    op.create_table(
        "agency_succession",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("predecessor_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_agency_succession_agency_key")),
        sa.ForeignKeyConstraint(["predecessor_key"], ["agency.key"], name=op.f("fk_agency_succession_predecessor_key")),
        sa.PrimaryKeyConstraint("agency_key", "predecessor_key", name=op.f("pk_agency_succession")),
    )
    op.create_table(
        "desk",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("factors", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_desk_agency_key")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_desk")),
        sa.UniqueConstraint("agency_key", "name_vi", name=op.f("uq_desk_agency_key_name_vi")),
    )
    op.create_index(op.f("ix_desk_agency_key"), "desk", ["agency_key"], unique=False)
    op.create_table(
        "dossier_month",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("complained", sa.Integer(), nullable=False),
        sa.Column("overdue_and_complained", sa.Integer(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_dossier_month_agency_key")),
        sa.PrimaryKeyConstraint("agency_key", "month", "stage", "field", name=op.f("pk_dossier_month")),
    )
    op.create_table(
        "report",
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_report_agency_key")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_report")),
        sa.UniqueConstraint("agency_key", "period", "revision", name=op.f("uq_report_agency_key_period_revision")),
    )
    op.create_table(
        "staff",
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("link", sa.String(length=64), nullable=True),
        sa.Column("link_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('province','agency','desk','auditor','editor')", name=op.f("ck_staff_role")),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_staff_agency_key")),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_staff")),
    )
    op.create_table(
        "staff_session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["email"], ["staff.email"], name=op.f("fk_staff_session_email"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_email"), "staff_session", ["email"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_staff_session_email"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_table("staff")
    op.drop_table("report")
    op.drop_table("dossier_month")
    op.drop_index(op.f("ix_desk_agency_key"), table_name="desk")
    op.drop_table("desk")
    op.drop_table("agency_succession")
    op.drop_index(op.f("ix_agency_code_agency_key"), table_name="agency_code")
    op.drop_table("agency_code")
    op.drop_table("store_mark")
    op.drop_table("procedure")
    op.drop_table("instrument")
    op.drop_table("audit")
    op.drop_index(op.f("ix_agency_parent_key"), table_name="agency")
    op.drop_table("agency")
