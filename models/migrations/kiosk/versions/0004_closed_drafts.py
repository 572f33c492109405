"""The close of a rating that has no ledger to be sealed in yet."""

import sqlalchemy as sa
from alembic import op

revision = "kiosk_0004"
down_revision = "kiosk_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.add_column(sa.Column("closed", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.drop_column("closed")
