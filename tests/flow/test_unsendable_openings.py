"""Openings that no line can say: their ratings arrive without them, and a person is told how many.

By wire, by a file carried by hand, and out of a store that was set aside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from admin.sync import usb_import
from kiosk.boot import DeskStart
from kiosk.cli import cli, status_lines
from kiosk.desk import reference, status_figures
from kiosk.desk.sender_heartbeat import SenderHeartbeat
from kiosk.staff import status_text
from kiosk.sync import carried_files, store_salvage
from models.keys import read_or_make_key
from models.tables.desk_store import Draft, WaitingSidecar
from models.tables.response import OpenedSidecar, Response
from tests.fixtures import damaged_store, desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk
from translations import use_locale

WORDS = "Cán bộ rất tận tình"
#: What may befall a row of the store, as SQL.
HOW = {
    "no UTF-8": "value = CAST(x'ff41' AS TEXT)",
    "a NUL": "value = CAST(x'410041' AS TEXT)",
    "not NFC": "value = CAST(x'65cc81' AS TEXT)",
    "too long": "value = CAST(replace(hex(zeroblob(5000)), '0', 'a') AS TEXT)",
    "a short salt": "salt = '00'",
    "an unknown kind": "kind = 'z'",
    "no text": "value = x'00ff'",
}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as scene:
        yield scene


def said(desk: Desk, words: str = WORDS) -> str:
    """One citizen who taps, writes something and sends."""
    id = desk.tap(4)
    with desk.database.write() as session:
        session.get_one(Draft, id).comment = words
    desk.finish(id)
    return id


def spoil(desk: Desk, id: str, how: str) -> None:
    with desk.database.write() as session:
        done = session.execute(text(f"UPDATE waiting_sidecar SET {HOW[how]} WHERE id = :id AND kind = 'c'"), {"id": id})
        assert done.rowcount == 1  # type: ignore[attr-defined]


def given(desk: Desk) -> tuple[set[str], str]:
    """Ratings with and without words; the words of all but one are spoilt. All of them, and the one that is not."""
    ids = {desk.rate(5)}
    for how in HOW:
        ids.add(bad := said(desk))
        spoil(desk, bad, how)
    whole = said(desk)
    return ids | {whole, desk.rate(2)}, whole


def counted(centre: Centre) -> set[str]:
    with centre.database.read() as session:
        return set(session.scalars(select(Response.id).where(Response.outcome == "counted")))


def commented(centre: Centre) -> dict[str, str]:
    with centre.database.read() as session:
        rows = session.scalars(select(OpenedSidecar).where(OpenedSidecar.kind == "c"))
        return {row.id: row.value for row in rows}


def test_by_wire_every_rating_arrives_and_the_damage_is_told(both: tuple[Centre, Desk]) -> None:
    centre, desk = both
    ids, whole = given(desk)
    outcome = desk.sync(url=centre.url)
    assert (outcome.state, outcome.waiting, outcome.sent) == ("ok", 0, len(ids))
    assert counted(centre) == ids and commented(centre) == {whole: WORDS}
    with desk.database.read() as session:
        words = select(func.count()).select_from(WaitingSidecar).where(WaitingSidecar.kind.in_(("c", "z")))
        assert session.scalar(words) == len(HOW) + 1  # kept here
        assert status_figures.read_figures(session, desk.settings)["unsendable"] == len(HOW)
        lines = status_lines.build_status_lines(session, desk.settings, desk.now())
        assert f"Phần kèm bị hỏng    {len(HOW)} ý kiến hoặc mã kèm phiếu không gửi được" in lines
    assert desk.rate(1) and desk.sync(url=centre.url).state == "ok"


def test_staff_are_told_unless_something_worse_is_wrong(both: tuple[Centre, Desk]) -> None:
    centre, desk = both
    spoil(desk, said(desk), "not NFC")
    life = SenderHeartbeat(desk.settings.instance)
    try:
        assert desk.sync(url=centre.url).state == "ok"
        with desk.database.read() as session, use_locale("vi"):
            known = reference.read_reference(session)
            assert known is not None
            (banner,) = status_text.build_banners(session, desk.settings, known, desk.now())
        assert banner.title == "1 ý kiến hoặc mã kèm phiếu bị hỏng." and "(HL-L5)" in banner.text
        with desk.database.write() as session:
            desk_state_rows.put_texts(session, state="suspended")
        with desk.database.read() as session, use_locale("vi"):
            (banner,) = status_text.build_banners(session, desk.settings, known, desk.now())
        assert "(HL-403)" in banner.text
    finally:
        life.release()


def test_by_hand_every_rating_arrives(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, desk = both
    ids, whole = given(desk)
    key = read_or_make_key(desk.settings.key_file)
    done = carried_files.write_export(desk.database, key, desk.settings, desk.now(), tmp_path / "carried.hailong")
    assert done.ratings == len(ids)
    took = usb_import.ingest_file(centre.database, centre.keys, done.path.read_bytes(), centre.now().t)
    assert took.state == "ok" and counted(centre) == ids and commented(centre) == {whole: WORDS}


def test_out_of_a_store_that_was_set_aside_every_rating_arrives(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, desk = both
    DeskStart(desk.database, desk.settings, counted=True)()
    ids = {desk.rate(5), bad := said(desk), other := said(desk), whole := said(desk)}
    spoil(desk, bad, "not NFC")
    spoil(desk, other, "an unknown kind")
    desk.database.close()
    damaged_store.checkpoint_log(desk.settings.store_file)
    damaged_store.zero_header(desk.settings.store_file)
    desk.app.extensions["gate"].doubt()
    desk.app.extensions["gate"]._start = DeskStart(desk.database, desk.settings, counted=True)
    assert desk.client.get("/").status_code == 200
    desk.pair(centre)
    desk.database.close()
    (kept,) = (desk.settings.instance / "set-aside").glob("*.damaged")
    assert store_salvage.read_damaged_store(kept).unsendable == 2
    file, env = tmp_path / "salvaged.hailong", {"HAILONG_INSTANCE": str(desk.settings.instance)}
    told = CliRunner().invoke(cli, ["salvage", "-o", str(file)], env=env)
    assert "2 phần kèm phiếu (ý kiến, mã) bị hỏng, không gửi được" in told.stdout, told.output
    again = CliRunner().invoke(cli, ["salvage", "-o", str(file), "--json"], env=env)
    assert json.loads(again.stdout)["stores"][0]["unsendable"] == 2
    took = usb_import.ingest_file(centre.database, centre.keys, file.read_bytes(), centre.now().t)
    assert took.state == "ok" and counted(centre) == ids and commented(centre) == {whole: WORDS}
