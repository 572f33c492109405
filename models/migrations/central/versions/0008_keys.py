"""The register of the centre's keys, and since when a device's pinned key is no longer the centre's.

The register starts empty: `hailong admin upgrade` enters what lies in the instance folder.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0008"
down_revision = "central_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_register",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("replaced_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_key_register_number")),
        sa.PrimaryKeyConstraint("name", "number", name=op.f("pk_key_register")),
    )
    op.add_column("device", sa.Column("foreign_ms", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("device", "foreign_ms")
    op.drop_table("key_register")
