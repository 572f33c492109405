"""Clocks that are off, as the pages of the staff say it: how far, what of slips, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from kiosk.boot import start_desk
from kiosk.cli import status_lines
from kiosk.desk import clock_reading
from models.clock import Moment, day_start
from tests.fixtures.desk_staff_scene import NOON, StaffScene, enter_pin, read_page_text

HOUR, DAY = 3_600_000, 86_400_000
IN_TIME = "Phiếu QR vẫn in đúng giờ vì được tính theo giờ của trung tâm."
UNDATED = "Phiếu QR in bây giờ không mang ngày in và ngày hẹn trả; người dân vẫn dùng được."
RECKONED = "Phiếu QR in bây giờ mang giờ tính theo mức chênh đó"
SET_IT = "Thoát chế độ ki-ốt rồi mở Ngày và giờ."
PLACES = ("/staff", "/officer")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    yield made
    made.store.close()


def started(scene: StaffScene, wall: int) -> None:
    """The desk was switched off and starts again with its wall clock at `wall`."""
    scene.at = Moment(wall, 60_000)
    start_desk(scene.store, scene.at, scene.app.extensions["settings"])
    scene.at = Moment(wall + 30_000, 90_000)


def shown(scene: StaffScene, at: str, lang: str = "vi") -> str:
    client = scene.app.test_client()
    enter_pin(client, at)
    return unescape(read_page_text(client.get(f"{at}?lang={lang}")))


@pytest.mark.parametrize("at", PLACES)
def test_a_right_clock_needs_no_words(scene: StaffScene, at: str) -> None:
    page = shown(scene, at)
    assert "Giờ máy chậm" not in page and "Giờ máy nhanh" not in page and "Phiếu QR in bây giờ" not in page


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(
    ("offset", "words", "english"),
    [
        (-3 * HOUR - 120_000, "Giờ máy chậm 3 giờ 2 phút.", "The machine's clock is 3 h 2 min behind."),
        (7 * 60_000, "Giờ máy nhanh 7 phút.", "The machine's clock is 7 minutes ahead."),
        (-4000 * DAY, "Giờ máy chậm 4.000 ngày. Máy đang ở ngày 14/10/2026.",
         "The machine's clock is 4,000 days behind. It shows 14 Oct 2026."),
    ],
    ids=["hours-behind", "minutes-ahead", "years-behind"],
)  # fmt: skip
def test_a_clock_that_was_compared_says_how_far_and_that_slips_are_right(
    scene: StaffScene, at: str, offset: int, words: str, english: str
) -> None:
    scene.compared(offset)
    page = shown(scene, at)
    assert f"{words} {IN_TIME} Để chỉnh giờ: trên trang cán bộ của máy, chọn {SET_IT}" in page
    assert english in shown(scene, at, "en")


@pytest.mark.parametrize("at", PLACES)
def test_a_start_years_ago_says_that_slips_carry_no_date(scene: StaffScene, at: str) -> None:
    started(scene, day_start("2016-01-01"))
    page = shown(scene, at)
    assert UNDATED in page and "Hãy nối mạng để lấy giờ từ trung tâm" in page
    assert "Giờ máy chậm 3.939 ngày. Máy đang ở ngày 01/01/2016." in page  # since 14 October 2026
    assert "carry no date and no due day" in shown(scene, at, "en")
    if at == "/staff":
        assert "00:00:30 01/01/2016" in page
        assert "Phiếu cũ nhất: ghi lúc 06:31, 14/10/2026" in page, "no age without a day"
        assert "Không rõ ngày" in page and "Chậm ít nhất 3.939 ngày" in page
    else:
        assert "Hiện không in ngày hẹn: máy chưa biết chắc ngày giờ." in page
        client = scene.app.test_client()
        enter_pin(client, at)
        (due,) = re.findall(r'<input id="due"[^>]*>', client.get(at).get_data(as_text=True))
        assert " disabled" in due, "no field for a day that is not printed"
    with scene.store.write() as session:  # the network comes: the centre's word
        clock_reading.record_centre_time(session, scene.at, NOON + HOUR)
    page = shown(scene, at)
    assert UNDATED not in page and IN_TIME in page


@pytest.mark.parametrize("at", PLACES)
def test_not_compared_in_this_start_says_so(scene: StaffScene, at: str) -> None:
    scene.compared(-3 * HOUR)
    started(scene, scene.at.t + HOUR)
    page = shown(scene, at)
    assert f"Lần so giờ gần nhất, giờ máy chậm 3 giờ. {RECKONED}, vì từ lúc bật máy chưa nối được" in page
    assert IN_TIME not in page and SET_IT in page


def test_a_clock_that_was_set_back_changes_no_age_of_what_waits(scene: StaffScene) -> None:
    """Within a start the running clock tells it."""
    scene.at = Moment(scene.at.t - 5 * HOUR, scene.at.mono)
    page = shown(scene, "/staff")
    assert "Phiếu cũ nhất: 3 giờ 11 phút trước" in page and "vừa xong" not in page


def test_a_right_clock_after_a_start_is_only_dated(scene: StaffScene) -> None:
    started(scene, NOON + HOUR)
    page = shown(scene, "/staff")
    assert "Lần so gần nhất (09:41): nhanh 2 giây" in page and "Phiếu QR in bây giờ" not in page


def test_without_slips_nothing_is_said_of_slips(scene: StaffScene) -> None:
    scene.compared(-3 * HOUR)
    scene.remember(key_fault="key_missing")
    page = shown(scene, "/staff")
    assert "Giờ máy chậm 3 giờ. Để chỉnh giờ" in page and IN_TIME not in page


def test_a_worse_thing_is_said_first_and_the_clock_all_the_same(scene: StaffScene) -> None:
    scene.compared(-3 * HOUR)
    scene.forked()
    page = shown(scene, "/staff")
    assert page.index("HL-422") < page.index("Giờ máy chậm 3 giờ.")


def console(scene: StaffScene) -> str:
    """What `hailong kiosk status` says."""
    with scene.store.read() as session:
        return "\n".join(status_lines.build_status_lines(session, scene.app.extensions["settings"], scene.at))


#: A moment that lies years away from all that happened here.
FALSE = re.compile(r"19\d\d|20[013]\d|2028|2029|(?:\d\.?){4,} ngày")
#: What says of the clock how wrong it is.
CLOCK_ITSELF = re.compile(r"(?m)Giờ máy.*?ngày\.( Máy đang ở ngày [\d/]+\.)?|Đồng hồ máy.*?(?=Bộ nhớ|Dung lượng|$)")
AT_1970 = 5_000


@pytest.mark.parametrize("set_right", [False, True], ids=["still wrong", "set right meanwhile"])
@pytest.mark.parametrize("wrong", [AT_1970, NOON + 730 * DAY], ids=["1970", "two years ahead"])
def test_no_false_moment_is_named(scene: StaffScene, wrong: int, set_right: bool) -> None:
    """The centre answered at 09:41 of a right clock; then the machine started with a wrong one, gave ratings, lost its
    sender and was read through by it."""
    spoke = NOON - 40_000 - 2_000
    scene.remember(last_sync_ms=spoke)
    started(scene, wrong)
    client = scene.app.test_client()
    enter_pin(client)  # the ledger is read through
    scene.rate(1, scene.at.t)
    scene.sender.beat(scene.at.t)
    scene.wait(3_600)
    if set_right:
        scene.at = Moment(NOON + 2 * HOUR, scene.at.mono)
        with scene.store.write() as session:
            clock_reading.record_clock_step(session, scene.at)
    scene.sender.release()
    enter_pin(client)
    for page in (read_page_text(client.get("/staff?lang=vi")), console(scene)):
        words = CLOCK_ITSELF.sub("", page)
        assert not FALSE.search(words), FALSE.findall(words)
        assert "Máy này không gửi" in page and "Phiếu cũ nhất: vừa xong" not in page


@pytest.mark.parametrize("off", [0, -400 * DAY, 730 * DAY, AT_1970 - NOON], ids=str)
def test_since_when_the_network_is_away_is_the_centre_s_word(scene: StaffScene, off: int) -> None:
    """Whatever this machine's clock shows then or now: the moment of the last answer is the centre's."""
    started(scene, NOON + off)
    with scene.store.write() as session:
        clock_reading.record_centre_time(session, scene.at, NOON)
    scene.wait(2 * 3_600)
    scene.sender.beat(scene.at.t)
    client = scene.app.test_client()
    enter_pin(client)
    for page in (read_page_text(client.get("/staff?lang=vi")), console(scene)):
        assert "Mất kết nối từ 09:42." in page
    started(scene, AT_1970)
    assert "Mất kết nối từ 09:42, 14/10/2026." in console(scene), "a machine that knows no day names it"
