"""Desk settings: set by command and by page, within one's own agencies, with a line in the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from admin.cli import cli
from admin.desks import desk_settings, province_hours
from admin.sync import reference_data
from models.clock import HCM
from models.reference.opening_hours import BadHours, parse
from models.tables.agency import Desk
from models.tables.device import Device
from models.tables.staff_account import AuditRow
from tests.fixtures.centre_and_desk import Centre
from tests.fixtures.centre_scene import CentreScene, find_form_token, open_centre

WARD = "ward@nb.vn"
#: A desk's own hours as the form sends them.
OWN = {"mode": "own", "1a0": "7:30", "1a1": "11h30", "1b0": "13.30", "1b1": "1700", "6a0": "7", "6a1": "11"}
WEEK = {"1": [["07:30", "11:30"], ["13:30", "17:00"]], "6": [["07:00", "11:00"]]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=True) as scene:
        yield scene


def desk(scene: CentreScene, code: str = "HL-Q1") -> desk_settings.DeskSettings:
    with scene.database.read() as session:
        return desk_settings.read_desk_settings(session.get_one(Desk, code))


def audit(scene: CentreScene) -> list[tuple[str, str]]:
    with scene.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "desk_set").order_by(AuditRow.number))
        return [(row.who, row.subject) for row in rows]


def post(
    scene: CentreScene, form: dict[str, str], email: str = WARD, key: str = "HL", code: str = "HL-Q1"
) -> tuple[int, str]:
    client = scene.client(email)
    path = f"/agencies/{key}/desks"
    sent = {"csrf_token": find_form_token(client, "/agencies/HL/desks?desk=HL-Q1"), "desk": code, **form}
    answer = client.post(path, data=sent)
    return answer.status_code, answer.text


def test_the_page_sets_the_switches_and_hours(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL/desks?desk=HL-Q1", WARD)
    assert 'name="follow_up" value="on" checked' in page and 'name="factors" value="on">' in page
    assert 'value="province" checked' in page and 'name="1a0" value="07:30"' in page
    form = {"factors": "on", "typing": "on", "holidays": "on", **OWN}
    assert post(scene, form)[0] == 302
    assert desk(scene) == desk_settings.DeskSettings(True, True, False, {"week": WEEK})
    assert audit(scene) == [(WARD, "HL-Q1 factors=on typing=on follow_up=off hours=own")]
    page = scene.text("/agencies/HL/desks?desk=HL-Q1&saved=1", WARD)
    assert "Đã lưu." in page and 'value="own" checked' in page and 'name="6a1" value="11:00"' in page
    assert 'name="2a0" value=""' in page
    assert post(scene, form)[0] == 302 and len(audit(scene)) == 1  # nothing changed: nothing to note
    assert post(scene, {"follow_up": "on", "mode": "province", **{"1a0": "25:00"}})[0] == 302
    assert desk(scene) == desk_settings.DeskSettings(False, False, True, {})
    listed = scene.text("/agencies/HL/desks", WARD)
    assert "theo tỉnh" in listed and "HL-Q1" in listed


def test_without_the_tick_for_holidays_the_desk_has_none(scene: CentreScene) -> None:
    assert post(scene, {"mode": "own", "7a0": "08:00", "7a1": "24:00"})[0] == 302
    assert desk(scene).hours == {"week": {"7": [["08:00", "24:00"]]}, "closed": []}
    assert 'name="holidays" value="on">' in scene.text("/agencies/HL/desks?desk=HL-Q1", WARD)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"1a0": "11:30", "1a1": "07:30"}, "Thứ Hai"), ({"1a0": "", "1a1": "11:30"}, "Thứ Hai"),
     ({"7b0": "x", "7b1": "17:00"}, "Chủ Nhật"), ({"2a0": "07:30", "2a1": "07:30"}, "Thứ Ba"),
     ({"3a0": "07:30", "3a1": "13:00", "3b0": "12:00", "3b1": "17:00"}, "Thứ Tư"),
     ({"2a0": "7:61", "2a1": "8:00"}, "Thứ Ba"), ({}, "ít nhất một ngày")],
)  # fmt: skip
def test_hours_that_cannot_be_are_said_and_change_nothing(
    scene: CentreScene, fields: dict[str, str], told: str
) -> None:
    before = desk(scene)
    status, page = post(scene, {"mode": "own", "factors": "on", **fields})
    assert status == 400 and "Chưa lưu." in page and told in page
    assert 'name="factors" value="on" checked' in page and 'value="own" checked' in page
    for name, value in fields.items():
        assert f'name="{name}" value="{value}"' in page
    assert desk(scene) == before and audit(scene) == []


@pytest.mark.parametrize("text", ["7:30", "07:30", "7h30", "7.30", "730", " 07 : 30 ", "7g30"])
def test_times_are_read_as_people_type_them(text: str) -> None:
    assert desk_settings.normalise_time(text.replace(" : ", ":")) == "07:30"


def test_a_desk_of_another_agency_is_not_there(scene: CentreScene) -> None:
    assert post(scene, {"mode": "province"}, key="SNV", code="SNV-Q1")[0] == 404
    assert post(scene, {"mode": "province"}, key="HL", code="SNV-Q1")[0] == 404
    assert post(scene, {"mode": "province"}, key="HL", code="nowhere")[0] == 404
    assert scene.get("/agencies/HL/desks?desk=SNV-Q1", WARD).status_code == 404
    assert post(scene, {"mode": "province", "factors": "on"}, "province@nb.vn", "SNV", "SNV-Q1")[0] == 302
    assert desk(scene, "SNV-Q1").factors


@pytest.mark.parametrize("email", ["auditor@nb.vn", "editor@nb.vn", "desk@nb.vn"])
def test_only_administrators_set_desks(scene: CentreScene, email: str) -> None:
    client = scene.client(email)
    assert client.get("/agencies/HL/desks").status_code == 403
    assert client.post("/agencies/HL/desks", data={"desk": "HL-Q1", "factors": "on"}).status_code == 403
    assert not desk(scene).factors


def test_a_form_without_its_token_changes_nothing(scene: CentreScene) -> None:
    answer = scene.client(WARD).post("/agencies/HL/desks", data={"desk": "HL-Q1", "factors": "on", "mode": "province"})
    assert answer.status_code == 400 and not desk(scene).factors


def test_hours_from_a_file_that_the_form_cannot_show_are_named(scene: CentreScene) -> None:
    three = {"week": {"1": [["07:00", "08:00"], ["09:00", "10:00"], ["11:00", "12:00"]]}}
    with scene.database.write() as session:
        row = session.get_one(Desk, "HL-Q1")
        desk_settings.change_desk_settings(session, row, desk_settings.DeskSettings(False, False, True, three), "x", 1)
    assert "không vừa với biểu này" in scene.text("/agencies/HL/desks?desk=HL-Q1", WARD)


def test_the_agencys_page_leads_there_for_those_who_may(scene: CentreScene) -> None:
    assert "/agencies/HL/desks" in scene.text("/agencies/HL", WARD)
    assert "/agencies/HL/desks" not in scene.text("/agencies/HL", "auditor@nb.vn")
    assert "Cơ quan này chưa có quầy" in scene.text("/agencies/STC/desks")


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "centre"))
    centre = Centre(tmp_path / "centre")
    centre.code()
    yield centre
    centre.close()


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def told(centre: Centre) -> dict[str, object]:
    """What the desk's device is told."""
    with centre.database.read() as session:
        device = session.scalars(select(Device.id).where(Device.desk_code.is_not(None))).one()
        found: dict[str, object] = json.loads(
            reference_data.build_reference_document(session, device, centre.settings, centre.keys)
        )
    return found


