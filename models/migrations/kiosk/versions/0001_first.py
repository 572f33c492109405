"""The first schema of the kiosk store."""

import sqlalchemy as sa
from alembic import op

revision = "kiosk_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_state",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desk_state")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("undos", sa.Integer(), nullable=False),
        sa.Column("screens", sa.JSON(), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.Column("mono", sa.BigInteger(), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name=op.f("ck_draft_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_table(
        "entry",
        sa.Column("device", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("typ", sa.String(length=8), nullable=False),
        sa.Column("rid", sa.String(length=64), nullable=False),
        sa.Column("covered_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("epoch >= 1", name=op.f("ck_entry_epoch")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_entry_seq")),
        sa.PrimaryKeyConstraint("device", "epoch", "seq", name=op.f("pk_entry")),
    )
    op.create_index("ix_entry_rid", "entry", ["rid"], unique=False)
    op.create_table(
        "minted_slip",
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "serial", name=op.f("pk_minted_slip")),
    )
    op.create_table(
        "receipt",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipt")),
        sa.UniqueConstraint("epoch", "seq", "t", name=op.f("uq_receipt_epoch_seq_t")),
    )
    op.create_table(
        "reference",
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_reference")),
    )
    op.create_table(
        "waiting_sidecar",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "kind", name=op.f("pk_waiting_sidecar")),
    )
    op.create_index("ix_waiting_sidecar_seq", "waiting_sidecar", ["epoch", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_waiting_sidecar_seq", table_name="waiting_sidecar")
    op.drop_table("waiting_sidecar")
    op.drop_table("reference")
    op.drop_table("receipt")
    op.drop_table("minted_slip")
    op.drop_index("ix_entry_rid", table_name="entry")
    op.drop_table("entry")
    op.drop_table("draft")
    op.drop_table("desk_state")
