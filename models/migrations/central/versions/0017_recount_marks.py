"""Marks for counting anew: tallies hold passed-over fields and joined answers from here on.

Answers whose desk nobody knows are tallied too, under no agency.
"""

from alembic import op

revision = "central_0017"
down_revision = "central_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO stale_tally (agency_key, month, marks) SELECT DISTINCT r.agency_key, r.month, 1 FROM response r "
        "WHERE (r.ignored IS NOT NULL OR r.joined IS NOT NULL OR r.agency_key = '') AND NOT EXISTS "
        "(SELECT 1 FROM stale_tally s WHERE s.agency_key = r.agency_key AND s.month = r.month)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM tally_day WHERE item IN ('_ignored', '_joined')")
    op.execute("DELETE FROM tally_month WHERE item IN ('_ignored', '_joined')")
    op.execute("DELETE FROM tally_brief WHERE item IN ('_ignored', '_joined')")
