"""The number in a device's name as a column: tokens say it, and several devices may have it."""

import re

import sqlalchemy as sa
from alembic import op

revision = "central_0010"
down_revision = "central_0009"
branch_labels = None
depends_on = None

_NAME = re.compile(r"d-(\d{4,10})(-[0-9a-z]{8})?\Z", re.ASCII)


def upgrade() -> None:
    op.add_column("device", sa.Column("number", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_device_number"), "device", ["number"])
    device = sa.table("device", sa.column("id", sa.String), sa.column("number", sa.Integer))
    connection = op.get_bind()
    for (name,) in connection.execute(sa.select(device.c.id)).all():
        match = _NAME.match(name)
        if match and int(match[1]) < 2**31:
            connection.execute(sa.update(device).where(device.c.id == name).values(number=int(match[1])))


def downgrade() -> None:
    op.drop_index(op.f("ix_device_number"), table_name="device")
    op.drop_column("device", "number")
