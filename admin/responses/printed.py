"""The slips that were made, read from the ledgers' `token` entries: what response and use rates divide by, and what a
typed code, which carries no more than a serial, stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import bulk, ledger, slip
from models.clock import corrected, local_day
from models.slip_records import PrintedSlip
from models.vocabulary import Stage

_LARGEST = 2**31 - 1


def row(entry: ledger.Entry, own: tuple[str | None, str | None], *, low: int, high: int) -> dict[str, Any] | None:
    """The slip that a `token` entry made, as a row; None when it says nothing that could be one. `own`: agency and desk
    of a device at a desk (agency None: one of the centre's own recorders, whose entries name them); `low`, `high` bound
    the true time (ms since 1970, UTC)."""
    p = entry.p
    serial, due, stages = p.get("serial"), p.get("due_days"), [stage.value for stage in Stage]
    agency, desk = own if own[0] is not None else (p.get("agency"), p.get("desk"))
    if type(serial) is not int or not 0 < serial <= _LARGEST or p.get("stage") not in stages or not agency:
        return None
    procedure = p.get("procedure")
    return {
        "device_id": entry.dev,
        "epoch": entry.ep,
        "serial": serial,
        "agency_key": str(agency)[:40],
        "desk_code": str(desk)[:40] if desk else None,
        "stage": p["stage"],
        "procedure_code": procedure[:40] if type(procedure) is str else None,
        "due_days": due if type(due) is int and 0 <= due < slip.NO_DUE else None,
        "minted_ms": entry.t,
        "month": local_day(corrected(entry.t, low, high).ms)[:7],
    }


def keep(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the slips of one ledger; of two with one serial the first."""
    if not rows:
        return
    device, epoch = rows[0]["device_id"], rows[0]["epoch"]
    known = set(
        session.scalars(
            select(PrintedSlip.serial).where(
                PrintedSlip.device_id == device,
                PrintedSlip.epoch == epoch,
                PrintedSlip.serial.in_([one["serial"] for one in rows]),
            )
        )
    )
    first = {one["serial"]: one for one in reversed(rows)}
    bulk.insert(session, PrintedSlip, [one for serial, one in sorted(first.items()) if serial not in known])
