"""The tie of a rating: the keyed reference to the dossier that the officer named for it."""

import sqlalchemy as sa
from alembic import op

revision = "kiosk_0003"
down_revision = "kiosk_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.add_column(sa.Column("tie", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.drop_column("tie")
