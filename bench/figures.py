"""The centre's figures with few and with five million responses: what depends on tallies alone must not notice.

The tallies of 144 agencies over 13 months are written straight into a new SQLite store, as counting that many responses
would leave them; nothing below reads a response. Beside each: `SELECT 1` through the same session.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from admin.figures import hidden_store, queries, tally
from admin.figures.questionnaires import RESPONSES
from admin.instruments import store
from bench.table import Rounds, Table
from models import bulk, migrate
from models.agency import Agency
from models.base import CENTRAL
from models.clock import months_before
from models.database import Database
from models.tallies import TallyBrief, TallyMonth

AGENCIES, MONTHS, PROCEDURES, LAST = 144, 13, 30, "2026-10"
CHANNELS = (("kiosk", 0.7), ("qr", 0.25), ("code", 0.03), ("paper", 0.02))
STAGES = (("submission", 0.5), ("result", 0.4), ("supplement", 0.1))
SCORES = (("1", 0.02), ("2", 0.03), ("3", 0.1), ("4", 0.25), ("5", 0.6))
ONE = "SELECT 1"


def filled(folder: Path, responses: int) -> tuple[Database, int]:
    """A new store with the tallies of about so many responses; returns it and how many they really are."""
    database = Database(f"sqlite:///{(folder / f'{responses}.sqlite').as_posix()}")
    migrate.upgrade(database, CENTRAL)
    rng, total = random.Random(1), 0
    with database.write() as session:
        store.load(session)
        for number in range(-1, AGENCIES):
            above, kind = (None, "province") if number < 0 else ("P", "ward")
            key = "P" if number < 0 else f"A{number}"
            session.add(Agency(key=key, parent_key=above, kind=kind, name_vi=key, valid_from="2025-07-01"))
            session.flush()
    for back in range(MONTHS):
        month, rows = months_before(LAST, back), []
        brief: Counter[tuple[Any, ...]] = Counter()
        for agency, channel, stage, procedure, score, n in _counts(rng, responses / AGENCIES / MONTHS):
            total += n
            fixed = {"agency_key": agency, "month": month, "channel": channel, "instrument": "short", "version": 1,
                     "excluded": 0}  # fmt: skip
            for item, value in (("overall", score), (RESPONSES, "counted")):
                rows.append((fixed, stage, procedure, item, value, n))
            for item, value in (("overall", score), (RESPONSES, "counted"), (tally.STAGE, stage),
                                (tally.PROCEDURE, procedure), (tally.DESK, agency)):  # fmt: skip
                brief[*fixed.items(), ("item", item), ("value", value)] += n
        months: Counter[tuple[Any, ...]] = Counter()
        for fixed, stage, procedure, item, value, n in rows:
            apart = (("stage", stage), ("procedure_code", procedure), ("item", item), ("value", value))
            months[*fixed.items(), *apart] += n
        with database.write() as session:
            bulk.insert(session, TallyMonth, [{**dict(key), "n": n} for key, n in months.items()])
            bulk.insert(session, TallyBrief, [{**dict(key), "n": n} for key, n in brief.items()])
    with database.write() as session:
        session.execute(text("ANALYZE"))
    return database, total


def _counts(rng: random.Random, each: float) -> list[tuple[str, str, str, str, str, int]]:
    """Agency, channel, stage, procedure, score and how many, for `each` responses of an agency in a month."""
    found = []
    for number in range(AGENCIES):
        for channel, a in CHANNELS:
            for stage, b in STAGES:
                for procedure in range(PROCEDURES):
                    for score, c in SCORES:
                        exact = each * a * b * c / PROCEDURES
                        n = int(exact) + (rng.random() < exact % 1)
                        if n:
                            found.append((f"A{number}", channel, stage, f"p{procedure}", score, n))
    return found


def run(folder: Path, sizes: tuple[int, ...] = (50_000, 5_000_000), rounds: int = 7) -> None:
    """Print a table for each size."""
    for size in sizes:
        database, total = filled(folder, size)
        _measured(database, total, rounds)
        database.close()


def _measured(database: Database, total: int, rounds: int) -> None:
    started = time.perf_counter()
    months = hidden_store.work_off(database, LAST)
    worked_out = time.perf_counter() - started
    found = Rounds()
    asked: dict[str, Callable[[Any], object]] = {
        "figure of an agency's month": lambda s: queries.figure(s, {"A3"}, (LAST,), "short"),
        "index document of an agency's month": lambda s: queries.index_document(s, "A3", LAST),
        "list of all agencies": lambda s: queries.all_agencies(s, "P", LAST, "short"),
        "trend of the province": lambda s: queries.trend(s, queries.scope_keys(s, "P"), LAST, 13, "short"),
    }
    for _ in range(rounds):
        found.time(ONE, lambda: _read(database, lambda s: s.execute(text("SELECT 1")).scalar()), 20)
        for name, ask in asked.items():
            found.time(name, lambda ask=ask: _read(database, ask))  # type: ignore[misc]
    notes = [f"{total:,} responses", f"{rounds} rounds", f"hidden cells of {months} months in {worked_out:.0f} s"]
    table = Table("Figures from tallies", found, "ms", notes)
    for name in asked:
        table.row(name, ONE)
    table.show()


def _read(database: Database, ask: Callable[[Any], object]) -> None:
    with database.read() as session:
        ask(session)
