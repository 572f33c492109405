"""The place a used slip's token names in its ledger, and whether the ledger holds it there.

Slips that were used before are not asked about.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0014"
down_revision = "central_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spent_slip", sa.Column("seq", sa.Integer(), nullable=True))
    op.add_column("spent_slip", sa.Column("minute", sa.BigInteger(), nullable=True))
    op.add_column("spent_slip", sa.Column("recorded", sa.Boolean(), nullable=True))
    op.create_index("ix_spent_slip_recorded", "spent_slip", ["recorded", "device_id", "epoch", "seq"])


def downgrade() -> None:
    op.drop_index("ix_spent_slip_recorded", table_name="spent_slip")
    op.drop_column("spent_slip", "recorded")
    op.drop_column("spent_slip", "minute")
    op.drop_column("spent_slip", "seq")
