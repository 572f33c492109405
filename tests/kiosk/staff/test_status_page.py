"""The staff page and its sign-in: PIN, seal, session; what each state says; what each button does."""

from __future__ import annotations

import logging
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from kiosk import create_app
from kiosk.auth import sessions
from kiosk.desk import ledger, state
from kiosk.settings import Settings
from kiosk.staff import status_page
from kiosk.sync import carried_files
from kiosk.web import machine_commands
from models.tables.ledger_entry import StoredEntry
from tests.fixtures.desk_staff_scene import NOON, PIN, StaffScene, enter_pin, press_button, read_page_text, read_seal
from tests.fixtures.maintenance_acts import find_duty, list_maintenance_acts
from tests.fixtures.paired_desk import change_reference


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    yield made
    made.store.close()


@pytest.fixture
def client(scene: StaffScene) -> FlaskClient:
    return scene.app.test_client()






def test_the_door_opens_for_the_pin_alone(scene: StaffScene, client: FlaskClient) -> None:
    assert "Phiếu chờ gửi" not in read_page_text(client.get("/staff"))
    assert enter_pin(client, typed="111223").location == "/staff?wrong=1"
    assert find_duty(scene, client) is None and "Mã PIN chưa đúng" in read_page_text(client.get("/staff?wrong=1"))
    answer = enter_pin(client)
    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303 and answer.location == "/staff" and find_duty(scene, client) == "staff"
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie and "Max-Age" not in cookie and "Expires" not in cookie
    page = client.get("/staff")
    assert "Phiếu chờ gửi" in read_page_text(page) and page.headers["Cache-Control"] == "no-store"
    assert list_maintenance_acts(scene)[1:] == [{"act": "sign_in", "at": "staff"}]


def test_over_tls_the_cookie_is_secure(scene: StaffScene) -> None:
    client = scene.app.test_client()
    base = "https://127.0.0.1"
    seal = read_seal(client.get("/staff", base_url=base))
    answer = client.post("/staff/pin", data={"seal": seal, "pin": PIN}, base_url=base)
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_pin_is_nowhere(scene: StaffScene, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for typed in ("582913", PIN):
        enter_pin(client, typed=typed)
        page = client.get("/staff").get_data(as_text=True)
        assert typed not in page and typed not in caplog.text
        assert all(typed.encode() not in raw for raw in entries(scene))
        assert typed not in str(scene.facts())


def entries(scene: StaffScene) -> list[bytes]:
    with scene.store.read() as session:
        return list(session.scalars(select(StoredEntry.bytes)))


def test_keys_one_by_one_never_show_what_was_typed(scene: StaffScene, client: FlaskClient) -> None:
    page = client.get("/staff")
    for key in "2749":
        entry = re.search(r'name="entry" value="([^"]*)"', page.get_data(as_text=True))
        assert entry
        page = client.post(
            "/staff/pin",
            data={"seal": read_seal(page), "entry": entry[1], "pin": "", "key": key},
            follow_redirects=True,
        )
        assert page.request.method == "GET" and "2749" not in page.request.url + page.get_data(as_text=True)
    assert page.get_data(as_text=True).count("●") == 4
    entry = re.search(r'name="entry" value="([^"]+)"', page.get_data(as_text=True))
    assert entry
    scene.wait(61)  # left alone: forgotten
    assert "●" not in client.get(page.request.path + "?e=" + entry[1]).get_data(as_text=True)
    client.post("/staff/pin", data={"seal": read_seal(page), "entry": entry[1], "pin": "51", "key": "open"})
    assert find_duty(scene, client) is None


def test_five_wrong_ones_shut_the_door_for_a_while_and_it_opens_by_itself(
    scene: StaffScene, client: FlaskClient
) -> None:
    for _ in range(5):
        enter_pin(client, typed="111223")
    assert list_maintenance_acts(scene)[1:] == [{"act": "locked", "at": "staff"}]
    page = client.get("/staff")
    assert "sau 60 giây" in read_page_text(page) and "Máy vẫn nhận đánh giá" in read_page_text(page)
    enter_pin(client)  # even the right one
    assert find_duty(scene, client) is None and len(list_maintenance_acts(scene)) == 2
    assert client.get("/").status_code == 200  # citizens notice nothing
    scene.wait(60)
    enter_pin(client)
    assert find_duty(scene, client) == "staff"


def test_without_a_pin_it_says_how_to_set_one(scene: StaffScene, client: FlaskClient) -> None:
    scene.remember(pin_hash="")
    assert "hailong kiosk pin" in read_page_text(client.get("/staff"))
    enter_pin(client)
    assert find_duty(scene, client) is None and "pin_tries" in scene.facts() and scene.facts()["pin_tries"] == "0"


BUTTONS = ("stay", "send", "export", "network", "leave")


@pytest.mark.parametrize("button", BUTTONS)
def test_no_button_works_without_session_seal_and_origin(scene: StaffScene, client: FlaskClient, button: str) -> None:
    enter_pin(client)
    seal = read_seal(client.get("/staff"))
    before = len(entries(scene))
    stranger = scene.app.test_client()
    address = f"/staff/{button}"
    refused = [
        stranger.post(address, data={"seal": seal}),
        client.post(address),
        client.post(address, data={"seal": "0" * 32}),
        client.post(address, data={"seal": read_seal(stranger.get("/staff"))}),
        client.post(address, data={"seal": seal}, headers={"Origin": "http://evil.example"}),
        client.post(address, data={"seal": seal}, headers={"Sec-Fetch-Site": "cross-site"}),
    ]
    assert {answer.status_code for answer in refused} == {303}
    assert {answer.location for answer in refused} == {"/staff"}
    assert len(entries(scene)) == before and scene.app.extensions["staff_said"].id == 0
    assert client.get(address).status_code == 405  # GET changes nothing
    assert client.post(address, data={"seal": seal}, headers={"Origin": "http://localhost"}).status_code in (204, 303)


def test_a_seal_does_not_outlive_its_session(scene: StaffScene, client: FlaskClient) -> None:
    enter_pin(client)
    old = read_seal(client.get("/staff"))
    client.post("/staff/lock", data={"seal": old})
    enter_pin(client)
    assert client.post("/staff/stay", data={"seal": old}).status_code == 303
    assert client.post("/staff/stay", data={"seal": read_seal(client.get("/staff"))}).status_code == 204


def test_looking_does_not_keep_it_open_but_touching_does(scene: StaffScene, client: FlaskClient) -> None:
    enter_pin(client)
    seal = read_seal(client.get("/staff"))
    scene.wait(40)
    assert "Tự khóa sau 20 giây" in read_page_text(client.get("/staff"))
    assert client.post("/staff/stay", data={"seal": seal}).status_code == 204
    assert "Tự khóa sau 60 giây" in read_page_text(client.get("/staff"))
    scene.wait(60)
    assert "Mời nhập mã PIN" in read_page_text(client.get("/staff"))
    assert client.post("/staff/stay", data={"seal": seal}).status_code == 303
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("button", "to"), [("lock", "/staff"), ("home", "/")])
def test_locking(scene: StaffScene, client: FlaskClient, button: str, to: str) -> None:
    enter_pin(client)
    assert client.get("/").status_code == 403  # no faces for whoever is on duty
    answer = client.post(f"/staff/{button}")
    assert answer.location == to and find_duty(scene, client) is None
    assert client.get_cookie(sessions.COOKIE) is None and client.get("/").status_code == 200


