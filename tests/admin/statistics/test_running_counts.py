"""Counts of today and this month, and up to when anything arrived of what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from admin.statistics import queries
from models.clock import HCM
from models.tables.device import Device, Epoch
from models.tables.tally import TallyBrief, TallyDay
from tests.fixtures import sql_statements
from tests.fixtures.centre_scene import NOW, CentreScene, open_centre

DAY = 86_400_000
TODAY = "2026-11-21"


def count(scene: CentreScene, agency: str, desk: str, day: str, n: int, value: str = "counted") -> None:
    """Tallied responses of a desk on a day."""
    with scene.database.write() as session:
        session.add(TallyDay(agency_key=agency, day=day, desk_code=desk, channel="kiosk", stage="result",
                             instrument="short", version=1, item="_responses", excluded=0, value=value,
                             month=day[:7], n=n))  # fmt: skip
        brief = session.get(TallyBrief, (agency, day[:7], "short", "_responses", "kiosk", 0, 1, value))
        if brief is None:
            brief = TallyBrief(agency_key=agency, month=day[:7], instrument="short", item="_responses", channel="kiosk",
                               excluded=0, version=1, value=value, n=0)  # fmt: skip
            session.add(brief)
        brief.n += n


@pytest.fixture
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("running")) as scene:
        count(scene, "HL", "HL-Q1", TODAY, 3)
        count(scene, "HL", "HL-Q1", "2026-11-20", 4)
        count(scene, "HL", "HL-Q1", TODAY, 9, "not_counted:declined")
        count(scene, "SNV", "SNV-Q1", TODAY, 7)
        count(scene, "HL", "HL-Q1", "2026-10-31", 50)
        yield scene


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def last_heard(scene: CentreScene, ms: int) -> None:
    """All devices were heard at `ms` for the last time."""
    with scene.database.write() as session:
        for device in session.query(Device):
            device.last_seen_ms = ms


def test_today_and_the_month_stand_on_the_agency_s_page_by_desk(scene: CentreScene) -> None:
    page = words(scene.text("/agencies/HL", "ward@nb.vn"))
    assert "Đang thu" in page and "Quầy 1 3 7" in page and "Tổng số 3 7" in page
    assert "đến 09:00 ngày 18/11/2026" in page, "its device was heard three days ago"
    file = scene.get("/agencies/HL.csv", "ward@nb.vn").data.decode("utf-8-sig")
    assert 'Đang thu;Quầy 1, hôm nay;3;' in file and "Đang thu;Quầy 1, tháng 11/2026;7;" in file


def test_the_first_answer_of_a_desk_stands_there_at_once(scene: CentreScene) -> None:
    assert "Quầy 1 7 7" in words(scene.text("/agencies/SNV"))
    count(scene, "SNV", "", TODAY, 1)
    page = words(scene.text("/agencies/SNV"))
    assert "Không ghi quầy 1 1" in page and "Tổng số 8 8" in page


def row(page: str, name: str) -> str:
    """The words of the table row that begins with this name."""
    rows = (one.partition("</tr>")[0] for one in page.split("<tr"))
    return next(words(f"<tr{one}").strip() for one in rows if re.search(rf"<th[^>]*>(<[^>]+>)*{name}<", one))


def test_the_list_of_agencies_says_each_one_s_numbers(scene: CentreScene) -> None:
    count(scene, "HL-CN", "HL-CN-Q1", TODAY, 2)
    for path in ("/agencies", "/"):
        page = scene.text(path)
        assert row(page, "Phường Hoa Lư").endswith(" 5 9"), "with the branch under it"
        assert row(page, "Sở Nội vụ").endswith(" 7 7")
        assert row(page, "Xã Yên Mô").endswith(" 0 0")
        assert "Hôm nay" in page and "Tháng 11/2026" in page and "đến 08:59 ngày 21/11/2026" in words(page)
    for path in ("/agencies.csv", "/overview.csv"):
        file = scene.get(path).data.decode("utf-8-sig")
        assert "Đang thu;Phường Hoa Lư, hôm nay;5;" in file and "Đang thu;Phường Hoa Lư, tháng 11/2026;9;" in file


def test_the_desks_page_says_each_desk_s_numbers(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL/desks", "ward@nb.vn")
    assert " HL-Q1 tắt tắt tắt theo tỉnh 3 7 " in row(page, "Quầy 1")
    assert "đến 09:00 ngày 18/11/2026" in words(page)


def test_a_page_that_stays_open_is_told_what_a_new_one_would_show(scene: CentreScene) -> None:
    count(scene, "HL", "", TODAY, 2)
    for path, email in (("/agencies", "province@nb.vn"), ("/", "province@nb.vn"), ("/agencies/HL", "ward@nb.vn"),
                        ("/agencies/HL/desks", "ward@nb.vn"), ("/agencies/HL?lang=en", "auditor@nb.vn")):  # fmt: skip
        page = scene.text(path, email)
        address, month, until = re.findall(r'data-running="([^"]+)" data-month="([^"]+)">([^<]*)<', page)[0]
        counts = scene.get(address.replace("&amp;", "&"), email).get_json()
        assert counts["until"] == until and counts["month"] == month, path
        cells = re.findall(r'data-now="([^"]+)" data-nth="([01])">([^<]+)<', page)
        assert len(cells) > 1
        assert all(counts["places"][place][int(nth)] == n for place, nth, n in cells), path
    assert scene.get("/running.json?agency=SNV", "ward@nb.vn").status_code == 404


def test_the_province_and_the_fleet_say_today_s_numbers(scene: CentreScene) -> None:
    assert "Tổng số 10" in words(scene.text("/"))
    fleet = scene.text("/devices")
    assert re.search(r'data-head="Phiếu hôm nay">7<', fleet) and re.search(r'data-head="Phiếu hôm nay">3<', fleet)


@pytest.mark.parametrize("email", ["desk@nb.vn", "editor@nb.vn"])
def test_who_sits_at_a_desk_sees_no_running_count(scene: CentreScene, email: str) -> None:
    assert "data-now" not in scene.text("/agencies" if email == "editor@nb.vn" else "/agencies/HL", email)
    assert "Đang thu" not in scene.get("/agencies.csv", email).text
    assert scene.get("/running.json", email).status_code == 403
    path = "/agencies/HL" if email == "desk@nb.vn" else "/"
    assert "Đang thu" not in scene.text(path, email)
    assert "Đang thu" not in scene.get(path.rstrip("/") + ".csv" if path != "/" else "/overview.csv", email).text


def test_others_agencies_are_not_counted(scene: CentreScene) -> None:
    assert scene.get("/agencies/HL", "finance@nb.vn").status_code == 404
    page = words(scene.text("/agencies/STC", "finance@nb.vn"))
    assert "Đang thu" in page and "Tổng số 0 0" in page


def test_days_are_those_of_vietnam(scene: CentreScene) -> None:
    scene.now_ms = int(datetime(2026, 11, 22, 0, 30, tzinfo=HCM).timestamp() * 1000)
    page = words(scene.text("/agencies/HL", "ward@nb.vn"))
    assert "Quầy 1 0 7" in page


def test_counting_takes_few_statements_whatever_came_in(scene: CentreScene) -> None:
    for by_desk in (False, True):
        with scene.database.read() as session:
            keys = queries.read_scope_keys(session, "NB")
            with sql_statements.record_statements(scene.database) as sql_texts:
                queries.read_running_counts(session, keys, NOW, by_desk=by_desk)
        assert len(sql_texts) == 3


def test_figures_are_as_of_the_morning_while_devices_report(scene: CentreScene) -> None:
    assert "số liệu đến 06:00 ngày 21/11/2026" in scene.text("/")


def test_nothing_arrived_for_three_days_and_the_page_says_so(scene: CentreScene) -> None:
    last_heard(scene, NOW - 3 * DAY)
    for path in ("/", "/agencies/SNV", "/ranking", "/coverage"):
        page = scene.text(path)
        assert "số liệu đến 09:00 ngày 18/11/2026" in page and "số liệu đến 06:00" not in page, path
    with scene.database.read() as session:
        assert queries.build_index_document(session, "NB", "2026-10")["as_of"] == "2026-11-18T09:00:00+07:00"


def test_silent_agencies_are_named_beside_the_time(scene: CentreScene) -> None:
    assert "1 cơ quan không gửi gì trong 24 giờ trước đó" in scene.text("/")
    last_heard(scene, NOW)
    assert "không gửi gì" not in scene.text("/")


def test_an_agency_s_time_is_its_own(scene: CentreScene) -> None:
    assert "số liệu đến 09:00 ngày 18/11/2026" in scene.text("/agencies/HL")
    assert "số liệu đến 06:00 ngày 21/11/2026" in scene.text("/agencies/SNV")


def test_where_nothing_ever_arrived_no_time_is_named(scene: CentreScene) -> None:
    with scene.database.write() as session:
        for device in session.query(Device):
            device.last_seen_ms = None
    assert "số liệu đến" not in scene.text("/") and "đến 09:00" not in scene.text("/agencies/HL")
    with scene.database.read() as session:
        assert queries.build_index_document(session, "NB", "2026-10")["as_of"] is None


def test_what_arrived_and_was_not_read_yet_says_nothing(scene: CentreScene) -> None:
    with scene.database.write() as session:
        session.add(Epoch(device_id="d-0001", epoch=1, vk="", certificate=b"", certificate_signature="", genesis="",
                          issued_ms=1, last_seq=5, last_h="", projected_seq=4))  # fmt: skip
    with scene.database.read() as session:
        assert queries.read_data_completeness(session, {"SNV", "HL"}).ms == NOW - 3 * DAY
