"""A forgotten device after a restore: it comes back under its own name and under no other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from admin.ledgers import verification
from models import ids
from models.tables.agency import Desk as DeskRow
from models.tables.device import Device, Epoch, Evidence, PairingCode
from models.tables.response import Response, SpentSlip
from tests.fixtures.centre_and_desk import AGENCY, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import Phone, check_error_page, mint_slip

SECOND = f"{AGENCY}-Q2"


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def forget(centre: Centre) -> None:
    """The backup is from before any desk was paired."""
    with centre.database.write() as session:
        desks = select(Device.id).where(Device.desk_code.is_not(None))
        session.execute(delete(PairingCode))
        session.execute(delete(Epoch).where(Epoch.device_id.in_(desks)))
        session.execute(delete(Device).where(Device.desk_code.is_not(None)))


def test_a_forgotten_device_and_a_new_one_with_its_number_are_two(
    scene: tuple[Centre, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, old = scene
    token, number = mint_slip(old), ids.device_number(old.name)
    given = {old.rate(5), old.rate(1)}
    forget(centre)
    assert number is not None
    monkeypatch.setattr(secrets, "randbelow", lambda _below: number - 1)  # the worst draw there is
    with centre.database.write() as session:
        session.add(DeskRow(code=SECOND, agency_key=AGENCY, name_vi="Quầy 2", name_en="Desk 2"))
    code = centre.code(SECOND)
    monkeypatch.setattr(centre, "code", lambda: code)
    new = Desk(tmp_path / "new")
    try:
        new.pair(centre)
        assert new.name != old.name and ids.device_number(new.name) == number
        other = mint_slip(new)
        check_error_page(Phone(centre).get(f"/r/{token}"), "HL-404")  # nobody here has made it
        assert Phone(centre).get(f"/r/{other}").status_code == 200

        assert old.sync(url=centre.url).waiting == 0  # by its certificate it is itself again
        given |= {new.rate(4)}
        assert new.sync(url=centre.url).waiting == 0
        for paper in (token, other):
            assert Phone(centre).tap(paper, 3)
    finally:
        new.close()
    with centre.database.read() as session:
        rows = session.execute(select(Response.id, Response.device_id, Response.outcome)).all()
        assert {id for id, device, outcome in rows if device in (old.name,) and outcome == "counted"} < given
        assert given <= {id for id, _device, outcome in rows if outcome == "counted"}
        spent = set(session.scalars(select(SpentSlip.device_id)))
        assert len(spent) == 2 and old.name in spent
        assert session.scalars(select(Evidence)).all() == []
        assert all(
            not one.wrong and one.first_bad is None for one in verification.verify_ledgers(session, centre.keys.public)
        )
        desks = dict(session.execute(select(Device.id, Device.desk_code).where(Device.number == number)).all())
        assert desks[old.name] != SECOND and set(desks.values()) >= {SECOND}