def status(scene: StaffScene, client: FlaskClient) -> str:
    """What the page says to whoever signs in now."""
    client.post("/staff/lock")
    enter_pin(client)
    return read_page_text(client.get("/staff"))


def test_all_is_well_in_words(scene: StaffScene, client: FlaskClient) -> None:
    with scene.store.read() as session:
        scene_end = ledger.read_head(session, identity)[0] if (identity := state.read_state(session).identity) else 0
    scene.remember(acked_seq=scene_end + 1)  # the sign-in below is an entry too
    shown = status(scene, client)
    for words in ("Phiếu chờ gửi Đã gửi hết 0 phiếu", "09:41 hôm nay, 14/10", "0 phiếu Trong các sổ trước của máy này",
                  "09:42:15 Nhanh 2 giây so với trung tâm (09:41)", "Nguyên vẹn", "Không thiếu, không bị sửa (09:42)",
                  "Hỗ trợ: 0229 000 0000", "bộ câu hỏi v1", "GB còn trống"):  # fmt: skip
        assert words in shown
    assert "Mất kết nối" not in shown and "Chờ mạng" not in shown


def test_offline_says_since_when_and_how_old(scene: StaffScene, client: FlaskClient) -> None:
    scene.offline()
    shown = status(scene, client)
    for words in ("Mất kết nối từ 06:33. Máy vẫn nhận đánh giá và giữ lại, không mất phiếu nào.", "Chờ mạng 12 phiếu",
                  "Phiếu cũ nhất: 3 giờ 11 phút trước", "06:31 hôm nay, 14/10"):  # fmt: skip
        assert words in shown
    scene.remember(centre_ms=NOON - 3 * 86_400_000)
    assert "Mất kết nối từ 09:42, 11/10/2026" in read_page_text(client.get("/staff"))


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("forked", "mới rõ. Không xóa gì trên máy này; hãy gọi 0229"),
        ("suspended", "Trung tâm đang tạm dừng thiết bị này."), ("revoked", "Trung tâm đã thu hồi thiết bị này."),
        ("lost", "Thiết bị này đã được báo mất."), ("resting", "Trung tâm hiện không nhận phiếu từ thiết bị này."),
        ("closed", "Trung tâm đã khép sổ ghi phiếu của máy này."),
    ],
    ids=["forked", "suspended", "revoked", "lost", "unheard-of", "closed"],
)  # fmt: skip
def test_a_stopped_device_says_what_is_safe(scene: StaffScene, client: FlaskClient, known: str, words: str) -> None:
    scene.remember(state=known)
    shown = status(scene, client)
    assert words in shown and "Giữ trên máy 12 phiếu" in shown


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-7_200_000, "Chậm 2 giờ"), (86_400_000 * 3, "Nhanh 3 ngày"), (100, "Khớp với trung tâm"),
     (-90_000, "Chậm 90 giây")],
    ids=["two-hours-behind", "three-days-ahead", "agrees", "a-minute-and-a-half"],
)  # fmt: skip
def test_the_clock_in_words(scene: StaffScene, client: FlaskClient, offset: int, words: str) -> None:
    scene.compared(offset)
    shown = status(scene, client)
    assert words in shown and ("Sai giờ" in shown) == (abs(offset) > 60_000)


