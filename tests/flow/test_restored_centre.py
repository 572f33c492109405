"""A centre restored from last night's backup: desks drain, what was thanked counts exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.backup import creation, restoration
from admin.ledgers import verification
from admin.settings import Settings
from models.tables.agency import Desk as DeskRow
from models.tables.device import Device, Evidence
from models.tables.response import Response
from tests.fixtures import postgres
from tests.fixtures.centre_and_desk import AGENCY, Centre, Desk, pair_centre_and_desk

SECOND = f"{AGENCY}-Q2"


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Callable[[str], Settings]]:
    """Makes empty places: an instance folder, and an empty database where the centre's is PostgreSQL."""
    if store_url.startswith("sqlite"):
        yield lambda name: Settings(tmp_path / name, f"sqlite:///{(tmp_path / name / 'admin.sqlite').as_posix()}")
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield lambda name: Settings(tmp_path / name, url, pg_bin=postgres.find_programs())


def outcomes(centre: Centre) -> dict[str, list[str]]:
    """Every response's id → the outcomes of all rows that bear it."""
    found: dict[str, list[str]] = {}
    with centre.database.read() as session:
        for id, outcome in session.execute(select(Response.id, Response.outcome)):
            found.setdefault(id, []).append(outcome)
    return found


def test_after_a_restore_every_desk_drains_and_each_thanked_answer_counts_once(
    scene: tuple[Centre, Desk],
    elsewhere: Callable[[str], Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centre, desk = scene
    new = elsewhere("new")
    own = Settings(centre.settings.instance, centre.settings.database_url, pg_bin=new.pg_bin)
    with centre.database.write() as session:
        session.add(DeskRow(code=SECOND, agency_key=AGENCY, name_vi="Quầy 2", name_en="Desk 2"))
    thanked = [desk.rate(1 + i % 5) for i in range(6)]
    desk.sync(url=centre.url)
    night = creation.make_backup(own, tmp_path / "backup", centre.now().t, quiet)
    assert night.missing == []

    later = Desk(tmp_path / "later")  # the restored centre does not know it
    code = centre.code(SECOND)
    monkeypatch.setattr(centre, "code", lambda: code)
    later.pair(centre)
    for one in (desk, later):
        thanked += [one.rate(1 + i % 5) for i in range(4)]
        assert one.sync(url=centre.url).waiting == 0
    thanked.append(desk.rate(2))  # and one that nobody has yet
    assert len(outcomes(centre)) == len(thanked) - 1

    centre.stop()
    if new.store_file is None:
        monkeypatch.setenv("DATABASE_URL", new.database_url)
    restoration.restore_backup(tmp_path / "backup", new, quiet)
    centre.move(new)
    assert len(outcomes(centre)) == 6
    centre.start()
    for one in (desk, later):
        one.ahead += 61_000
        for _ in range(3):
            one.sync(url=centre.url)
        assert one.sync(url=centre.url).waiting == 0
    assert outcomes(centre) == {id: ["counted"] for id in thanked}
    assert centre.index()["n"] == len(thanked)
    with centre.database.read() as session:
        assert all(
            not one.wrong and one.first_bad is None for one in verification.verify_ledgers(session, centre.keys.public)
        )
        assert session.scalars(select(Evidence)).all() == []
        assert set(session.scalars(select(Device.state))) == {"active"}
    later.close()
