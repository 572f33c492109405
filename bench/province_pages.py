"""A province at work: pages, figures, papers and proofs over a practice store, each with a yardstick.

The yardstick is the least the machine can do. The store is played by the product's own simulator, or copied from an
instance folder that already has one; it is the copy that is measured. Pages are asked in-process by somebody signed in,
from the request to the last byte. Beside a page: a bare Flask page with a constant template; beside one document:
`SELECT 1`; beside `verification`: reading and hashing the same bytes; beside a recount: fetching the same responses
with the driver.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, render_template_string
from sqlalchemy import func, select, text

import admin
from admin import demo
from admin.auth import accounts, permissions, sessions
from admin.demo import simulator
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import centre_key_register, signing_keys, verification
from admin.ledgers.signing_keys import CentreKeys
from admin.reports import issuing, rendering
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.tallies import recount
from bench.result_table import Rounds, Table
from models import clock
from models.migrations import migrate
from models.storage.database import Database
from models.storage.sqlite_module import load_sqlite_module
from models.tables.agency import Agency
from models.tables.declarative_base import CENTRAL
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.tables.tally import IssuedReport

WHO = "bench@example.org"
BARE, ONE, HASH, FETCH = "bare Flask page", "SELECT 1", "read and hash the entries", "fetch the responses"


class _Rollback(Exception):
    """Rolls a measured write back, so that the next round does the same work."""


@dataclass(frozen=True)
class Province:
    """The store that is measured, the agency with most answers in it, and its last whole month."""

    settings: Settings
    database: Database
    keys: CentreKeys
    root: str
    agency: str
    month: str


def simulate_province(folder: Path, count: int, days: int) -> Settings:
    """Play `count` agencies for `days` days up to yesterday into a new store under `folder`."""
    settings = Settings(folder, f"sqlite:///{(folder / 'admin.sqlite').as_posix()}")
    database = settings.database()
    migrate.upgrade_store(database, CENTRAL)
    centre_key_register.create_missing_keys(database, folder, clock.now().t)
    with database.write() as session:
        store.load_documents(session)
        agencies.import_agencies(session, demo.AGENCIES)
        procedures.import_procedures(session, demo.PROCEDURES)
    last = datetime.date.fromisoformat(clock.local_day(clock.now().t)) - datetime.timedelta(days=1)
    started = time.perf_counter()
    plan = simulator.SimulationPlan(1, count, last - datetime.timedelta(days=days - 1), last)
    simulator.run_simulation(database, signing_keys.load_centre_keys(settings), plan)
    print(f"\nSimulated {count} agencies for {days} days in {time.perf_counter() - started:.0f} s.", flush=True)
    database.close()
    return settings


def copy_instance(instance: Path, folder: Path) -> Settings:
    """A copy of an instance folder's store and keys. FileNotFoundError if there is no SQLite store in it."""
    if not (instance / "admin.sqlite").is_file():
        raise FileNotFoundError(instance / "admin.sqlite")
    driver = load_sqlite_module()
    with contextlib.closing(driver.connect((instance / "admin.sqlite").as_posix())) as source:
        with contextlib.closing(driver.connect((folder / "admin.sqlite").as_posix())) as target:
            source.backup(target)
    for name in signing_keys.FILES:
        shutil.copy(instance / name, folder / name)
    return Settings(folder, f"sqlite:///{(folder / 'admin.sqlite').as_posix()}")


@contextlib.contextmanager
def open_province(settings: Settings) -> Iterator[Province]:
    """The province in a store, with fresh tallies."""
    database = settings.database()
    try:
        with database.write() as session:
            recount.recount_stale(session)
        with database.read() as session:
            root = session.scalars(select(Agency.key).where(Agency.kind == "province")).one()
            month = clock.months_before(clock.local_day(clock.now().t)[:7], 1)
            busiest = (
                select(Response.agency_key)
                .where(Response.month == month, Response.agency_key != root)
                .group_by(Response.agency_key)
                .order_by(func.count().desc())
                .limit(1)
            )
            agency = session.scalars(busiest).one()
        yield Province(settings, database, signing_keys.load_centre_keys(settings), root, agency, month)
    finally:
        database.close()


def measure(settings: Settings, rounds: int) -> None:
    """Print the tables for the store of `settings`."""
    with open_province(settings) as province:
        with province.database.read() as session:
            count = session.scalar(select(func.count()).select_from(Response)) or 0
            entries = session.scalar(select(func.count()).select_from(StoredEntry)) or 0
        size = f"{count:,} responses, {entries:,} entries, month {province.month}, agency {province.agency}"
        _pages(province, rounds, size)
        _proofs(province, rounds, size, entries)


