"""`hailong admin clock`, and what the other commands do while the centre's clock lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from admin import demo
from admin.cli import cli
from admin.ledgers import centre_clock
from models import clock
from models.storage.database import Database
from models.tables.device import Device, PairingCode
from models.tables.slip_record import DossierKey
from models.tables.staff_account import AuditRow, StoreMark
from tests.clock_seam import clock_at, ms_of

NOW = "2026-11-20T09:00:00"
DESK = "NB-14329-Q1"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Database]:
    """A centre with a desk, which signed something at `NOW`."""
    with clock_at(NOW):
        for words in (("upgrade",), ("agencies", "import", str(demo.AGENCIES)),
                      ("desks", "add", "NB-14329", DESK, "Quầy 1")):  # fmt: skip
            assert run(*words).exit_code == 0
    database = Database(f"sqlite:///{(tmp_path / 'instance' / 'admin.sqlite').as_posix()}")
    with database.write() as session:
        centre_clock.record_signed_time(session, ms_of(NOW))
    yield database
    database.close()


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, words, input=typed)


def devices(database: Database) -> list[str]:
    with database.read() as session:
        assert len(session.scalars(select(PairingCode)).all()) == len(session.scalars(select(Device.id)).all()) - 2
        return list(session.scalars(select(Device.id).where(Device.desk_code == DESK)))


def test_a_clock_that_is_right_is_shown_and_needs_no_word(centre: Database) -> None:
    with clock_at("2026-11-20T09:30:00"):
        shown = run("clock")
        assert shown.exit_code == 0 and "2026-11-20 09:00:00" in shown.stdout and "2026-11-20 09:30" in shown.stdout
        told = json.loads(run("clock", "--json").stdout)
        assert (told["ok"], told["reason"], told["confirmed_ms"]) == (True, None, None)
        assert told["newest_signed_ms"] == ms_of(NOW)
        confirmed = run("clock", "confirm", "--yes")
        assert confirmed.exit_code == 0 and "không cần xác nhận" in confirmed.stderr
    with centre.read() as session:
        assert centre_clock.read_clock(session, ms_of(NOW)).confirmed_ms is None


@pytest.mark.parametrize(
    ("moment", "code"), [("2026-11-20T08:00:00", "clock_behind"), ("2026-12-22T09:00:00", "clock_ahead")]
)
def test_a_clock_that_may_lie_is_signed_by_once_a_person_typed_the_day(
    centre: Database, moment: str, code: str
) -> None:
    with clock_at(moment):
        told = run("clock", "--json")
        assert told.exit_code == 1 and json.loads(told.stdout)["reason"] == code
        refused = run("devices", "enrol", DESK)
        assert refused.exit_code == 1 and refused.stderr.startswith(f"{code}: ") and devices(centre) == []
        assert "hailong admin clock confirm" in refused.stderr
        for typed in ("", "2026-11-19\n", "có\n"):
            answer = run("clock", "confirm", typed=typed)
            assert answer.exit_code == 1 and "not_confirmed: " in answer.stderr
            assert moment[:10] not in answer.stderr.rpartition("\n\n")[0].partition("giờ Việt Nam")[2]
        assert run("devices", "enrol", DESK).exit_code == 1
        assert run("clock", "confirm", typed=f"{moment[:10]}\n").exit_code == 0
        assert run("devices", "enrol", DESK).exit_code == 0 and len(devices(centre)) == 1
        told = json.loads(run("clock", "--json").stdout)
        assert told["ok"] and ms_of(moment) <= told["confirmed_ms"] == told["newest_signed_ms"]
    with centre.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "clock_confirmed")).one()
        assert row.subject == f"{code} {ms_of(NOW)}"


def test_nobody_confirms_the_date_of_an_empty_battery(centre: Database) -> None:
    with clock_at("2001-01-01T00:00:00"):
        for words in (("clock", "confirm", "--yes"), ("devices", "enrol", DESK)):
            assert run(*words).exit_code == 1
        assert "clock_impossible: " in run("clock", "confirm", typed="2001-01-01\n").stderr
    assert devices(centre) == []


def test_a_new_version_is_taken_in_by_a_clock_that_may_lie_but_no_key_is_made_by_it(centre: Database) -> None:
    with centre.read() as session:
        before = session.scalars(select(DossierKey.month)).all()
    with clock_at("2031-05-05T12:00:00"):
        answer = run("upgrade")
        assert answer.exit_code == 0 and "clock_ahead: " in answer.stderr
    with centre.read() as session:
        assert session.scalars(select(DossierKey.month)).all() == before
    with clock_at("2026-12-10T12:00:00"):
        assert "clock_" not in run("upgrade").stderr
    with centre.read() as session:
        assert set(session.scalars(select(DossierKey.month))) == {*before, "2027-01"}


def test_a_store_of_an_earlier_version_begins_with_the_newest_that_it_signed(centre: Database) -> None:
    from models.tables.device import BatchLog, Epoch

    signed = clock.day_start("2026-11-18")
    with centre.write() as session:
        centre_clock.restart_clock_comparison(session, 0)
        session.delete(session.get_one(StoreMark, centre_clock.SIGNED))
        epoch = session.scalars(select(Epoch)).first()
        assert epoch is not None
        session.add(BatchLog(device_id=epoch.device_id, epoch=1, from_seq=1, to_seq=1, received_ms=signed,
                             envelope=b"", signature="", head=""))  # fmt: skip
    with clock_at(NOW):
        assert run("upgrade").exit_code == 0
    with centre.read() as session:
        assert centre_clock.read_clock(session, ms_of(NOW)).newest_ms == signed
