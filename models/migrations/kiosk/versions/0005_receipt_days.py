"""The centre's day of a receipt, the running clock when it came, and whether the centre lost it."""

import sqlalchemy as sa
from alembic import op

revision = "kiosk_0005"
down_revision = "kiosk_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("receipt") as table:
        table.add_column(sa.Column("day", sa.String(length=10), nullable=False, server_default=""))
        table.add_column(sa.Column("undone", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("boot", sa.Integer(), nullable=True))
        table.add_column(sa.Column("mono", sa.BigInteger(), nullable=True))
    op.execute("UPDATE receipt SET day = date((t + 25200000) / 1000, 'unixepoch')")  # Asia/Ho_Chi_Minh: UTC+7
    op.create_index("ix_receipt_day", "receipt", ["epoch", "undone", "day", "number"])


def downgrade() -> None:
    op.drop_index("ix_receipt_day", "receipt")
    with op.batch_alter_table("receipt") as table:
        for name in ("mono", "boot", "undone", "day"):
            table.drop_column(name)
