"""A desk that goes on with a closed ledger: told so by wire and by stick, and named by `verify`.

It may be a copy of a machine that was paired again, or one whose certificate got lost. Nothing it holds is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from admin.cli import cli
from admin.sync import usb_import
from kiosk.auth import pin
from kiosk.cli import cli as kiosk_cli
from kiosk.cli import status_lines
from kiosk.desk import state
from kiosk.sync import carried_files, client
from kiosk.sync.transport import HttpTransport
from models.keys import SigningKey, read_or_make_key
from models.storage.database import Database
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from tests.fixtures.desk_staff_scene import PIN, enter_pin, press_button, read_page_text
from tests.fixtures.next_epoch import certify_next_epoch


@pytest.fixture(name="scene")
def a_paired_desk(store_url: str, tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as scene:
        yield scene


def answers(centre: Centre) -> int:
    with centre.database.read() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def close(database: Database, centre: Centre, device: str) -> None:
    with database.write() as session:
        certify_next_epoch(session, centre.keys, device, centre.now().t)


def key_of(desk: Desk) -> SigningKey:
    return read_or_make_key(desk.settings.key_file)


def test_a_desk_is_told_that_its_ledger_is_closed_and_keeps_what_it_has(
    scene: tuple[Centre, Desk], tmp_path: Path
) -> None:
    centre, desk = scene
    desk.rate(5)
    desk.rate(4)
    assert desk.sync(url=centre.url).state == "ok"
    early = tmp_path / "early.hailong"
    carried_files.write_export(desk.database, key_of(desk), desk.settings, desk.now(), early)
    close(centre.database, centre, desk.name)
    assert answers(centre) == 2

    desk.rate(3)
    outcome = desk.sync(url=centre.url)
    assert (outcome.state, outcome.detail, outcome.waiting) == ("stopped", "closed", 1)
    with desk.database.read() as session:
        said = "\n".join(status_lines.build_status_lines(session, desk.settings, desk.now()))
        identity = state.read_state(session).identity
    assert identity is not None
    assert "ghép lại" not in said and "Trung tâm đã khép sổ ghi phiếu của máy này." in said
    assert "trung tâm đã khép sổ này; phiếu ở lại trên máy" in said and "Không xóa gì trên máy này" in said
    env = {"HAILONG_INSTANCE": str(desk.settings.instance)}
    once = CliRunner().invoke(kiosk_cli, ["sync", "--once"], env=env)
    assert once.exit_code == 1 and "stopped: Trung tâm không nhận thêm phiếu từ sổ này. " in once.stderr
    assert "Không xóa gì trên máy này" in once.stderr and "(HL-422)" in once.stderr
    with desk.database.write() as session:
        pin.set_pin(session, PIN, desk.now())
    enter_pin(desk.client)
    shown = read_page_text(press_button(desk.client, "send"))
    assert "Trung tâm không nhận thêm từ sổ này: xin xem thông báo (HL-422)." in shown
    assert "Không xóa gì trên máy này; hãy gọi" in shown and "ghép lại" not in shown
    desk.client.post("/staff/home")
    desk.rate(2)  # citizens go on
    late = tmp_path / "late.hailong"
    carried_files.write_export(desk.database, key_of(desk), desk.settings, desk.now(), late)
    for file in (late, early):
        done = usb_import.ingest_file(centre.database, centre.keys, file.read_bytes(), centre.now().t)
        assert (done.accepted, done.state) == (0, "stopped"), "also where it brings nothing"
    back = tmp_path / "back.hailong"
    back.write_bytes(usb_import.ingest_file(centre.database, centre.keys, late.read_bytes(), centre.now().t).replies)
    took = carried_files.import_receipts(desk.database, identity, back, desk.now())
    assert took.state == "closed" and answers(centre) == 2
    assert client.fetch_reference(
        HttpTransport(centre.url), identity, key_of(desk), desk.now(), desk.settings
    ) is None  # the keys of the months are for who has the new one


def test_verify_says_in_words_what_stands_after_the_end(tmp_path: Path) -> None:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        desk.rate(5)
        assert desk.sync(url=centre.url).state == "ok"
        env = {"HAILONG_INSTANCE": str(centre.settings.instance), "DATABASE_URL": None}
        assert CliRunner().invoke(cli, ["verify"], env=env).exit_code == 0
        desk.rate(4)
        assert desk.sync(url=centre.url).state == "ok"
        with centre.database.write() as session:  # as stores of former versions may have it
            first = session.scalars(select(Response.seq).order_by(Response.seq)).first()
            assert first is not None
            h = session.get_one(StoredEntry, (desk.name, 1, first)).h
            certify_next_epoch(session, centre.keys, desk.name, centre.now().t, end=(first, h))
        judged = CliRunner().invoke(cli, ["verify"], env=env)
        told = json.loads(CliRunner().invoke(cli, ["verify", "--json"], env=env).stdout)
        old = next(one for one in told["ledgers"] if (one["device"], one["epoch"]) == (desk.name, 1))
        assert old["after_end"][0] == first + 1 and told["ok"] is False and answers(centre) == 2
        assert judged.exit_code == 1 and judged.stderr.startswith("ledger_broken: ")
        words = f"{desk.name}/1 · {len(old['after_end'])} dòng (từ số {first + 1}) ghi sau khi sổ đã khép"
        assert words in judged.stdout
