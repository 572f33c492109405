"""Verified ingest: batches of 500 ratings, judged, accepted and projected, beside a raw insert.

The raw insert is of the very same rows. In-process, in the transactions the centre's address uses: judge (inflate,
signature, chain, typed parse) in a reading session, accept in a writing one, project in another; then the same batches
through the address itself, which also recounts. The yardstick is the driver's own `executemany` of the resulting
`entry` and `response` rows into an equal, empty schema of the same database, committed batch by batch.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import bench_desk
from bench.result_table import Rounds, Table
from models import clock, ids
from models.keys import SigningKey
from models.protocol import entry_chain, wire
from models.protocol.rating import Rating
from models.storage.database import Database
from models.tables.agency import Desk
from models.tables.device import Device
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.vocabulary import Channel, ResponseState, Stage

SPACE_MS = 200_000  # from one visitor to the next
JUDGE, ACCEPT, PROJECT = "judge", "accept", "project"
ALL, ADDRESS, RAW = "judge, accept, project", "the same through the centre's address, recounting", "raw executemany"
RAW_ENTRIES = "raw executemany, entry alone"


@dataclass(frozen=True)
class Writer:
    """A desk with a key of its own whose ledger is written here; `genesis` is the hash of its certificate."""

    device: str
    key: SigningKey
    genesis: str

    def batches(self, count: int, size: int, now_ms: int) -> list[bytes]:
        """`count` compressed batches of `size` ratings, the last one made at `now_ms`."""
        h, seq, bodies = self.genesis, 0, []
        for _ in range(count):
            first, lines = seq + 1, []
            for _ in range(size):
                seq += 1
                t = now_ms - (count * size - seq) * SPACE_MS
                raw = entry_chain.dump(
                    dev=self.device, ep=1, seq=seq, typ="rating", id=ids.new_id(t), t=t, mono=seq * SPACE_MS, boot=1,
                    prev=h, p=_rating(seq).payload(),
                )  # fmt: skip
                h = entry_chain.entry_hash(raw)
                lines.append(raw)
            body = wire.build_batch(
                self.key, dev=self.device, ep=1, from_=first, to=seq, h=h, head_seq=seq, head=h, backlog=0, t=now_ms,
                mono=seq * SPACE_MS, boot=1, app="1.0.0", disk_mb=51_200, rq=secrets.token_hex(16), lines=lines,
            )  # fmt: skip
            bodies.append(wire.compress(body))
        return bodies


def _rating(number: int) -> Rating:
    score = (5, 5, 4, 5, 3, 5, 4, 2, 5, 1)[number % 10]
    return Rating(
        agency=bench_desk.AGENCY, desk=bench_desk.DESK, instrument="short", version=1, channel=Channel.KIOSK,
        state=ResponseState.COMPLETE, lang="vi", answers={"overall": score}, topics=() if score > 3 else ("wait",),
        stage=Stage.SUBMISSION, procedure="1.001193", ms={"faces": 2300 + number % 900},
    )  # fmt: skip


class Ingest:
    """A central store under load: the database, the keys, and the application over them."""

    def __init__(self, folder: Path, url: str) -> None:
        import admin
        from admin.ledgers import centre_key_register, signing_keys
        from admin.settings import Settings

        self.settings = Settings(folder, url)
        self.database = self.settings.database()
        bench_desk.fill_centre(self.database)
        centre_key_register.create_missing_keys(self.database, folder, clock.now().t)
        self.centre = signing_keys.load_centre_keys(self.settings)
        self.client = admin.create_app(self.settings).test_client()

    def desk(self) -> Writer:
        """A new desk of the agency with a paired device."""
        from admin.devices import pairing

        key = SigningKey(secrets.token_bytes(32))
        with self.database.write() as session:
            code = f"{bench_desk.AGENCY}-{secrets.token_hex(6)}"
            session.add(Desk(code=code, agency_key=bench_desk.AGENCY, name_vi=code, name_en=code))
            device = Device(id=pairing.draw_device_name(session), desk_code=code, state="new", created_ms=0)
            session.add(device)
            session.flush()
            start = clock.now().t - 400 * 86_400_000
            issued = pairing.certify_device(session, device, key.public, start, self.centre)
        return Writer(issued.device, key, entry_chain.parse_certificate(issued.certificate).genesis)

    def take(self, data: bytes, spent: dict[str, float]) -> None:
        """One batch as the centre's address takes it; the seconds of each step are added to `spent`."""
        from admin.ledgers import witness
        from admin.responses import projection

        now = clock.now().t
        start = time.perf_counter()
        body = wire.inflate(data)
        with self.database.read() as session:
            verified_batch = witness.verify_batch_body(session, body, self.centre.public)
        judged_at = time.perf_counter()
        with self.database.write() as session:
            verdict = witness.accept_batch(session, verified_batch, now, self.centre.key)
        accepted_at = time.perf_counter()
        envelope = verified_batch.batch.envelope
        with self.database.write() as session:
            read = projection.project_entries(session, envelope.dev, envelope.ep)
        end = time.perf_counter()
        if not verdict.accepted == read == len(verified_batch.entries):
            raise RuntimeError(f"a batch was not taken: {verdict.body[:200]!r}")
        spent[JUDGE] += judged_at - start
        spent[ACCEPT] += accepted_at - judged_at
        spent[PROJECT] += end - accepted_at

    def send(self, data: bytes) -> None:
        """One batch through the application."""
        headers = {"Content-Digest": wire.make_digest_header(data)}
        answer = self.client.post("/api/v1/sync", data=data, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"a batch was refused: {answer.data[:200]!r}")

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()
        self.client.application.extensions["database"].close()


