"""Openings and notes are kept under their device too: an id names one response of one device.

What is there belongs to the device whose response has the id, else to the one whose entry has it.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0009"
down_revision = "central_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sidecar") as table:
        table.add_column(sa.Column("device_id", sa.String(length=24), nullable=False, server_default=""))
    op.execute(
        "UPDATE sidecar SET device_id = COALESCE("
        "(SELECT r.device_id FROM response r WHERE r.id = sidecar.id),"
        " (SELECT MIN(e.device) FROM entry e WHERE e.rid = sidecar.id), '')"
    )
    with op.batch_alter_table("sidecar") as table:
        table.drop_constraint(op.f("pk_sidecar"), type_="primary")
        table.create_primary_key(op.f("pk_sidecar"), ["device_id", "id", "kind"])
    with op.batch_alter_table("note") as table:
        table.drop_constraint(op.f("pk_note"), type_="primary")
        table.create_primary_key(op.f("pk_note"), ["device_id", "response_id"])


def downgrade() -> None:
    # of two devices' openings under one id the first device's stay
    op.execute(
        "DELETE FROM sidecar WHERE EXISTS (SELECT 1 FROM sidecar s WHERE s.id = sidecar.id AND s.kind = sidecar.kind"
        " AND s.device_id < sidecar.device_id)"
    )
    op.execute(
        "DELETE FROM note WHERE EXISTS (SELECT 1 FROM note n WHERE n.response_id = note.response_id"
        " AND n.device_id < note.device_id)"
    )
    with op.batch_alter_table("note") as table:
        table.drop_constraint(op.f("pk_note"), type_="primary")
        table.create_primary_key(op.f("pk_note"), ["response_id"])
    with op.batch_alter_table("sidecar") as table:
        table.drop_constraint(op.f("pk_sidecar"), type_="primary")
        table.create_primary_key(op.f("pk_sidecar"), ["id", "kind"])
        table.drop_column("device_id")