def test_a_changed_entry_is_found_at_sign_in_and_a_mended_one_forgotten(scene: StaffScene, client: FlaskClient) -> None:
    def write(change: Any) -> None:
        with scene.store.write() as session:
            row = session.scalars(select(StoredEntry).where(StoredEntry.seq == 5)).one()
            row.bytes = change(row.bytes)

    assert "Nguyên vẹn" in status(scene, client)
    write(lambda raw: raw.replace(b'["overall",4]', b'["overall",5]'))
    shown = status(scene, client)
    for words in ("Sổ ghi phiếu trên máy bị hỏng.", "Bị hỏng", "Hỏng từ dòng 5", "HL-L1", "vẫn nhận đánh giá"):
        assert words in shown
    write(lambda raw: raw.replace(b'["overall",5]', b'["overall",4]'))
    assert "Nguyên vẹn" in status(scene, client)


def test_practice_is_announced(scene: StaffScene, client: FlaskClient) -> None:
    scene.practising()
    shown = status(scene, client)
    assert "Đang diễn tập đến 09:57." in shown and "Mất kết nối từ 06:33." in shown


def test_little_room_and_none(scene: StaffScene, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    enter_pin(client)
    real = shutil.disk_usage(scene.folder)
    for free, words in ((150 << 20, "Sắp đầy 150 MB còn trống Đủ cho khoảng 60.000 phiếu"), (4 << 20, "HL-507")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: real._replace(free=free))
        assert words in read_page_text(client.get("/staff"))


def test_no_answer_and_no_score_is_on_the_page(scene: StaffScene, client: FlaskClient) -> None:
    scene.rate(5, NOON - 60_000, topics=["wait"], c="0" * 64)
    shown = client.post("/staff/pin", data={"seal": read_seal(client.get("/staff")), "pin": PIN}, follow_redirects=True)
    low = StaffScene(scene.folder.parent / "low", waiting=0)
    low.rate(12, NOON - 191 * 60_000, 15 * 60_000, answers=[["overall", 1]])
    low.rate(5, NOON - 60_000, topics=["manner"], answers=[["overall", 1]])
    other = low.app.test_client()
    enter_pin(other)
    pages = [page.get_data(as_text=True) for page in (shown, other.get("/staff"))]
    plain = [re.sub(r'name="seal" value="\w+"|[\d,]+</strong> <span class="unit">GB', "", page) for page in pages]
    assert plain[0] == plain[1]
    low.store.close()


def test_sending_without_a_network_is_said_within_seconds(scene: StaffScene, client: FlaskClient) -> None:
    enter_pin(client)
    begun = time.monotonic()
    shown = read_page_text(press_button(client, "send"))
    assert time.monotonic() - begun < status_page.PATIENCE
    assert "Không có kết nối. Đang giữ 12 phiếu trên máy, không mất phiếu nào. Máy tự gửi khi có mạng." in shown
    assert "Không có kết nối." not in read_page_text(client.get("/staff"))  # said once


def test_exporting_without_a_stick_keeps_the_file_here(
    scene: StaffScene, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carried_files, "_sticks", list)
    enter_pin(client)
    assert "Đã ghi 12 phiếu. Không thấy USB" in read_page_text(press_button(client, "export"))
    (file,) = (scene.folder / "export").iterdir()
    head, parts = scene.box.open(file.read_bytes())
    assert (head.dev, head.ep, len(parts)) == ("d-0312", 1, 1)
    assert list_maintenance_acts(scene)[-1] == {"act": "export"}


def test_exporting_to_a_stick_and_its_receipts(
    scene: StaffScene, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "d-0312.bien-nhan").write_bytes(b"not a file of receipts")
    monkeypatch.setattr(carried_files, "_sticks", lambda: [tmp_path / "gone", stick])
    enter_pin(client)
    shown = read_page_text(press_button(client, "export"))
    assert "Đã ghi 12 phiếu." in shown and "Có thể rút USB." in shown
    assert len(list(stick.glob("*.hailong"))) == 1 and not list(stick.glob(".*"))


def test_exporting_before_the_centres_key_came(scene: StaffScene, client: FlaskClient) -> None:
    change_reference(scene.app, lambda value: value.pop("centre_box"))
    enter_pin(client)
    kept = "Đang giữ 12 phiếu trên máy, không mất phiếu nào."
    assert f"Chưa ghi được tệp. {kept} Máy chưa nhận được khóa" in read_page_text(press_button(client, "export"))


def test_mounts_are_read_as_the_system_writes_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(
        "proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/quay/USB\\040DISK vfat rw 0 0\n"
        "/dev/sdc1 /run/media/q/A vfat ro 0 0\n", encoding="utf-8",
    )  # fmt: skip
    real = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, **how: real(tmp_path / "mounts" if "mounts" in self.name else self, **how)
    )
    assert carried_files._sticks() == [Path("/media/quay/USB DISK"), Path("/run/media/q/A")]


