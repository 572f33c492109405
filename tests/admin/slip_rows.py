"""Slips that were made and answered, written straight into the tables, for tests of what counts them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.database import Database
from models.tables.agency import Desk, DossierMonth
from models.tables.devices import Device
from models.tables.slips import PrintedSlip
from tests.admin.centre_scene import Scene, opened
from tests.tally_rows import answered


def printed(session: Session, n: int, desk: str | None, agency: str = "HL", **more: Any) -> None:
    """`n` slips of the tablet's desk, of October and a submission unless `more` says otherwise."""
    values = {"stage": "submission", "month": "2026-10", "device_id": "d-0001", **more}
    first = session.scalar(select(func.count()).select_from(PrintedSlip)) or 0
    for serial in range(first, first + n):
        session.add(
            PrintedSlip(epoch=1, serial=serial, agency_key=agency, desk_code=desk, minted_ms=0, **values)
        )
    session.flush()


def used(session: Session, n: int, desk: str, stage: str = "submission", **more: Any) -> None:
    """`n` answers on slips of the ward."""
    answered(session, "HL", (0, 0, 0, 0, n), desk=desk, stage=stage, **{"channel": "qr", **more})


def filled(store: Database) -> None:
    """October of the ward: 80 and 40 slips at two desks, 30 announced, 152 dossiers, most of them answered."""
    with store.write() as session:
        printed(session, 80, "HL-Q1")
        printed(session, 40, "HL-Q2", stage="result")
        printed(session, 30, None, device_id="c-web-1")
        printed(session, 99, "X", agency="YM")
        used(session, 70, "HL-Q1")
        used(session, 50, "HL-Q2", stage="result")
        used(session, 12, "HL-Q1", channel="kiosk")
        for stage, received in (("submission", 112), ("result", 40)):
            session.add(DossierMonth(agency_key="HL", month="2026-10", stage=stage, received=received, closed=0,
                                     overdue=0))  # fmt: skip


@contextmanager
def with_slips(folder: Path) -> Iterator[Scene]:
    """The centre as an application over a store with these slips."""
    with opened(folder) as scene:
        with scene.database.write() as session:
            session.add(Device(id="c-web-1", state="active", created_ms=0))
            session.add(Desk(code="HL-Q2", agency_key="HL", name_vi="Quầy 2", name_en="Desk 2"))
        filled(scene.database)
        yield scene
