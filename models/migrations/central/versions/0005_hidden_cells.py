"""Hidden cells of complementary suppression, brief tallies, and the later score of a desk's answer.

Brief tallies are those without stage and procedure.
"""

import sqlalchemy as sa
from alembic import op

revision = "central_0005"
down_revision = "central_0004"
branch_labels = None
depends_on = None

_KEPT = "agency_key, month, instrument, item, channel, excluded, version, value"

_INDEXED = ("month", "instrument", "item", "agency_key", "value", "channel", "excluded")


def upgrade() -> None:
    op.create_table(
        "hidden_cell",
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("apart", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.CheckConstraint("state IN ('under_5','withheld')", name=op.f("ck_hidden_cell_state")),
        sa.PrimaryKeyConstraint(
            "instrument", "agency_key", "period", "apart", "value", name=op.f("pk_hidden_cell")
        ),
    )
    op.create_index("ix_hidden_cell_period", "hidden_cell", ["instrument", "period", "apart"])
    op.create_table(
        "hidden_year",
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("year", sa.String(length=4), nullable=False),
        sa.Column("stale_from", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("instrument", "year", name=op.f("pk_hidden_year")),
    )
    op.create_table(
        "tally_brief",
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("instrument", sa.String(length=24), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency_key", "month", "instrument", "item", "channel", "excluded", "version", "value",
            name=op.f("pk_tally_brief"),
        ),
    )  # fmt: skip
    op.create_index(
        "ix_tally_brief_month_item",
        "tally_brief",
        ["month", "instrument", "item", "agency_key", "value", "channel", "excluded", "n"],
    )
    op.execute(
        f"INSERT INTO tally_brief ({_KEPT}, n) SELECT {_KEPT}, SUM(n) FROM tally_month GROUP BY {_KEPT}"
    )
    for item, table, column in (
        ("_stage", "tally_month", "stage"), ("_procedure", "tally_month", "procedure_code"),
        ("_desk", "tally_day", "desk_code"),
    ):  # fmt: skip
        op.execute(
            f"INSERT INTO tally_brief ({_KEPT}, n) SELECT agency_key, month, instrument, '{item}', channel, excluded,"
            f" version, {column}, SUM(n) FROM {table} WHERE item = '_responses' AND value = 'counted'"
            f" GROUP BY agency_key, month, instrument, channel, excluded, version, {column}"
        )
    op.drop_index("ix_tally_month_month_item", table_name="tally_month")
    op.create_index("ix_tally_month_month_item", "tally_month", [*_INDEXED, "stage", "n"])
    op.add_column("response", sa.Column("later_score", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("response", "later_score")
    op.drop_index("ix_tally_month_month_item", table_name="tally_month")
    op.create_index("ix_tally_month_month_item", "tally_month", [*_INDEXED, "n"])
    for table in ("tally_brief", "hidden_year", "hidden_cell"):
        op.drop_table(table)