def test_the_command_sets_what_is_named_and_nothing_else(centre: Centre, tmp_path: Path) -> None:
    assert run("desks", "set", "NB-14701-Q1", "--factors", "--no-follow-up").exit_code == 0
    (row,) = json.loads(run("desks", "list", "--json").stdout)
    assert row == {
        "desk": "NB-14701-Q1", "agency": "NB-14701", "name": "Quầy 1", "factors": True, "typing": False,
        "follow_up": False, "hours": {},
    }  # fmt: skip
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"week": {"3": [["08:00", "12:00"]]}, "closed": ["2026-12-24"]}), encoding="utf-8")
    assert run("desks", "set", "NB-14701-Q1", "--hours", file, "--typing").exit_code == 0
    desk = told(centre)["desk"]
    assert isinstance(desk, dict)
    assert (desk["factors"], desk["typing"], desk["follow_up"]) == (True, True, False)
    assert told(centre)["hours"] == {"week": {"3": [["08:00", "12:00"]]}, "closed": ["2026-12-24"]}
    assert "giờ riêng" in run("desks", "list").output
    assert run("desks", "set", "NB-14701-Q1", "--hours-default").exit_code == 0
    assert told(centre)["hours"] == province_hours.read_province_hours(centre.settings.instance)
    with centre.database.read() as session:
        said = session.scalars(select(AuditRow.subject).where(AuditRow.action == "desk_set")).all()
    assert said == ["NB-14701-Q1 factors=on follow_up=off", "NB-14701-Q1 typing=on hours=own",
                    "NB-14701-Q1 hours=province"]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"week": {"8": [["07:00", "08:00"]]}}', '{"week": {"1": [["9:00", "8:00"]]}}',
             '{"closed": ["2026-09-02"]}', '{"week": {"1": [["07:00", "08:00"]]}, "closed": ["hôm nay"]}'],
)  # fmt: skip
def test_a_file_that_is_no_hours_changes_nothing(centre: Centre, tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.json"
    file.write_text(text, encoding="utf-8")
    done = run("desks", "set", "NB-14701-Q1", "--factors", "--hours", file)
    assert done.exit_code == 1 and "bad_hours: own.json" in done.output and "Không có gì thay đổi" in done.output
    assert json.loads(run("desks", "list", "--json").stdout)[0]["factors"] is False


def test_wrong_use_and_an_unknown_desk_are_said(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    assert run("desks", "set", "NB-14701-Q1", "--hours", tmp_path / "x.json", "--hours-default").exit_code == 2
    done = run("desks", "set", "nowhere", "--factors")
    assert done.exit_code == 1 and "unknown_desk" in done.output


def test_the_provinces_hours_are_a_file_it_may_replace(centre: Centre) -> None:
    shipped = parse(province_hours.read_province_hours(centre.settings.instance))
    assert shipped.open_at(datetime(2026, 11, 23, 9, tzinfo=HCM)) and not shipped.open_at(datetime(2026, 11, 22, 9))
    assert not shipped.open_at(datetime(2027, 2, 8, 9, tzinfo=HCM))  # the third day of Tet
    assert {day[:4] for day in shipped.closed} == {"2026", "2027"}
    own = centre.settings.instance / province_hours.FILE
    own.write_text(json.dumps({"week": {"1": [["08:00", "09:00"]]}, "closed": ["2026-11-30"]}), encoding="utf-8")
    assert told(centre)["hours"] == {"week": {"1": [["08:00", "09:00"]]}, "closed": ["2026-11-30"]}
    with centre.database.write() as session:
        row = session.get_one(Desk, "NB-14701-Q1")
        desk_settings.change_desk_settings(
            session, row, desk_settings.DeskSettings(False, False, True, {"week": WEEK}), "x", 1
        )
    assert told(centre)["hours"] == {"week": WEEK, "closed": ["2026-11-30"]}  # the province's holidays hold there too
    own.write_text("{", encoding="utf-8")
    assert province_hours.read_province_hours(centre.settings.instance) == province_hours.read_hours_file(
        province_hours.DATA
    )
    assert "bad_hours" in run("desks", "list").output


def test_hours_that_are_none_never_reach_the_store(centre: Centre) -> None:
    with pytest.raises(BadHours), centre.database.write() as session:
        row = session.get_one(Desk, "NB-14701-Q1")
        desk_settings.change_desk_settings(
            session, row, desk_settings.DeskSettings(True, False, True, {"week": {"1": [["x", "y"]]}}), "x", 1
        )
    with centre.database.read() as session:
        assert not session.get_one(Desk, "NB-14701-Q1").factors
