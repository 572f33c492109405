"""Accounts that are disabled and devices that were reported lost say since when."""

import sqlalchemy as sa
from alembic import op

revision = "central_0019"
down_revision = "central_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("disabled_ms", sa.BigInteger(), nullable=True))
    op.add_column("device", sa.Column("lost_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("device", "lost_ms")
    op.drop_column("staff", "disabled_ms")