class Raw:
    """The same tables without us: rows go in by the driver's own `executemany`."""

    def __init__(self, url: str) -> None:
        from models.migrations import migrate
        from models.tables.declarative_base import CENTRAL

        self.database = Database(url)
        migrate.upgrade_store(self.database, CENTRAL)

    def insert(self, tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]], size: int) -> float:
        """Insert `size` rows of each table a transaction; seconds it took. The tables are emptied afterwards."""
        mark = "?" if self.database.is_sqlite else "%s"
        texts = {
            table: f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
            for table, (columns, _) in tables.items()
        }
        most = max(len(rows) for _, rows in tables.values())
        connection = self.database.engine.raw_connection()
        try:
            cursor = connection.cursor()
            started = time.perf_counter()
            for first in range(0, most, size):
                if self.database.is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")
                for table, (_, rows) in tables.items():
                    cursor.executemany(texts[table], rows[first : first + size])
                if self.database.is_sqlite:
                    cursor.execute("COMMIT")
                else:
                    connection.commit()
            seconds = time.perf_counter() - started
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
            connection.commit()
        finally:
            connection.close()
        return seconds


def _rows(database: Database, device: str) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """What the ledger of `device` became: table → columns and rows, as the driver takes them."""
    tables = {}
    for model, column in ((StoredEntry, "device"), (Response, "device_id")):
        table = model.__table__
        statement = table.select().where(table.c[column] == device).order_by(table.c.seq)
        with database.read() as session:
            rows = session.connection().execute(statement).all()
        tables[model.__tablename__] = ([c.name for c in table.columns], [tuple(map(_plain, row)) for row in rows])
    return tables


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if type(value) in (dict, list) else value


def _one_engine(name: str, folder: Path, urls: tuple[str, str], rounds: int, batches: int, size: int) -> None:
    ingest, raw, results = Ingest(folder, urls[0]), Raw(urls[1]), Rounds()
    try:
        for turn in range(rounds + 1):
            now = clock.now().t
            writer = ingest.desk()
            spent = dict.fromkeys((JUDGE, ACCEPT, PROJECT), 0.0)
            for data in writer.batches(batches, size, now):
                ingest.take(data, spent)
            rows = _rows(ingest.database, writer.device)
            bare = raw.insert(rows, size)
            entries_alone = raw.insert({"entry": rows["entry"]}, size)
            posted = ingest.desk().batches(batches, size, now)
            started = time.perf_counter()
            for data in posted:
                ingest.send(data)
            address = time.perf_counter() - started
            if turn:
                for step, seconds in {**spent, ALL: sum(spent.values()), RAW: bare, RAW_ENTRIES: entries_alone,
                                      ADDRESS: address}.items():  # fmt: skip
                    results.add(step, batches * size / seconds)
    finally:
        ingest.close()
        raw.database.close()
    note = f"{rounds} rounds of {batches} batches of {size}; a round adds {2 * batches * size} responses to one agency"
    table = Table(f"Verified ingest, {name}", results, "rec/s", [note])
    table.row(ALL, RAW)
    table.row(JUDGE, RAW)
    table.row(ACCEPT, RAW_ENTRIES)
    table.row(PROJECT, RAW)
    table.row(ADDRESS, RAW)
    table.show()


@contextmanager
def _engines(folder: Path) -> Iterator[list[tuple[str, Callable[[], tuple[str, str]]]]]:
    def sqlite() -> tuple[str, str]:
        a, b = (f"sqlite:///{(folder / name).as_posix()}" for name in ("ingest.sqlite", "raw.sqlite"))
        return a, b

    try:
        from tests.fixtures import postgres
    except ImportError:  # an installation without the test packages
        print("\nVerified ingest, PostgreSQL: not measured, the packages for tests are not installed.")
        yield [("SQLite (WAL, synchronous=FULL)", sqlite)]
        return
    with postgres.run_server() as server, server.database() as first, server.database() as second:
        yield [
            ("SQLite (WAL, synchronous=FULL)", sqlite),
            ("PostgreSQL (fsync off, on both sides)", lambda: (first, second)),
        ]


def measure(folder: Path, rounds: int, batches: int, size: int = wire.MAX_ENTRIES) -> None:
    """Print a table for each engine: `rounds` rounds of `batches` batches of `size` ratings."""
    with _engines(folder) as engines:
        for number, (name, urls) in enumerate(engines):
            own = folder / f"centre-{number}"
            own.mkdir()
            _one_engine(name, own, urls(), rounds, batches, size)


def profile(folder: Path, batches: int, lines: int = 30) -> None:
    """Print where the time of `batches` batches on SQLite goes, by cProfile."""
    ingest = Ingest(folder, f"sqlite:///{(folder / 'profile.sqlite').as_posix()}")
    spent = dict.fromkeys((JUDGE, ACCEPT, PROJECT), 0.0)
    for data in ingest.desk().batches(1, wire.MAX_ENTRIES, clock.now().t):
        ingest.take(data, spent)
    prepared = ingest.desk().batches(batches, wire.MAX_ENTRIES, clock.now().t)
    watch = cProfile.Profile()
    watch.enable()
    for data in prepared:
        ingest.take(data, spent)
    watch.disable()
    ingest.close()
    stats = pstats.Stats(watch, stream=sys.stdout)
    stats.sort_stats("tottime").print_stats(lines)
    stats.sort_stats("cumulative").print_stats(lines)
