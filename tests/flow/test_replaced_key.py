"""The centre's key is lost for good: what still holds, and how a desk comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

import admin
from admin.devices import fleet
from admin.ledgers import centre_key_register, centre_key_replacement, signing_keys, verification
from admin.slips import slip_proof
from admin.slips.slip_proof import SlipRefused
from admin.statistics import alerts
from admin.sync import usb_import
from kiosk.cli import cli
from kiosk.sync import carried_files, enrolment
from kiosk.sync.transport import HttpTransport
from models.keys import read_or_make_key
from models.tables.response import Response
from tests.fixtures.centre_and_desk import AGENCY, Centre, Desk, pair_centre_and_desk
from tests.fixtures.phone_at_centre import mint_slip

DAY = 86_400_000


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as both:
        yield both


def lost(centre: Centre, name: str = centre_key_register.CENTRE) -> None:
    """The file is gone and a new key in its place; the centre is started again."""
    (centre.settings.instance / name).unlink()
    centre_key_replacement.replace_key(centre.database, centre.settings.instance, name, centre.now().t, "test")


def restarted(centre: Centre) -> None:
    centre.stop()
    centre.app = admin.create_app(centre.settings)
    centre.app.extensions["clock"] = centre.now
    centre.keys = signing_keys.load_centre_keys(centre.settings)
    centre.start()


def conditions(centre: Centre) -> list[tuple[str, str]]:
    with centre.database.read() as session:
        return [(line.id, line.condition) for line in fleet.list_fleet_devices(session, [AGENCY], centre.now().t)]


def counted(centre: Centre) -> set[str]:
    with centre.database.read() as session:
        return set(session.scalars(select(Response.id).where(Response.outcome == "counted")))


def test_a_desk_comes_back_under_a_new_name_and_nothing_is_lost(
    scene: tuple[Centre, Desk], tmp_path: Path
) -> None:
    centre, desk = scene
    given, before = [desk.rate(5)], desk.name
    assert desk.sync(url=centre.url).state == "ok"
    given.append(desk.rate(4))
    lost(centre)
    restarted(centre)
    assert conditions(centre) == [(before, "foreign")]

    # The desk goes on: it is told why nobody signs for it, and what it sends is taken all the same.
    given.append(desk.rate(3))
    outcome = desk.sync(url=centre.url)
    assert (outcome.state, outcome.waiting) == ("refused", 2) and "không xóa gì trên máy" in outcome.detail
    assert counted(centre) == set(given)
    given.append(desk.rate(2))
    file = tmp_path / "carried.hailong"
    carried_files.write_export(desk.database, read_or_make_key(desk.settings.key_file), desk.settings, desk.now(), file)
    assert usb_import.ingest_file(centre.database, centre.keys, file.read_bytes(), centre.now().t).state == "ok"
    assert counted(centre) == set(given)

    # Its store is set aside, and the machine is paired again: another device at the same desk.
    desk.close()
    folder, aside = desk.settings.instance, tmp_path / "aside"
    aside.mkdir()
    for part in folder.glob("kiosk.sqlite*"):
        part.rename(aside / part.name)
    again = Desk(folder)
    try:
        again.pair(centre)
        given.append(again.rate(5))
        outcome, after = again.sync(url=centre.url), again.name
        assert (outcome.state, outcome.waiting) == ("ok", 0)
    finally:
        again.close()
    assert counted(centre) == set(given)
    assert dict(conditions(centre)) == {before: "paired_again", after: "fine"}
    with centre.database.read() as session:
        found = verification.verify_ledgers(session, centre.keys.public)
        assert len(found) == 2 and not any(one.wrong or one.missing or one.first_bad for one in found)
        month, week = session.scalar(select(func.max(Response.month))) or "", centre.now().t + 7 * DAY
        silent = alerts.find_month_alerts(session, "NB", month, "short", week).silent
        assert [one.device_id for one in silent] == [after]  # the name that nobody uses any more is no alarm


def test_slips_of_before_open_under_the_new_key(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    token, former = mint_slip(desk), centre.keys
    lost(centre)
    restarted(centre)
    with centre.database.read() as session:
        assert slip_proof.prove_slip(session, token, centre.keys, centre.now().t).agency.key == AGENCY
        assert centre.keys.former == (former.public,)
        with pytest.raises(SlipRefused):  # only because the register knows that it was ours
            slip_proof.prove_slip(session, token, replace(centre.keys, former=()), centre.now().t)
    assert centre.app.test_client().get(f"/r/{token}").status_code == 200


def test_a_server_that_still_runs_with_the_old_key_pairs_nobody(scene: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, _desk = scene
    code = centre.code()
    lost(centre)
    other = Desk(tmp_path / "other")
    try:
        with pytest.raises(enrolment.PairingFailed) as refused:
            enrolment.enrol(other.database, HttpTransport(centre.url), centre.url, code, other.now(), other.settings)
        assert refused.value.code == "not_ready"
        restarted(centre)
        enrolment.enrol(other.database, HttpTransport(centre.url), centre.url, code, other.now(), other.settings)
    finally:
        other.close()


def test_the_steps_that_replacing_the_key_names_pair_the_machine_again_and_nothing_less_does(
    scene: tuple[Centre, Desk], tmp_path: Path
) -> None:
    centre, desk = scene
    lost(centre)
    restarted(centre)
    desk.close()
    folder, aside = desk.settings.instance, tmp_path / "aside"

    def enrolled() -> Result:
        arguments = ["enrol", centre.url, centre.code()]
        result = CliRunner().invoke(cli, arguments, env={"HAILONG_INSTANCE": str(folder)})
        desk.close()  # as the end of a process does
        return result

    refused = enrolled()
    assert refused.exit_code == 1 and refused.stderr.startswith("already_paired: ")
    assert "không xóa gì trên máy" in refused.stderr.replace("\n", " ")
    aside.mkdir()
    for part in folder.glob("kiosk.sqlite*"):
        part.rename(aside / part.name)
    done = enrolled()
    assert done.exit_code == 0, done.output
    again = Desk(folder)
    try:
        given = again.rate(5)
        assert (again.sync(url=centre.url).state, counted(centre)) == ("ok", {given})
    finally:
        again.close()
