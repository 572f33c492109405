"""A desk that its centre does not know: what came from it is kept, and counts once the desk is added."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from admin.cli import cli
from admin.responses import projection
from models.storage.database import Database
from models.tables.agency import Desk as DeskRow
from models.tables.device import Device, Epoch, PairingCode
from models.tables.response import Response
from tests.fixtures import postgres
from tests.fixtures.centre_and_desk import AGENCY, DESK, Centre, pair_centre_and_desk
from tests.fixtures.centre_keys import register_keys
from tests.fixtures.ledger_writer import LedgerWriter


def answers(database: Database) -> dict[str, tuple[str, str | None, str]]:
    """Outcome, reason and agency of each."""
    with database.read() as session:
        rows = session.execute(select(Response.id, Response.outcome, Response.reason, Response.agency_key))
        return {row.id: (row.outcome, row.reason, row.agency_key) for row in rows}


def test_answers_of_a_desk_that_was_added_later_count(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a centre restored from a backup that is older than the desk."""
    with pair_centre_and_desk(tmp_path, store_url) as (centre, desk):
        with centre.database.write() as session:
            session.execute(delete(PairingCode).where(PairingCode.device_id.like("d-%")))
            session.execute(delete(Epoch).where(Epoch.device_id.like("d-%")))
            session.execute(delete(Device).where(Device.id.like("d-%")))
            session.execute(delete(DeskRow).where(DeskRow.code == DESK))
        early = desk.rate(2)
        assert desk.sync(url=centre.url).state == "ok"
        assert answers(centre.database) == {early: ("not_counted", "unknown_desk", "")}
        monkeypatch.setenv("HAILONG_INSTANCE", str(centre.settings.instance))
        monkeypatch.setenv("DATABASE_URL", centre.settings.database_url)
        done = CliRunner().invoke(cli, ["desks", "add", AGENCY, DESK, "Quầy 1"])
        assert done.exit_code == 0, done.output
        late = desk.rate(4)
        assert desk.sync(url=centre.url).state == "ok"
        assert answers(centre.database) == {id: ("counted", None, AGENCY) for id in (early, late)}
        with centre.database.read() as session:
            assert session.get_one(Device, desk.name).desk_code == DESK
        assert centre.index()["n"] == 2


def test_two_devices_with_one_id_read_at_the_same_time_both_count(
    tmp_path: Path, postgres_server: postgres.PostgresServer
) -> None:
    """Two transactions at once: whichever gives way is read again, and nothing is lost."""
    with postgres_server.database() as url:
        centre = Centre(tmp_path, url)
        try:
            with centre.database.write() as session:
                writers = [LedgerWriter(session, register_keys(centre.settings), DESK, AGENCY) for _ in range(2)]
            for place in range(8):
                for one in writers:
                    one.rate(4, id=f"{place:032x}")
            for one in writers:
                assert one.send(centre.database, one.batch(1))[0] == 200
            together, faults = threading.Barrier(2), list[BaseException]()

            def read(one: LedgerWriter) -> None:
                try:
                    with centre.database.write() as session:
                        together.wait(30)
                        projection.project_entries(session, one.dev, 1)
                except BaseException as error:
                    faults.append(error)

            threads = [threading.Thread(target=read, args=(one,)) for one in writers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert len(faults) <= 1
            for one in writers:  # as the upkeep does for what was not read
                with centre.database.write() as session:
                    projection.project_entries(session, one.dev, 1)
            with centre.database.read() as session:
                counted = session.scalars(select(Response.device_id).where(Response.outcome == "counted")).all()
            assert sorted(counted) == sorted([writers[0].dev] * 8 + [writers[1].dev] * 8)
        finally:
            centre.close()
