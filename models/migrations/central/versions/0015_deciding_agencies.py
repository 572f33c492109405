"""Agencies that an API key may name as deciding; keys made before may name any, as they could.

What one-stop software announced so far goes on; `hailong admin apikeys deciders` narrows it.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0015"
down_revision = "central_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("deciders", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("api_key", "deciders")
