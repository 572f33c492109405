"""The centre's figures at scale: with few and with five million responses.

What depends on tallies alone must not notice. Some agency-months are answered at random and counted by the product's
own recount; their tallies then stand, under other keys, for all 144 agencies over thirteen months, as counting that
many responses would leave them. Nothing below reads a response. Pages are asked in-process by somebody signed in, from
the request to the last byte. Beside each: `SELECT 1` through the same store, and the same work with the fewer
responses.
"""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete, insert, literal, select, text

import admin
from admin import demo
from admin.auth import accounts, permissions, sessions
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import centre_key_register
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.tallies import cache, recount, staleness
from bench.result_table import Rounds, Table
from models import clock
from models.migrations import migrate
from models.storage import bulk
from models.storage.database import Database
from models.tables.agency import Agency, DossierMonth, Procedure
from models.tables.declarative_base import CENTRAL
from models.tables.response import Response
from models.tables.tally import TallyBrief, TallyDay, TallyMonth, TallyStamp

MONTHS, WHO, ONE = 13, "bench@example.org", "SELECT 1"
#: So many agency-months are really answered and counted; all others repeat one of them.
COUNTED = 24
#: They lie before this year.
EARLY = "2020"
CHANNELS = (("kiosk", 0.70), ("qr", 0.25), ("code", 0.03), ("paper", 0.02))
STAGES = (("submission", 0.5), ("result", 0.4), ("supplement", 0.1))
Ask = Callable[[], object]


def measure(folder: Path, sizes: Sequence[int] = (50_000, 5_000_000), rounds: int = 7) -> None:
    """Print a table for each engine: the pages and figures of the larger store beside those of the smaller."""
    for engine, lent in _engines(folder):
        with contextlib.ExitStack() as stack:
            stores = [stack.enter_context(_opened(folder, lent(stack, size), size)) for size in sizes]
            _measured(engine, stores, rounds)


def _engines(folder: Path) -> Iterator[tuple[str, Callable[[contextlib.ExitStack, int], str]]]:
    yield "SQLite", lambda stack, size: f"sqlite:///{(folder / f'{size}.sqlite').as_posix()}"
    try:
        from tests.fixtures import postgres
    except ImportError:  # an installation without the test packages
        print("\nPostgreSQL: not measured, the packages for tests are not installed.")
        return
    with postgres.run_server() as server:
        yield "PostgreSQL", lambda stack, size: stack.enter_context(server.database())


class _Store:
    """A filled store with somebody signed in."""

    def __init__(self, settings: Settings, total: int, worked_out: float) -> None:
        self.total, self.worked_out = total, worked_out
        self.app = admin.create_app(settings)
        self.database: Database = self.app.extensions["database"]
        self.month = clock.months_before(clock.local_day(clock.now().t)[:7], 1)
        with self.database.write() as session:
            self.root, self.agency = _tree(session)[0], _tree(session)[3]
            accounts.add_account(session, WHO, "province", self.root, clock.now().t)
            secret = sessions.start_session(session, WHO, clock.now().t)
        self.client: FlaskClient = self.app.test_client()
        with self.app.app_context():
            self.client.set_cookie(permissions.session_cookie_name(), secret)

    def get(self, address: str) -> None:
        answer = self.client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status}")

    def read(self, ask: Callable[[Any], object]) -> None:
        with self.database.read() as session:
            ask(session)

    def late(self) -> None:
        """What a late answer leaves of what is remembered of the month."""
        with self.database.write() as session:
            staleness.draw_stamps(session, [(self.agency, self.month)])

    def new(self) -> None:
        """A process that remembers nothing."""
        with self.database.read() as session:
            cache.clear_tally_cache(session)


def _tree(session: Any) -> list[str]:
    """The province, then every agency under it."""
    rows = session.execute(select(Agency.key, Agency.parent_key).order_by(Agency.parent_key.is_not(None), Agency.key))
    return [key for key, _ in rows]


@contextlib.contextmanager
def _opened(folder: Path, url: str, responses: int) -> Iterator[_Store]:
    own = folder / f"centre-{responses}-{url[:4]}"
    own.mkdir()
    settings = Settings(own, url)
    database = settings.database()
    total = fill(database, responses)
    centre_key_register.create_missing_keys(database, own, clock.now().t)
    started = time.perf_counter()
    suppression_store.compute_waiting_months(database, clock.months_before(clock.local_day(clock.now().t)[:7], 1))
    database.close()
    bench_store = _Store(settings, total, time.perf_counter() - started)
    try:
        yield bench_store
    finally:
        bench_store.database.close()


