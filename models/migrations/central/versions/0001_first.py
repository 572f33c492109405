"""The first schema of the central store."""

from alembic import op

from models.migrate import HEADS  # noqa: F401  (importing it makes all tables known)

revision = "central_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    from models.base import tables

    for table in tables("central"):
        table.create(op.get_bind())


def downgrade() -> None:
    from models.base import tables

    for table in reversed(tables("central")):
        table.drop(op.get_bind())
