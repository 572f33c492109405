"""The demo's preparation: sample province, answers up to yesterday, a sign-in, last month's report.

Runs once, in a minute or two, and tops up the missing days afterwards. A second process, beside the one that stores,
writes the desks' ledgers and works out older years.
"""

from __future__ import annotations

import datetime
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin import demo
from admin.auth import accounts
from admin.demo import simulator, suppression_worker
from admin.devices import pairing
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import centre_clock, centre_key_register, signing_keys
from admin.settings import Settings
from admin.statistics.disclosure import suppression_store
from models import clock
from models.migrations import migrate
from models.storage import whole_file
from models.tables.agency import Agency, Desk
from models.tables.declarative_base import CENTRAL
from models.tables.device import Device
from models.tables.response import Response
from models.tables.staff_account import Staff, StoreMark
from translations import gettext

VIETNAMESE_IS_DATA = "the name of an invented desk"

PROVINCE = "NB"
AGENCY = "NB-14329"
DESK = "NB-14329-Q3"
EMAIL = "quantri@ninhbinh.example"
SEED = 1
MONTHS = 13
#: The demo's desk is open whenever somebody tries it.
ALWAYS: dict[str, Any] = {"week": {str(day): [["00:00", "24:00"]] for day in range(1, 8)}, "closed": []}


def prepare_demo(settings: Settings, public_url: str, now_ms: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Bring the demo's store up to yesterday; returns what the start-up prints. `progress` hears progress."""
    started = time.monotonic()
    settings.save(public_url=public_url, target="90", phone="0229 000 0000")
    settings = replace(settings, public_url=public_url, target="90", phone="0229 000 0000")
    database = settings.database()
    migrate.upgrade_store(database, CENTRAL)
    centre_key_register.create_missing_keys(database, settings.instance, now_ms)
    keys = signing_keys.load_centre_keys(settings)
    today = datetime.date.fromisoformat(clock.local_day(now_ms))
    with database.write() as session:
        store.load_documents(session)
        if session.get(Agency, PROVINCE) is None:
            progress(gettext("Loading 145 agencies and 16 procedures…"))
            agencies.import_agencies(session, demo.AGENCIES)
            procedures.import_procedures(session, demo.PROCEDURES)
        first = _first_day(session, today)
        until = session.scalar(select(func.max(Response.day)))
    plan = simulator.SimulationPlan(SEED, 144, first, today - datetime.timedelta(days=1))
    if until is None or datetime.date.fromisoformat(until) < plan.last - datetime.timedelta(days=2):
        progress(gettext("Simulating citizens (invented data)…"))
    simulator.run_simulation(database, keys, plan, _percent(progress) if until is None else None)
    last = clock.months_before(f"{today:%Y-%m}", 1)
    if until is None:
        progress(gettext("Working out which numbers must stay hidden…"))
        suppression_worker.compute_all_suppression(database, last)
    else:
        suppression_store.compute_waiting_months(database, last)
    with database.write() as session:
        centre_clock.restart_clock_comparison(
            session, now_ms
        )  # invented figures: whoever shows them months later need not be asked
        sign_in = _sign_in(session, settings, now_ms)
        code = _pairing_code(session, settings, now_ms)
        responses = session.scalar(select(func.count()).select_from(Response)) or 0
    report = _report(settings, today, now_ms)
    database.close()
    return {
        "pairing_code": code,
        "sign_in": sign_in,
        "report": report,
        "months": MONTHS,
        "responses": responses,
        "took_seconds": round(time.monotonic() - started, 1),
    }


def _percent(progress: Callable[[str], None]) -> Callable[[str, int, int], None]:
    """Progress in tens of percent, each said once."""
    reported_tens: set[int] = set()

    def tell(month: str, done: int, of: int) -> None:
        ten = 10 * (10 * done // of)
        if ten not in reported_tens:
            reported_tens.add(ten)
            progress(f"  {ten:>3} %")

    return tell


def _first_day(session: Session, today: datetime.date) -> datetime.date:
    """The first simulated day: as the store was begun, else the first of the month thirteen months back."""
    mark = session.get(StoreMark, simulator.MARK)
    if mark is not None:
        return datetime.date.fromisoformat(json.loads(mark.value)["first"])
    return datetime.date.fromisoformat(clock.months_before(f"{today:%Y-%m}", MONTHS) + "-01")


def _sign_in(session: Session, settings: Settings, now_ms: int) -> dict[str, str]:
    """The demo's account; its password is made at random and kept beside the store, for this machine's user alone."""
    path = settings.instance / "sign-in.txt"
    if session.get(Staff, EMAIL) is None or not path.exists():
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        if session.get(Staff, EMAIL) is None:
            accounts.add_account(session, EMAIL, "province", PROVINCE, now_ms)
        accounts.set_password(session, EMAIL, password, now_ms)
        whole_file.write_file(path, password.encode(), 0o600)
    return {"email": EMAIL, "password": path.read_text(encoding="utf-8")}


def _pairing_code(session: Session, settings: Settings, now_ms: int) -> str | None:
    """A code for the live desk, or None when its device is paired already."""
    if session.get(Desk, DESK) is None:
        desk = Desk(code=DESK, agency_key=AGENCY, name_vi="Quầy 3", name_en="Desk 3", factors=False, hours=ALWAYS)
        session.add(desk)
        session.flush()
    paired = select(Device.id).where(Device.desk_code == DESK, Device.state == "active")
    if session.scalars(paired).first() is not None and (settings.instance / "kiosk.sqlite").exists():
        return None
    return pairing.offer_pairing(session, DESK, now_ms, approved=True)[1]


def _report(settings: Settings, today: datetime.date, now_ms: int) -> str:
    """Last month's report of the province, issued once."""
    from admin.reports import rendering

    month = clock.months_before(f"{today:%Y-%m}", 1)
    database = settings.database()
    try:
        return str(rendering.write_report_pdf(database, settings, PROVINCE, month, now_ms)["pdf"])
    finally:
        database.close()
