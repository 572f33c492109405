"""Slips at the centre: printed ones, announced ones with API keys, and keys of dossier references.

Printed ones come from the ledgers that are here; other systems announce theirs with keys of their own.
"""

import datetime
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "central_0004"
down_revision = "central_0003"
branch_labels = None
depends_on = None

_STAGES = ("submission", "supplement", "refusal", "result", "guidance")
_LOCAL = datetime.timezone(datetime.timedelta(hours=7))


def upgrade() -> None:
    printed = op.create_table(
        "printed_slip",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("desk_code", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=True),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("minted_ms", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_printed_slip_device_id_device")),
        sa.PrimaryKeyConstraint("device_id", "epoch", "serial", name=op.f("pk_printed_slip")),
    )
    op.create_index("ix_printed_slip_agency_month", "printed_slip", ["agency_key", "month"])
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used", sa.Integer(), nullable=False, server_default="0"),
        sa.CheckConstraint("per_minute >= 1", name=op.f("ck_api_key_per_minute")),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_api_key_agency_key_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "idempotent_reply",
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body_sha", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_idempotent_reply_api_key_id_api_key")),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("pk_idempotent_reply")),
    )
    op.create_index(op.f("ix_idempotent_reply_created_ms"), "idempotent_reply", ["created_ms"])
    op.create_table(
        "announced_slip",
        sa.Column("device_id", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("agency_key", sa.String(length=40), nullable=False),
        sa.Column("desk_code", sa.String(length=40), nullable=True),
        sa.Column("decider_key", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=True),
        sa.Column("due", sa.String(length=10), nullable=True),
        sa.Column("dossier", sa.String(length=32), nullable=True),
        sa.Column("dossier_month", sa.String(length=7), nullable=True),
        sa.Column("last_two", sa.String(length=2), nullable=True),
        sa.Column("announced_ms", sa.BigInteger(), nullable=False),
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_announced_slip_device_id_device")),
        sa.ForeignKeyConstraint(["agency_key"], ["agency.key"], name=op.f("fk_announced_slip_agency_key_agency")),
        sa.ForeignKeyConstraint(["desk_code"], ["desk.code"], name=op.f("fk_announced_slip_desk_code_desk")),
        sa.ForeignKeyConstraint(["decider_key"], ["agency.key"], name=op.f("fk_announced_slip_decider_key_agency")),
        sa.ForeignKeyConstraint(
            ["procedure_code"], ["procedure.code"], name=op.f("fk_announced_slip_procedure_code_procedure")
        ),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_announced_slip_api_key_id_api_key")),
        sa.PrimaryKeyConstraint("device_id", "epoch", "serial", name=op.f("pk_announced_slip")),
    )
    op.create_index("ix_announced_slip_month", "announced_slip", ["dossier_month"])
    op.create_table(
        "dossier_key",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("destroyed_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(destroyed_ms IS NULL) = (key <> '')", name=op.f("ck_dossier_key_destroyed")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_dossier_key")),
    )
    rows = list(_printed())
    if rows:
        op.bulk_insert(printed, rows)


def _printed() -> Iterator[dict[str, Any]]:
    """The slips in the ledgers that are here. What was not read yet is left to the projection."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT e.device, e.epoch, e.bytes, e.covered_ms, p.issued_ms, d.desk_code, k.agency_key FROM entry e"
            " JOIN epoch p ON p.device_id = e.device AND p.epoch = e.epoch AND e.seq <= p.projected_seq"
            " JOIN device d ON d.id = e.device JOIN desk k ON k.code = d.desk_code"
            " WHERE e.typ = 'token' ORDER BY e.device, e.epoch, e.seq"
        )
    )
    seen = set()
    for device, epoch, raw, covered, issued, desk, agency in rows:
        entry = json.loads(bytes(raw).decode())
        p = entry["p"]
        key = (device, epoch, p.get("serial"))
        if type(key[2]) is not int or not 0 < key[2] < 2**31 or p.get("stage") not in _STAGES or key in seen:
            continue
        seen.add(key)
        local = datetime.datetime.fromtimestamp(min(max(entry["t"], issued), covered) / 1000, _LOCAL)
        procedure, due = p.get("procedure"), p.get("due_days")
        yield {
            "device_id": device,
            "epoch": epoch,
            "serial": key[2],
            "agency_key": agency,
            "desk_code": desk,
            "stage": p["stage"][:12],
            "procedure_code": procedure[:40] if type(procedure) is str else None,
            "due_days": due if type(due) is int and 0 <= due < 65535 else None,
            "minted_ms": entry["t"],
            "month": f"{local:%Y-%m}",
        }


def downgrade() -> None:
    for table in ("dossier_key", "announced_slip", "idempotent_reply", "api_key", "printed_slip"):
        op.drop_table(table)
