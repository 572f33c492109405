"""The store of hidden cells: brief tallies of a store from before, and a desk's answer's later score."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.statistics.tallies import recount
from models.migrations import migrate, run_alembic
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL
from models.tables.response import Response
from models.tables.tally import TallyBrief, TallyMonth
from tests.fixtures.tally_rows import add_answers, make_store


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    database = make_store(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_store_url"))
    request.addfinalizer(database.close)
    return database


def test_a_store_that_was_before_has_its_brief_tallies_after_the_migration(database: Database) -> None:
    with database.write() as session:
        for procedure, stage in (("", "result"), ("1.000001", "result"), ("1.000001", "submission")):
            add_answers(session, "HL", (0, 1, 2, 3, 4), procedure=procedure, stage=stage)
        add_answers(session, "HL", (0, 0, 0, 0, 7), channel="qr")
    run_alembic.move_to_revision(database, CENTRAL, "central_0004")
    assert migrate.upgrade_store(database, CENTRAL)
    with database.read() as session:
        found = {
            (row.channel, row.item, row.value): row.n
            for row in session.scalars(select(TallyBrief).where(TallyBrief.agency_key == "HL"))
        }
    apart = {key: n for key, n in found.items() if key[1] in ("_stage", "_procedure")}
    assert apart == {
        ("kiosk", "_stage", "result"): 20, ("kiosk", "_stage", "submission"): 10, ("kiosk", "_procedure", ""): 10,
        ("kiosk", "_procedure", "1.000001"): 20, ("qr", "_stage", "result"): 7, ("qr", "_procedure", ""): 7,
    }  # fmt: skip
    assert {key: n for key, n in found.items() if key not in apart} == {
        ("kiosk", "overall", "2"): 3, ("kiosk", "overall", "3"): 6, ("kiosk", "overall", "4"): 9,
        ("kiosk", "overall", "5"): 12, ("kiosk", "_responses", "counted"): 30,
        ("qr", "overall", "5"): 7, ("qr", "_responses", "counted"): 7,
    }  # fmt: skip


def response(number: int, **what: object) -> Response:
    columns: dict[str, object] = {
        "id": f"{number:032x}", "device_id": "d", "epoch": 1, "seq": number, "agency_key": "HL", "channel": "kiosk",
        "lang": "vi", "instrument": "short", "version": 1, "state": "complete", "score": 5, "answers": {"overall": 5},
        "topics": [], "outcome": "counted", "at_ms": 0, "low_ms": 0, "high_ms": 0, "claimed_ms": 0,
        "day": "2026-10-01", "month": "2026-10",
    }  # fmt: skip
    return Response(**(columns | what))


def test_what_was_said_at_the_desk_and_later_is_tallied_as_a_pair(database: Database) -> None:
    with database.write() as session:
        session.add(response(1, outcome="superseded", score=5, later_score=2))
        session.add(response(2, outcome="superseded", score=4, later_score=4))
        session.add(response(3, channel="qr", score=2, answers={"overall": 2}))
        session.add(response(4, outcome="superseded", score=3))
        session.flush()
        recount.recount_pairs(session, [("HL", "2026-10")])
        pairs = select(TallyMonth.channel, TallyMonth.value, TallyMonth.n).where(TallyMonth.item == recount.PAIRED)
        assert sorted(map(tuple, session.execute(pairs))) == [("kiosk", "1:0", 1), ("kiosk", "1:1", 1)]
