"""No counts of wrong codes in the store: they are in memory, and nothing of them is kept."""

import sqlalchemy as sa
from alembic import op

revision = "central_0021"
down_revision = "central_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_wrong_tries_minute"), table_name="wrong_tries")
    op.drop_table("wrong_tries")


def downgrade() -> None:
    op.create_table(
        "wrong_tries",
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_minute"), "wrong_tries", ["minute"])
