"""The centre's figures beside those computed by hand from raw entries, for every agency and month."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from admin import demo
from admin.demo import simulator
from admin.imports import agencies, procedures
from admin.instruments import store
from admin.ledgers import verification
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.tallies import recount
from models.migrations import migrate
from models.tables.declarative_base import CENTRAL
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.clock_seam import environment
from tests.fixtures import centre_keys, independent_index

ROOT = Path(__file__).resolve().parents[2]
LAST = datetime.date(2026, 10, 31)
PLAN = simulator.SimulationPlan(7, 30, LAST - datetime.timedelta(days=46), LAST)


class Played:
    """A practice store with its truth."""

    def __init__(self, folder: Path, plan: simulator.SimulationPlan) -> None:
        self.settings = Settings(folder, f"sqlite:///{(folder / 'admin.sqlite').as_posix()}")
        self.database = self.settings.database()
        migrate.upgrade_store(self.database, CENTRAL)
        self.keys = centre_keys.register_keys(self.settings)
        with self.database.write() as session:
            store.load_documents(session)
            agencies.import_agencies(session, demo.AGENCIES)
            procedures.import_procedures(session, demo.PROCEDURES)
        self.truth = simulator.run_simulation(self.database, self.keys, plan)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    scene = Played(tmp_path_factory.mktemp("played"), PLAN)
    yield scene
    scene.database.close()


def hailong(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = "import sys, wsgi; sys.exit(wsgi.main(sys.argv[1:]))"
    env = environment(HAILONG_INSTANCE=str(folder), PYTHONPATH=str(ROOT), PYTHONUTF8="1")
    return subprocess.run([sys.executable, "-c", run, *arguments], capture_output=True, text=True, cwd=ROOT, env=env)


def test_every_agency_and_month_equals_the_count_by_hand(played: Played) -> None:
    expected = independent_index.compute_months(played.settings.instance / "admin.sqlite")
    assert len(expected) > 50
    with played.database.read() as session:
        for (agency, month), by_hand_figures in expected.items():
            document = queries.build_index_document(session, agency, month, unsuppressed=True)
            assert {name: document[name] for name in by_hand_figures} == by_hand_figures, (agency, month)


def test_the_truth_of_the_simulation_is_what_was_counted(played: Played) -> None:
    with played.database.read() as session:
        for agency, months in played.truth.items():
            for month, truth in months.items():
                document = queries.build_index_document(session, agency, month, unsuppressed=True)
                assert document["n"] == truth.get("n", 0), (agency, month)
                assert document["distribution"] == {str(s): truth.get(str(s), 0) for s in range(1, 6)}


def test_the_command_prints_the_same_document(played: Played) -> None:
    agency, month = max(
        ((a, m) for a, months in played.truth.items() for m in months),
        key=lambda place: played.truth[place[0]][place[1]].get("n", 0),
    )
    done = hailong(played.settings.instance, "admin", "index", agency, month, "--unsuppressed", "--json")
    assert done.returncode == 0, done.stderr
    expected: dict[str, Any] = independent_index.compute_months(played.settings.instance / "admin.sqlite")[
        agency, month
    ]
    printed = json.loads(done.stdout)
    assert {name: printed[name] for name in expected} == expected


def test_playing_longer_tops_up_and_plays_nothing_twice(played: Played, tmp_path: Path) -> None:
    whole = simulator.SimulationPlan(3, 8, LAST - datetime.timedelta(days=20), LAST)
    half = simulator.SimulationPlan(3, 8, whole.first, LAST - datetime.timedelta(days=9))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    at_once, in_parts = Played(tmp_path / "a", whole), Played(tmp_path / "b", half)
    with in_parts.database.read() as session:
        before = session.scalar(select(func.count()).select_from(Response))
    simulator.run_simulation(in_parts.database, in_parts.keys, whole)
    simulator.run_simulation(in_parts.database, in_parts.keys, whole)
    ids = []
    for scene in (at_once, in_parts):
        with scene.database.read() as session:
            ids.append(set(session.scalars(select(Response.id))))
            assert all(
                one.first_bad is None and not one.wrong
                for one in verification.verify_ledgers(session, scene.keys.public)
            )
        scene.database.close()
    assert ids[0] == ids[1] and len(ids[0]) > (before or 0)


def test_a_silent_desk_reports_what_waits_there(played: Played) -> None:
    with played.database.read() as session:
        waiting = session.scalars(select(Device).where(Device.backlog > 0)).all()
        assert len(waiting) == 1
        last = session.get_one(Epoch, (waiting[0].id, 1)).last_seq
    assert waiting[0].head_seq > last


def test_a_real_store_is_never_filled_with_invented_answers(tmp_path: Path) -> None:
    from models.tables.staff_account import StoreMark

    scene = Played(tmp_path, simulator.SimulationPlan(1, 1, LAST, LAST))
    with scene.database.write() as session:
        session.delete(session.get_one(StoreMark, simulator.MARK))
        session.add(StoreMark(name="real_device", value="1"))
    with pytest.raises(simulator.RealStore):
        simulator.run_simulation(scene.database, scene.keys, PLAN)
    scene.database.close()


def test_verify_passes_and_then_names_the_entry_with_a_changed_byte(played: Played) -> None:
    folder = played.settings.instance
    done = hailong(folder, "admin", "verify", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["ok"] is True
    with played.database.read() as session:
        desks = StoredEntry.device.startswith("d-")
        entry = session.scalars(select(StoredEntry).where(desks, StoredEntry.seq == 7).limit(1)).one()
    raw, place_of = entry.bytes, (entry.device, 1, 7)
    with played.database.write() as session:
        place = session.get_one(StoredEntry, place_of)
        place.bytes = raw.replace(b'"typ":', b'"tyq":')
    try:
        done = hailong(folder, "admin", "verify", "--json")
        assert done.returncode == 1
        bad = [one for one in json.loads(done.stdout)["ledgers"] if one["first_bad"]]
        assert [(one["device"], one["epoch"], one["first_bad"]) for one in bad] == [place_of]
        assert done.stderr.startswith("ledger_broken: ") and "7" in done.stderr
    finally:
        with played.database.write() as session:
            session.get_one(StoredEntry, place_of).bytes = raw


def test_recount_finds_nothing_to_change(played: Played) -> None:
    done = hailong(played.settings.instance, "admin", "recount", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["changed"] == 0, done.stderr
    with played.database.read() as session:
        assert recount.find_stale_pairs(session) == []
