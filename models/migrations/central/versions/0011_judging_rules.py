"""Rules a response was judged under, and where a device stood when its epoch began.

What was read before keeps the first rules. Where an epoch stood is taken from today's register.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0011"
down_revision = "central_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response", sa.Column("rule", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("response", sa.Column("ignored", sa.JSON(), nullable=True))
    op.add_column("epoch", sa.Column("desk_code", sa.String(length=40), nullable=True))
    op.add_column("epoch", sa.Column("agency_key", sa.String(length=40), nullable=True))
    op.add_column("epoch", sa.Column("first_rules_seq", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE epoch SET first_rules_seq = projected_seq,"
        " desk_code = (SELECT d.desk_code FROM device d WHERE d.id = epoch.device_id),"
        " agency_key = (SELECT k.agency_key FROM device d JOIN desk k ON k.code = d.desk_code"
        " WHERE d.id = epoch.device_id)"
    )


def downgrade() -> None:
    for name in ("first_rules_seq", "agency_key", "desk_code"):
        op.drop_column("epoch", name)
    for name in ("ignored", "rule"):
        op.drop_column("response", name)
