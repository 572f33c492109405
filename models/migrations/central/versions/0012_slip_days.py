"""The day from which a printed slip counts: the corrected time of its ledger's entry.

Slips that are here already keep counting from what their desk said.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0012"
down_revision = "central_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("printed_slip", sa.Column("counted_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("printed_slip", "counted_ms")
