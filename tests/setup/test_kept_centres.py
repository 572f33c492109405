"""Kept centres of earlier versions, on both databases: an upgrade changes nothing they said.

Each archive in `centres/` was made by `make_centre.py` with an earlier version alone. No outcome, no figure and no
issued paper moves when it is upgraded and counted again, and slips, typed codes and private pages that were handed out
before open once.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import tarfile
import threading
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from click.testing import CliRunner
from sqlalchemy import select
from werkzeug.serving import make_server

import admin
from admin.cli import cli
from admin.responses import transaction_settlement
from admin.settings import Settings
from models.clock import HCM
from models.storage.database import Database
from models.tables.response import Response, Tie
from tests.clock_seam import clock_at
from tests.fixtures import postgres
from tests.fixtures.installation import Browser, answer_on_phone, hash_file

CENTRES = sorted((Path(__file__).parent / "centres").glob("*.json"))
#: What is told of a response for good.
SAID = ("id", "device_id", "agency_key", "desk_code", "channel", "stage", "procedure_code", "decider_key", "score",
        "later_score", "outcome", "reason", "day", "month", "excluded")  # fmt: skip
#: Tables whose rows are work in progress and no record.
WORK = frozenset({"alembic_version", "stale_tally", "idempotent_reply", "staff_session"})
#: Tables in which an upgrade notes something new beside what is there.
GROWING = frozenset({"store_mark"})
#: Tables that an upgrade takes away: what was counted there is in memory.
GONE = frozenset({"wrong_tries"})

Rows = dict[str, "Counter[str]"]


@dataclass
class Kept:
    """A centre of an earlier version, upgraded: what was told of it, and its store before and after."""

    told: dict[str, Any]
    folder: Path
    url: str
    before: Rows
    columns: dict[str, list[str]]
    #: what each step gave, by its name
    gave: dict[str, Any] = field(default_factory=dict)

    def rows(self) -> Rows:
        """The store as it is, in the columns that it had; without the tables that are gone."""
        return rows_of(self.url, {name: has for name, has in self.columns.items() if name not in GONE})[0]

    def run(self, *words: str) -> Any:
        """The one JSON document of a command of the centre."""
        done = CliRunner().invoke(cli, [*words, "--json"], env=self.environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    @property
    def environment(self) -> dict[str, str]:
        """What a command is started with."""
        return {"HAILONG_INSTANCE": str(self.folder), "DATABASE_URL": self.url}


def rows_of(url: str, columns: dict[str, list[str]] | None = None) -> tuple[Rows, dict[str, list[str]]]:
    """Every row of every table as text, and the tables with their columns, or the given ones alone."""
    engine = sqlalchemy.create_engine(url)
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine)
    found = {name: [column.name for column in table.columns] for name, table in metadata.tables.items()}
    asked = found if columns is None else columns
    with engine.connect() as connection:
        rows = {
            name: Counter(repr(tuple(row)) for row in connection.execute(
                select(*(metadata.tables[name].c[column] for column in asked[name]))))
            for name in asked
        }  # fmt: skip
    engine.dispose()
    return rows, asked


@pytest.fixture(scope="module", params=CENTRES, ids=[path.stem for path in CENTRES])
def archive(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(
    request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory,
    postgres_server: postgres.PostgresServer,
) -> Iterator[Kept]:  # fmt: skip
    told = json.loads(archive.read_text(encoding="utf-8"))
    top = tmp_path_factory.mktemp("kept")
    with tarfile.open(archive.with_suffix(".tar.xz")) as packed:
        packed.extractall(top, filter="data")
    folder, moment = top / "centre", datetime.datetime.fromtimestamp(told["made_ms"] // 1000 + 60, HCM)
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{(folder / 'admin.sqlite').as_posix()}"
        if request.param == "postgresql":
            (folder / "admin.sqlite").unlink()
            url = stack.enter_context(postgres_server.database())
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute((folder / "store.sql").read_bytes())
        stack.enter_context(clock_at(f"{moment:%Y-%m-%dT%H:%M:%S}"))
        found = Kept(told, folder, url, *rows_of(url))
        done = CliRunner().invoke(cli, ["upgrade"], env=found.environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        _ask(found)
        yield found


def _ask(kept: Kept) -> None:
    """Everything the earlier version said is asked again; then somebody uses what was handed out."""
    kept.gave["upgraded"] = kept.rows()
    kept.gave["verify"], kept.gave["recount"] = kept.run("verify"), kept.run("recount")
    kept.gave["index"] = {asked: kept.run("index", *asked.split(), "--unsuppressed") for asked in kept.told["index"]}
    for one in kept.told["reports"]:
        kept.gave[one["file"]] = kept.run("report", one["agency"], one["period"], "--locale", one["locale"])
    database = Database(kept.url)
    with database.write() as session:  # whoever asks who counts gets the same answer
        transaction_settlement.settle_transactions(session, set(session.scalars(select(Tie.key))))
        kept.gave["counted once more"] = said(session)
    with database.read() as session:
        kept.gave["stale"] = session.scalar(sqlalchemy.text("SELECT count(*) FROM stale_tally"))
    database.close()
    app = admin.create_app(Settings(kept.folder, kept.url, public_url="http://hailong.example"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _use(kept, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        app.extensions["database"].close()


def said(session: Any) -> Counter[str]:
    """What is told of each response."""
    return Counter(repr(tuple(row)) for row in session.execute(select(*(getattr(Response, name) for name in SAID))))


def _use(kept: Kept, address: str) -> None:
    given: dict[str, Any] = {}
    for desk in kept.told["devices"]:
        here = kept.told[desk]
        for name in ("waiting", "plain", "unsent"):
            given[f"{desk} {name}"] = answer_on_phone(Browser(address), f"/r/{here['slips'][name]['token']}", 4)
            given[f"{desk} {name} again"] = Browser(address).open(f"/r/{here['slips'][name]['token']}").status
        for name in ("waiting_code", "plain_code"):
            phone = Browser(address)
            phone.open("/m")
            phone.send("/m", code=here["slips"][name]["code"])
            given[f"{desk} {name}"] = answer_on_phone(phone, phone.path, 4)
        for number, token in enumerate(here["notes"]):
            phone = Browser(address)
            given[f"{desk} note {number}"] = phone.open(f"/n/{token}").status
            if number == 1:
                phone.send(act="send", comment="Lần này rất nhanh")
                given[f"{desk} note written"] = phone.reply.status
    given["codes"] = {Browser(address).open(f"/c/{code}").status for code in kept.told["follow_up"]}
    given["no code"] = Browser(address).open("/c/000000000000").status
    given["proofs"] = {Browser(address).open(f"/v/{one['code']}").status for one in kept.told["reports"]}
    kept.gave["given"] = given


def test_every_row_is_still_what_it_was(kept: Kept) -> None:
    after = kept.gave["upgraded"]
    assert not GONE & rows_of(kept.url)[0].keys()
    for name in kept.before.keys() - WORK - GONE:
        assert not kept.before[name] - after[name], name
        assert name in GROWING or not after[name] - kept.before[name], name
    assert sum(map(len, kept.before.values())) > 300


def test_every_kind_of_outcome_is_among_them(kept: Kept) -> None:
    outcomes = kept.columns["response"].index("outcome")
    found = Counter(row for text in kept.before["response"] for row in [literal_eval(text)[outcomes]])
    assert {"counted", "superseded", "contested"} <= found.keys(), found
    later = kept.columns["response"].index("later_score")
    assert any(literal_eval(text)[later] for text in kept.before["response"])
    assert kept.before["note"] and kept.before["slip_reference"] and kept.before["follow_up"]


def test_the_same_figures_are_said_again(kept: Kept) -> None:
    told = kept.told["verify"]
    since: dict[str, Any] = {"unrecorded": [], "unconfirmed": [], "disputed": None, "after_end": []}  # none is found
    ledgers = [one | since for one in told["ledgers"]]
    assert kept.gave["verify"] == told | {"ledgers": ledgers}
    assert kept.gave["recount"]["changed"] == 0
    for asked, told in kept.told["index"].items():
        assert told.items() <= kept.gave["index"][asked].items(), asked


def test_whoever_settles_again_moves_nobody(kept: Kept) -> None:
    position = [kept.columns["response"].index(name) for name in SAID]
    before = Counter(repr(tuple(literal_eval(text)[at] for at in position)) for text in kept.before["response"])
    assert kept.gave["counted once more"] == before
    assert kept.gave["stale"] == 0


def test_papers_are_drawn_to_the_same_bytes(kept: Kept) -> None:
    for one in kept.told["reports"]:
        again = kept.gave[one["file"]]
        assert not again["new"] and (again["code"], again["sha"]) == (one["code"], one["sha"])
        assert hash_file(Path(again["pdf"])) == one["pdf_sha"], one["file"]


def test_what_was_handed_out_opens_once(kept: Kept) -> None:
    given = kept.gave["given"]
    for desk in kept.told["devices"]:
        for name in ("waiting", "plain", "unsent"):
            assert given[f"{desk} {name}"] == "" and given[f"{desk} {name} again"] == 409
        assert given[f"{desk} waiting_code"] == given[f"{desk} plain_code"] == ""  # nobody promised a reply
        assert [given[f"{desk} note {number}"] for number in (1, 2)] == [200, 200]
        assert given[f"{desk} note written"] == 200
    assert given["codes"] == given["proofs"] == {200}
    assert given["no code"] == 404
