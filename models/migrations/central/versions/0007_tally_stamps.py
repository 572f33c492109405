"""Stamps of tallies, one for each agency's month.

What was read of its tallies may be kept in memory as long as the stamp stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0007"
down_revision = "central_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally_stamp",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", "agency_key", name=op.f("pk_tally_stamp")),
    )
    op.execute(
        "INSERT INTO tally_stamp (month, agency_key, stamp) SELECT DISTINCT month, agency_key, 1 FROM tally_brief"
    )


def downgrade() -> None:
    op.drop_table("tally_stamp")