def commanded(scene: StaffScene, tmp_path: Path) -> tuple[FlaskClient, Path]:
    """The desk with both commands set: each leaves its mark."""
    mark = tmp_path / "a mark; touch bad"
    program = f'"{sys.executable}" -c "import sys, pathlib; pathlib.Path(sys.argv[1]).touch()" "{mark}"'
    app = create_app(Settings(scene.folder, leave_command=program, network_command=program))
    app.extensions["clock"] = lambda: scene.at
    return app.test_client(), mark


@pytest.mark.parametrize(("button", "words"), [("leave", "Đang thoát"), ("network", "Đã mở cài đặt mạng")])
def test_the_machines_own_commands(scene: StaffScene, tmp_path: Path, button: str, words: str) -> None:
    client, mark = commanded(scene, tmp_path)
    enter_pin(client)
    assert words in read_page_text(press_button(client, button))
    until = time.monotonic() + 20
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert mark.exists() and not (tmp_path / "bad").exists()


def test_a_tablet_across_the_room_does_not_act_on_the_server(scene: StaffScene, tmp_path: Path) -> None:
    client, mark = commanded(scene, tmp_path)
    client.environ_base["REMOTE_ADDR"] = "192.168.1.20"
    enter_pin(client)
    assert "Alt + F4" in read_page_text(press_button(client, "leave"))
    time.sleep(0.3)
    assert not mark.exists()


@pytest.mark.parametrize("command", ["", "no-such-program-here", '"unclosed'], ids=["none", "missing", "quotes"])
def test_a_command_that_cannot_start_is_said(command: str) -> None:
    assert machine_commands.start_command(command) is False


@pytest.mark.parametrize(
    ("address", "here"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("192.168.1.9", False), ("", False), (None, False)],
)
def test_what_counts_as_this_machine(address: str | None, here: bool) -> None:
    assert machine_commands.is_local_address(address) is here


def test_the_desks_cfg_names_the_commands(tmp_path: Path) -> None:
    (tmp_path / "kiosk.cfg").write_text("[kiosk]\nleave_command = a \"b c\" %h\n", encoding="utf-8")
    assert machine_commands.split_command(Settings.load(tmp_path).leave_command) == ["a", "b c", "%h"]


def test_english_has_no_vietnamese_of_ours(scene: StaffScene, client: FlaskClient) -> None:
    scene.offline()
    pages = [client.get("/staff?lang=en")]
    enter_pin(client)
    pages.append(client.get("/staff?lang=en"))
    for page in pages:
        shown = read_page_text(page).replace("UBND phường Hoa Lư", "")
        assert not re.search(r"[ăâđêôơưạảấầậếềệọốồộớờợụứừựỉị]", shown), shown


def test_entries_of_local_maintenance_do_not_count(scene: StaffScene, client: FlaskClient) -> None:
    enter_pin(client)
    with scene.store.read() as session:
        identity = state.read_state(session).identity
        assert identity is not None and ledger.count_ratings_after(session, identity, 0) == 12
        assert ledger.find_chain_break(session, identity) is None
        assert session.scalar(select(func.count()).select_from(StoredEntry)) == 14
