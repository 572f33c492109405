"""Columns for the finished screens: a rating's words, follow-up code, what was served, and when."""

import sqlalchemy as sa
from alembic import op

revision = "kiosk_0002"
down_revision = "kiosk_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.add_column(sa.Column("comment", sa.String(), nullable=True))
        table.add_column(sa.Column("follow", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("stage", sa.String(length=12), nullable=True))
        table.add_column(sa.Column("procedure", sa.String(length=40), nullable=True))
        table.add_column(sa.Column("off_hours", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("drill", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("draft") as table:
        for name in ("drill", "off_hours", "procedure", "stage", "follow", "comment"):
            table.drop_column(name)
