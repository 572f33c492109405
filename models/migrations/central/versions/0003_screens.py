"""Tables of the finished screens: desk settings, languages, prompts, phone answers, notes, codes.

At the centre these are a desk's settings, languages and spoken prompts; answers from several browsers on one slip,
answers through a poster, notes written for a tablet's answer, follow-up codes.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0003"
down_revision = "central_0002"
branch_labels = None
depends_on = None

_KEPT = "response_id, score, slip, lang, t, touched_ms"


def upgrade() -> None:
    op.add_column("desk", sa.Column("typing", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("desk", sa.Column("follow_up", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("desk", sa.Column("hours", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("response", sa.Column("off_hours", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "language",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_language")),
    )
    op.create_table(
        "spoken_prompt",
        sa.Column("text_id", sa.String(length=24), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("text_id", "lang", name=op.f("pk_spoken_prompt")),
    )
    op.create_table(
        "later_answer",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("response_id", sa.String(length=64), nullable=False),
        sa.Column("spent_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_later_answer_device_id_device")),
        sa.PrimaryKeyConstraint("device_id", "epoch", "serial", "browser", name=op.f("pk_later_answer")),
        sa.UniqueConstraint("response_id", name=op.f("uq_later_answer_response_id")),
    )
    op.create_table(
        "note",
        sa.Column("response_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("follow", sa.String(length=64), nullable=True),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_note_device_id_device")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_note")),
    )
    op.create_table(
        "follow_up",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("response_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_response_id"), "follow_up", ["response_id"])
    # Answers that are just being given must survive the new shape of their table.
    op.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {_KEPT} FROM phone_draft")
    op.drop_table("phone_draft")
    op.create_table(
        "phone_draft",
        sa.Column("response_id", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("slip", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False, server_default="qr"),
        sa.Column("desk_code", sa.String(length=40), nullable=True),
        sa.Column("instrument", sa.String(length=24), nullable=False, server_default="short"),
        sa.Column("answers", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("province", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("follow", sa.String(length=64), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lang", sa.String(length=16), nullable=False),
        sa.Column("t", sa.BigInteger(), nullable=False),
        sa.Column("touched_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name=op.f("ck_phone_draft_score")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_phone_draft")),
    )
    op.execute(f"INSERT INTO phone_draft ({_KEPT}) SELECT {_KEPT} FROM kept")
    op.execute("DROP TABLE kept")


def downgrade() -> None:
    op.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {_KEPT} FROM phone_draft WHERE score IS NOT NULL")
    op.drop_table("phone_draft")
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
    op.execute(f"INSERT INTO phone_draft ({_KEPT}) SELECT {_KEPT} FROM kept")
    op.execute("DROP TABLE kept")
    op.drop_index(op.f("ix_follow_up_response_id"), table_name="follow_up")
    for table in ("follow_up", "note", "later_answer", "spoken_prompt", "language"):
        op.drop_table(table)
    op.drop_column("response", "off_hours")
    for name in ("hours", "follow_up", "typing"):
        op.drop_column("desk", name)
