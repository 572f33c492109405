"""The centre's ledgers and what follows from them: devices, entries, responses, tallies."""

import sqlalchemy as sa
from alembic import op

revision = "central_0002"
down_revision = "central_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
        "phone_draft",
        sa.Column("response_id", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("slip", sa.String(length=160), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.Column("touched_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_phone_draft_score")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_phone_draft")),
    )
    op.create_table(
        "refusal",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("device", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "device", "code", name=op.f("pk_refusal")),
    )
    op.create_table(
        "response",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("decider_key", sa.String(length=40), nullable=True),
        sa.Column("desk_code", sa.String(length=40), nullable=True),
        sa.Column("procedure_code", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("low_ms", sa.BigInteger(), nullable=False),
        sa.Column("high_ms", sa.BigInteger(), nullable=False),
        sa.Column("claimed_ms", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.CheckConstraint("(outcome = 'not_counted') = (reason IS NOT NULL)", name=op.f("ck_response_reason")),
        sa.CheckConstraint(
            "outcome IN ('counted','superseded','contested','not_counted')", name=op.f("ck_response_outcome")
        ),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name=op.f("ck_response_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
    )
    op.create_index("ix_response_agency_month", "response", ["agency_key", "month"], unique=False)
    op.create_index("ix_response_decider_month", "response", ["decider_key", "month"], unique=False)
    op.create_index("ix_response_entry", "response", ["device_id", "epoch", "seq"], unique=False)
    op.create_table(
        "sidecar",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "kind", name=op.f("pk_sidecar")),
    )
    op.create_table(
        "stale_tally",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency_key", "month", name=op.f("pk_stale_tally")),
    )
    op.create_table(
        "tally_day",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("desk_code", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency_key",
            "day",
            "desk_code",
            "channel",
            "stage",
            "instrument",
            "version",
            "item",
            "excluded",
            "value",
            name=op.f("pk_tally_day"),
        ),
    )
    op.create_index("ix_tally_day_agency_month", "tally_day", ["agency_key", "month"], unique=False)
    op.create_table(
        "tally_month",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency_key",
            "month",
            "channel",
            "stage",
            "procedure_code",
            "instrument",
            "version",
            "item",
            "excluded",
            "value",
            name=op.f("pk_tally_month"),
        ),
    )
    op.create_index(
        "ix_tally_month_month_item",
        "tally_month",
        ["month", "instrument", "item", "agency_key", "value", "channel", "excluded", "n"],
        unique=False,
    )
    op.create_table(
        "tie",
        sa.Column("response_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_tie")),
    )
    op.create_index(op.f("ix_tie_key"), "tie", ["key"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("desk_code", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("disk_mb", sa.Integer(), nullable=True),
        sa.Column("app", sa.String(length=24), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('new','pending','active','suspended','forked','revoked','lost')", name=op.f("ck_device_state")
        ),
        sa.ForeignKeyConstraint(["desk_code"], ["desk.code"], name=op.f("fk_device_desk_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_desk_code"), "device", ["desk_code"], unique=False)
    op.create_table(
        "epoch",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("vk", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("certificate_signature", sa.String(length=128), nullable=False),
        sa.Column("genesis", sa.String(length=64), nullable=False),
        sa.Column("issued_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_h", sa.String(length=64), nullable=False),
        sa.Column("anchor_ms", sa.BigInteger(), nullable=False),
        sa.Column("anchor_seq", sa.Integer(), nullable=False),
        sa.Column("projected_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open','closed','forked')", name=op.f("ck_epoch_state")),
        sa.CheckConstraint("projected_seq <= last_seq", name=op.f("ck_epoch_projected")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_epoch_device_id")),
        sa.PrimaryKeyConstraint("device_id", "epoch", name=op.f("pk_epoch")),
    )
    op.create_table(
        "evidence",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("found_ms", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.LargeBinary(), nullable=False),
        sa.Column("presented", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_evidence_device_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_device_id"), "evidence", ["device_id"], unique=False)
    op.create_table(
        "pairing_code",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("vk", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pairing_code_device_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_pairing_code")),
    )
    op.create_index(op.f("ix_pairing_code_device_id"), "pairing_code", ["device_id"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=4), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("source IN ('head','slip')", name=op.f("ck_sighting_source")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_sighting_device_id")),
        sa.PrimaryKeyConstraint("device_id", "epoch", "seq", "source", name=op.f("pk_sighting")),
    )
    op.create_table(
        "spent_slip",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("spent_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_spent_slip_device_id")),
        sa.PrimaryKeyConstraint("device_id", "epoch", "serial", name=op.f("pk_spent_slip")),
    )
    op.create_table(
        "batch",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("from_seq", sa.Integer(), nullable=False),
        sa.Column("to_seq", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id", "epoch"], ["epoch.device_id", "epoch.epoch"], name=op.f("fk_batch_device_id_epoch")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_batch")),
    )
    op.create_index("ix_batch_epoch", "batch", ["device_id", "epoch", "to_seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_batch_epoch", table_name="batch")
    op.drop_table("batch")
    op.drop_table("spent_slip")
    op.drop_table("sighting")
    op.drop_index(op.f("ix_pairing_code_device_id"), table_name="pairing_code")
    op.drop_table("pairing_code")
    op.drop_index(op.f("ix_evidence_device_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_table("epoch")
    op.drop_index(op.f("ix_device_desk_code"), table_name="device")
    op.drop_table("device")
    op.drop_index(op.f("ix_tie_key"), table_name="tie")
    op.drop_table("tie")
    op.drop_index("ix_tally_month_month_item", table_name="tally_month")
    op.drop_table("tally_month")
    op.drop_index("ix_tally_day_agency_month", table_name="tally_day")
    op.drop_table("tally_day")
    op.drop_table("stale_tally")
    op.drop_table("sidecar")
    op.drop_index("ix_response_entry", table_name="response")
    op.drop_index("ix_response_decider_month", table_name="response")
    op.drop_index("ix_response_agency_month", table_name="response")
    op.drop_table("response")
    op.drop_table("refusal")
    op.drop_table("phone_draft")
    op.drop_index("ix_entry_rid", table_name="entry")
    op.drop_table("entry")
