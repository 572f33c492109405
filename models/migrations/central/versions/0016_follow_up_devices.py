"""Follow-up codes are kept under their device too: nobody takes another's code by naming its digest.

What is there belongs to the device whose answer it leads to; empty where that answer is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0016"
down_revision = "central_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as table:
        table.add_column(sa.Column("device_id", sa.String(length=24), nullable=False, server_default=""))
    op.execute(
        "UPDATE follow_up SET device_id = COALESCE("
        "(SELECT r.device_id FROM response r WHERE r.id = follow_up.response_id), '')"
    )
    with op.batch_alter_table("follow_up") as table:
        table.drop_constraint(op.f("pk_follow_up"), type_="primary")
        table.create_primary_key(op.f("pk_follow_up"), ["digest", "device_id"])


def downgrade() -> None:
    # of two devices' answers under one code the first device's stays
    op.execute(
        "DELETE FROM follow_up WHERE EXISTS (SELECT 1 FROM follow_up f WHERE f.digest = follow_up.digest"
        " AND f.device_id < follow_up.device_id)"
    )
    with op.batch_alter_table("follow_up") as table:
        table.drop_constraint(op.f("pk_follow_up"), type_="primary")
        table.create_primary_key(op.f("pk_follow_up"), ["digest"])
        table.drop_column("device_id")
