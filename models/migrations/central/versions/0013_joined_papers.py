"""Joined papers noted on answers, and the mark of dossier keys that all agencies share.

A key that is there may have been handed out, so it stays one for all.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0013"
down_revision = "central_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response", sa.Column("joined", sa.JSON(), nullable=True))
    op.add_column("dossier_key", sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    op.drop_column("dossier_key", "shared")
    op.drop_column("response", "joined")