def fill(database: Database, responses: int) -> int:
    """Leave in a new store the tallies of about so many responses; returns how many they really are."""
    started = time.perf_counter()
    migrate.upgrade_store(database, CENTRAL)
    with database.write() as session:
        store.load_documents(session)
        agencies.import_agencies(session, demo.AGENCIES)
        procedures.import_procedures(session, demo.PROCEDURES)
    with database.read() as session:
        keys = _tree(session)[1:]
    rng = random.Random(1)
    with database.write() as session:
        counted = _counted(session, rng, keys[0], responses / len(keys) / MONTHS)
    total, newest = 0, clock.months_before(clock.local_day(clock.now().t)[:7], 1)
    for back in range(MONTHS):
        month = clock.months_before(newest, back)
        with database.write() as session:
            for key in keys:
                like, n = rng.choice(counted)
                for table in (TallyMonth, TallyBrief):
                    session.execute(_copied(table, keys[0], like, key, month))
                row = DossierMonth(agency_key=key, month=month, received=3 * n, closed=3 * n, overdue=n // 20)
                session.add(row)
                total += n
            staleness.draw_stamps(session, [(key, month) for key in keys])
    with database.write() as session:
        for stored in (TallyMonth, TallyBrief, TallyDay, TallyStamp, Response):
            session.execute(delete(stored).where(stored.month < EARLY))
        session.execute(text("ANALYZE"))
    print(f"\nThe tallies of {total:,} responses were laid down in {time.perf_counter() - started:.0f} s.", flush=True)
    return total


def _counted(session: Any, rng: random.Random, key: str, each: float) -> list[tuple[str, int]]:
    """Months long ago in which an agency got about `each` responses, answered and counted: the month, and how many."""
    codes = list(session.scalars(select(Procedure.code).order_by(Procedure.number).limit(40)))
    month_counts = []
    for number in range(COUNTED):
        month = f"{1980 + number}-01"
        n, level = max(1, round(each * rng.uniform(0.4, 1.6))), rng.uniform(0.72, 0.97)
        rows = [_response(rng, number * 1_000_000 + at, key, month, codes, level) for at in range(n)]
        bulk.insert(session, Response, rows)
        recount.recount_pairs(session, [(key, month)])
        month_counts.append((month, n))
    return month_counts


def _copied(table: Any, key: str, month: str, to_key: str, to_month: str) -> Any:
    """The statement that gives an agency's month the tallies of another one."""
    columns = [column for column in table.__table__.columns if column.name not in ("agency_key", "month")]
    rows = select(literal(to_key), literal(to_month), *columns).where(table.agency_key == key, table.month == month)
    return insert(table).from_select(["agency_key", "month", *(column.name for column in columns)], rows)


def _response(
    rng: random.Random, number: int, key: str, month: str, codes: Sequence[str], level: float
) -> dict[str, Any]:
    def score() -> int:
        return rng.choice((4, 5, 5, 5)) if rng.random() < level else rng.choice((1, 2, 3, 3))

    def one(of: Sequence[tuple[str, float]]) -> str:
        return rng.choices([name for name, _ in of], [share for _, share in of])[0]

    channel = one(CHANNELS)
    answers = {"overall": score()}
    if channel != "kiosk" or rng.random() < 0.3:
        answers |= {factor: score() for factor in "ABCDE" if rng.random() < 0.8}
    outcome = "counted" if rng.random() < 0.97 else rng.choice(("superseded", "contested"))
    return {
        "id": f"{number:032x}", "device_id": "bench", "epoch": 1, "seq": number, "agency_key": key,
        "decider_key": None, "desk_code": f"{key}-{rng.randrange(3)}",
        "procedure_code": codes[int(len(codes) * rng.random() ** 3)],
        "stage": one(STAGES), "channel": channel, "lang": "vi", "instrument": "short", "version": 1,
        "state": "complete", "score": answers["overall"], "answers": answers, "topics": [], "outcome": outcome,
        "reason": None, "rule": 2, "off_hours": False, "excluded": rng.random() < 0.002, "at_ms": 0, "low_ms": 0,
        "high_ms": 0,
        "claimed_ms": 0, "day": f"{month}-01", "month": month,
    }  # fmt: skip


def _asked(store: _Store) -> dict[str, tuple[Ask, Ask]]:
    """Name → what comes before each measurement, and what is measured: as a rule the same work once more."""
    month = store.month
    pages = {
        "dashboard of the province": f"/?period={month}",
        "page of an agency": f"/agencies/{store.agency}?period={month}",
        "ranking": f"/ranking?period={month}",
    }
    measurements: dict[str, tuple[Ask, Ask]] = {}
    for name, address in pages.items():
        again = functools.partial(store.get, address)
        measurements[name] = (again, again)
    home = measurements["dashboard of the province"][1]
    measurements["dashboard, after a late answer"] = (store.late, home)
    measurements["dashboard, first of a process"] = (store.new, home)
    figures: dict[str, Callable[[Any], object]] = {
        "index of an agency's month": lambda s: queries.read_figure(
            s, queries.read_scope_keys(s, store.agency), (month,), "short"
        ),
        "index document of an agency's month": lambda s: queries.build_index_document(s, store.agency, month),
        "index document of the province": lambda s: queries.build_index_document(s, store.root, month),
    }
    for name, ask in figures.items():
        again = functools.partial(store.read, ask)
        measurements[name] = (again, again)
        measurements[f"{name}, first"] = (store.new, again)
    return measurements


def _measured(engine: str, stores: Sequence[_Store], rounds: int) -> None:
    results, names = Rounds(), list(_asked(stores[0]))
    for each in stores:
        for _before, ask in _asked(each).values():
            ask()  # compiles templates and statements
    for _ in range(rounds):
        for size, each in zip(("fewer", "more"), stores, strict=True):
            results.time(f"{ONE}, {size}", lambda each=each: each.read(_one), 20)  # type: ignore[misc]
            for name, (before, ask) in _asked(each).items():
                before()
                results.time(f"{name}, {size}", ask)
    few, many = stores
    notes = [
        f"{few.total:,} responses (fewer) and {many.total:,} (more), {MONTHS} months, {rounds} rounds",
        f"hidden cells worked out in {few.worked_out:.0f} and {many.worked_out:.0f} s",
    ]
    table = Table(f"Figures from tallies, {engine}", results, "ms", notes)
    for name in names:
        table.row(f"{name}, more", f"{ONE}, more")
    table.show()
    flat = Table(f"The same beside fewer responses, {engine}", results, "ms")
    for name in names:
        flat.row(f"{name}, more", f"{name}, fewer")
    flat.show()


def _one(session: Any) -> None:
    session.execute(text("SELECT 1")).scalar()
