"""Tables of what was released of citizens' words, lot by lot; from the beginning nothing is."""

import sqlalchemy as sa
from alembic import op

revision = "central_0020"
down_revision = "central_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "released_words",
        sa.Column("device_id", sa.String(24), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(1), nullable=False),
        sa.Column("agency_key", sa.String(40), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("rank", sa.String(32), nullable=False),
        sa.Column("low", sa.Boolean(), nullable=False),
        sa.Column("topics", sa.String(), nullable=False),
        sa.Column("lang", sa.String(16), nullable=False),
        sa.Column("released_on", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "id", "kind", name=op.f("pk_released_words")),
    )
    op.create_index("ix_released_words_order", "released_words", ["month", "week", "rank"])
    op.create_index("ix_released_words_of_agency", "released_words", ["agency_key", "month", "week", "rank"])
    op.create_table(
        "released_answer",
        sa.Column("device_id", sa.String(24), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("question", sa.String(24), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("agency_key", sa.String(40), nullable=False),
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("released_on", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "id", "question", name=op.f("pk_released_answer")),
    )
    op.create_index(
        "ix_released_answer_order", "released_answer", ["month", "week", "agency_key", "question", "value"]
    )


def downgrade() -> None:
    op.drop_table("released_answer")
    op.drop_table("released_words")
    op.execute("DELETE FROM store_mark WHERE name = 'words_released'")
