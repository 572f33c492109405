"""The index of used slips by what their ledger says, without those that name no place in one.

Pages count slips that wait for their ledger; typed codes and announced slips never do, and are many.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0018"
down_revision = "central_0017"
branch_labels = None
depends_on = None

_COLUMNS = ["recorded", "device_id", "epoch", "seq"]
_PLACED = sa.text("seq IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_spent_slip_recorded", table_name="spent_slip")
    op.create_index(
        "ix_spent_slip_recorded", "spent_slip", _COLUMNS, sqlite_where=_PLACED, postgresql_where=_PLACED
    )


def downgrade() -> None:
    op.drop_index("ix_spent_slip_recorded", table_name="spent_slip")
    op.create_index("ix_spent_slip_recorded", "spent_slip", _COLUMNS)
