"""The sender's sign of life: there while the process lives, and it says when it last went round."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.cli import status_lines
from kiosk.desk import sender_heartbeat
from kiosk.desk.sender_heartbeat import SenderHeartbeat, SenderStatus
from kiosk.sync.loop import run_for_ever
from tests.clock_seam import environment
from tests.fixtures.desk_staff_scene import NOON, StaffScene, enter_pin, read_page_text

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scene(tmp_path: Path) -> StaffScene:
    made = StaffScene(tmp_path / "desk")
    made.sender.release()
    (made.folder / sender_heartbeat.FILE).unlink()
    return made


def test_several_may_send_and_the_last_one_s_end_is_the_end(tmp_path: Path) -> None:
    assert sender_heartbeat.read_heartbeat(tmp_path) == SenderStatus(False, None)
    first, second = SenderHeartbeat(tmp_path), SenderHeartbeat(tmp_path)
    first.beat(NOON)
    assert (
        sender_heartbeat.read_heartbeat(tmp_path)
        == sender_heartbeat.read_heartbeat(tmp_path)
        == SenderStatus(True, NOON)
    )
    first.release()
    assert sender_heartbeat.read_heartbeat(tmp_path) == SenderStatus(True, NOON)
    second.release()
    assert sender_heartbeat.read_heartbeat(tmp_path) == SenderStatus(False, NOON)


def test_a_killed_sender_is_not_alive(scene: StaffScene) -> None:
    sending = subprocess.Popen(
        [sys.executable, "-c", "from kiosk.cli import cli; cli()", "sync", "--every", "0.2", "--json"], cwd=ROOT,
        env=environment(HAILONG_INSTANCE=str(scene.folder), PYTHONPATH=str(ROOT)), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert sending.stdout is not None and sending.stdout.readline()  # a round is over
    seen = sender_heartbeat.read_heartbeat(scene.folder)
    assert seen.alive and seen.last_seen_ms
    sending.send_signal(signal.SIGKILL)
    sending.wait()
    assert sender_heartbeat.read_heartbeat(scene.folder).alive is False
    scene.store.close()


def test_where_serve_sends_by_itself_its_thread_is_the_sender(scene: StaffScene) -> None:
    stop, gone_round = threading.Event(), threading.Event()
    sending = threading.Thread(
        target=run_for_ever, args=(scene.store, scene.app.extensions["settings"], 5.0, lambda _: gone_round.set(), stop)
    )
    sending.start()
    assert gone_round.wait(30) and sender_heartbeat.read_heartbeat(scene.folder).alive
    stop.set()
    sending.join(30)
    assert not sender_heartbeat.read_heartbeat(scene.folder).alive
    scene.store.close()


def test_a_disk_that_takes_no_file_hinders_no_sender(tmp_path: Path) -> None:
    SenderHeartbeat(tmp_path / "missing").beat(NOON)
    assert sender_heartbeat.read_heartbeat(tmp_path / "missing") == SenderStatus(False, None)


def told(scene: StaffScene) -> str:
    with scene.store.read() as session:
        return "\n".join(status_lines.build_status_lines(session, scene.app.extensions["settings"], scene.at))


def test_people_are_told_when_nobody_sends(scene: StaffScene) -> None:
    client = scene.app.test_client()
    scene.offline()
    assert "KHÔNG có chương trình gửi nào đang chạy, chưa lần nào. Dịch vụ hailong-kiosk-sync" in told(scene)
    life = SenderHeartbeat(scene.folder)
    life.beat(NOON - 3 * 60_000)
    assert "Gửi                 đang chạy, lần gần nhất lúc 09:39 (3 phút trước)" in told(scene)
    assert "Mất kết nối từ 06:33" in told(scene) and "Chờ mạng" in told(scene)
    life.release()
    enter_pin(client)
    for shown in (told(scene), read_page_text(client.get("/staff"))):
        assert "Máy này không gửi: chương trình gửi ngừng từ 09:39." in shown and "(HL-L4)" in shown
        assert "Không ai gửi" in shown and "Mất kết nối" not in shown and "Đang gửi" not in shown
    scene.store.close()


def test_a_status_for_people_has_no_figure_to_be_decoded(scene: StaffScene) -> None:
    shown = told(scene)
    for words in ("Thiết bị            d-0312, HL-0312, Quầy 3", "Trạng thái          đang hoạt động", "GB còn trống",
                  "Phiếu chờ gửi       12 phiếu. Phiếu cũ nhất: 3 giờ 11 phút trước", "Chưa kiểm tra lần nào",
                  "Lần gửi gần nhất    09:41 hôm nay, 14/10"):  # fmt: skip
        assert words in shown
    assert str(NOON)[:6] not in shown and "None" not in shown and "{" not in shown
    scene.store.close()
