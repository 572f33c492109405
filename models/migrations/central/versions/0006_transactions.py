"""Transactions: the papers and answers that belong to one dossier; and wrong codes by the minute.

Wrong codes are counted for all processes.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "central_0006"
down_revision = "central_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    references = op.create_table(
        "slip_reference",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("name", "reference", name=op.f("pk_slip_reference")),
    )
    op.create_index(op.f("ix_slip_reference_reference"), "slip_reference", ["reference"])
    op.create_index("ix_slip_reference_month", "slip_reference", ["month"])
    op.create_table(
        "wrong_tries",
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_minute"), "wrong_tries", ["minute"])
    rows = {(row["name"], row["reference"]): row for row in [*_announced(), *_printed()]}
    if rows:
        op.bulk_insert(references, list(rows.values()))


def _announced() -> Iterator[dict[str, Any]]:
    """Slips that other systems announced, and the name their answers were kept under."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT device_id, epoch, serial, stage, dossier, dossier_month FROM announced_slip"
            " WHERE dossier IS NOT NULL AND dossier_month IS NOT NULL"
        )
    )
    for device, epoch, serial, stage, reference, month in rows:
        for name in (f"{device}:{epoch}:{serial}", f"{reference}:{stage}"):
            yield {"name": name, "reference": reference, "month": month}


def _printed() -> Iterator[dict[str, Any]]:
    """Slips that a desk tied to a dossier."""
    connection = op.get_bind()
    slips = connection.execute(sa.text("SELECT device_id, epoch, serial, month FROM printed_slip"))
    months = {(device, epoch, serial): month for device, epoch, serial, month in slips}
    rows = connection.execute(
        sa.text(
            "SELECT e.device, e.epoch, e.bytes, s.value FROM sidecar s JOIN entry e ON e.rid = s.id"
            " WHERE s.kind = 'r' AND e.typ = 'token'"
        )
    )
    for device, epoch, raw, value in rows:
        serial, reference = json.loads(bytes(raw).decode())["p"].get("serial"), value.partition(":")[0]
        month = months.get((device, epoch, serial))
        if month is not None and len(reference) == 32:
            yield {"name": f"{device}:{epoch}:{serial}", "reference": reference, "month": month}


def downgrade() -> None:
    op.drop_table("wrong_tries")
    op.drop_table("slip_reference")