def _pages(province: Province, rounds: int, size: str) -> None:
    times = Rounds()
    app = admin.create_app(province.settings)
    now = clock.now().t
    with province.database.write() as session:
        accounts.add_account(session, WHO, "province", province.root, now)
        secret = sessions.start_session(session, WHO, now)
    client = app.test_client()
    with app.app_context():
        client.set_cookie(permissions.session_cookie_name(), secret)
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: render_template_string("<p>{{ 86.4 }} %</p>"))
    bare_client = bare.test_client()
    pages = {
        "dashboard of the province": f"/?period={province.month}",
        "list of agencies": f"/agencies?period={province.month}",
        "page of an agency": f"/agencies/{province.agency}?period={province.month}",
    }
    for address in ("/", *pages.values()):  # the first look compiles templates
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status}")
    bare_client.get("/")
    for _ in range(rounds):
        times.time(BARE, lambda: bare_client.get("/"), 20)
        for name, address in pages.items():
            times.time(name, lambda address=address: client.get(address))  # type: ignore[misc]
        times.time(ONE, lambda: _select_one(province.database), 20)
        for name, key in (("province", province.root), ("agency", province.agency)):
            times.time(f"index_document, {name}", lambda key=key: _index(province, key))  # type: ignore[misc]
    app.extensions["database"].close()
    table = Table("The centre's pages and figures", times, "ms", [size, f"{rounds} rounds"])
    for name in pages:
        table.row(name, BARE)
    for name in ("province", "agency"):
        table.row(f"index_document, {name}", ONE)
    table.show()


def _select_one(database: Database) -> None:
    with database.read() as session:
        session.execute(text("SELECT 1")).scalar()


def _index(province: Province, key: str) -> None:
    with province.database.read() as session:
        queries.build_index_document(session, key, province.month)


def _proofs(province: Province, rounds: int, size: str, entries: int) -> None:
    times = Rounds()
    figures = _issue(province)
    rendering.render_report(figures, province.settings)  # the first one reads the fonts
    with province.database.read() as session:
        pairs = recount.find_all_pairs(session)
        questions = recount.read_questions(session)
    for _ in range(rounds):
        times.time(ONE, lambda: _select_one(province.database), 20)
        times.time("issue the province's report", lambda: _issue(province))
        times.time("draw its PDF", lambda: rendering.render_report(figures, province.settings))
        times.time(HASH, lambda: _hash(province.database))
        times.time("verify every ledger", lambda: _verify(province))
        times.time(FETCH, lambda: _fetch(province.database))
        times.time("recount every agency and month", lambda: _recount(province.database, pairs, questions))
    names = (
        ("verify every ledger", HASH, entries / 1000, "per 1,000 entries"),
        ("recount every agency and month", FETCH, len(pairs), "per agency and month"),
    )
    for name, yardstick, parts, per in names:
        for one in (name, yardstick):
            times.values[f"{one}, {per}"] = [value / parts for value in times.values[one]]
    table = Table("The centre's papers and proofs", times, "ms", [size, f"{len(pairs)} agency-months, {rounds} rounds"])
    table.row("issue the province's report", ONE)
    table.row("draw its PDF", ONE)
    for name, yardstick, _, per in names:
        table.row(f"{name}, {per}", f"{yardstick}, {per}")
    table.show()


def _issue(province: Province) -> dict[str, object]:
    """Freeze the report of the month as if for the first time, and take it back."""
    figures: dict[str, object] = {}
    with contextlib.suppress(_Rollback), province.database.write() as session:
        for report in session.scalars(select(IssuedReport)):
            session.delete(report)
        session.flush()
        now_ms = clock.now().t
        prepared_report = issuing.prepare_report(session, province.root, province.month, now_ms)
        if not prepared_report.new:
            raise RuntimeError("the report was there already")
        figures = issuing.store_report(session, prepared_report, now_ms).figures
        raise _Rollback
    return figures


def _hash(database: Database) -> None:
    with database.read() as session:
        for (raw,) in session.connection().exec_driver_sql("SELECT bytes FROM entry ORDER BY device, epoch, seq"):
            hashlib.sha256(raw).digest()


def _verify(province: Province) -> None:
    with province.database.read() as session:
        ledgers = verification.verify_ledgers(session, province.keys.public)
    if any(one.first_bad or one.missing or one.wrong for one in ledgers):
        raise RuntimeError("a ledger of the practice store is broken")


def _fetch(database: Database) -> None:
    statement = (
        "SELECT agency_key, decider_key, desk_code, channel, stage, procedure_code, instrument, version, day, outcome,"
        " reason, excluded, score, answers, topics FROM response"
    )
    with database.read() as session:
        session.connection().exec_driver_sql(statement).all()


def _recount(database: Database, pairs: list[tuple[str, str]], questions: recount.Questions) -> None:
    for pair in pairs:
        with database.write() as session:
            recount.recount_pairs(session, [pair], questions)
