"""The sender's sign of life: there while the process lives, and it says when it last went round."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.cli import status_lines
from kiosk.desk import sender_life
from kiosk.desk.sender_life import Sender, SignOfLife
from kiosk.sync.loop import run_for_ever
from tests.clock_seam import environment
from tests.fixtures.staff_scene import NOON, Scene, enter, text

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path / "desk")
    made.sender.release()
    (made.folder / sender_life.FILE).unlink()
    return made


def test_several_may_send_and_the_last_one_s_end_is_the_end(tmp_path: Path) -> None:
    assert sender_life.seen(tmp_path) == Sender(False, None)
    first, second = SignOfLife(tmp_path), SignOfLife(tmp_path)
    first.beat(NOON)
    assert sender_life.seen(tmp_path) == sender_life.seen(tmp_path) == Sender(True, NOON)
    first.release()
    assert sender_life.seen(tmp_path) == Sender(True, NOON)
    second.release()
    assert sender_life.seen(tmp_path) == Sender(False, NOON)


def test_a_killed_sender_is_not_alive(scene: Scene) -> None:
    sending = subprocess.Popen(
        [sys.executable, "-c", "from kiosk.cli import cli; cli()", "sync", "--every", "0.2", "--json"], cwd=ROOT,
        env=environment(HAILONG_INSTANCE=str(scene.folder), PYTHONPATH=str(ROOT)), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert sending.stdout is not None and sending.stdout.readline()  # a round is over
    seen = sender_life.seen(scene.folder)
    assert seen.alive and seen.last_seen_ms
    sending.send_signal(signal.SIGKILL)
    sending.wait()
    assert sender_life.seen(scene.folder).alive is False
    scene.store.close()


def test_where_serve_sends_by_itself_its_thread_is_the_sender(scene: Scene) -> None:
    stop, gone_round = threading.Event(), threading.Event()
    sending = threading.Thread(
        target=run_for_ever, args=(scene.store, scene.app.extensions["settings"], 5.0, lambda _: gone_round.set(), stop)
    )
    sending.start()
    assert gone_round.wait(30) and sender_life.seen(scene.folder).alive
    stop.set()
    sending.join(30)
    assert not sender_life.seen(scene.folder).alive
    scene.store.close()


def test_a_disk_that_takes_no_file_hinders_no_sender(tmp_path: Path) -> None:
    SignOfLife(tmp_path / "missing").beat(NOON)
    assert sender_life.seen(tmp_path / "missing") == Sender(False, None)


def told(scene: Scene) -> str:
    with scene.store.read() as session:
        return "\n".join(status_lines.lines(session, scene.app.extensions["settings"], scene.at))


def test_people_are_told_when_nobody_sends(scene: Scene) -> None:
    client = scene.app.test_client()
    scene.offline()
    assert "KHÔNG có chương trình gửi nào đang chạy, chưa lần nào. Dịch vụ hailong-kiosk-sync" in told(scene)
    life = SignOfLife(scene.folder)
    life.beat(NOON - 3 * 60_000)
    assert "Gửi                 đang chạy, lần gần nhất lúc 09:39 (3 phút trước)" in told(scene)
    assert "Mất kết nối từ 06:33" in told(scene) and "Chờ mạng" in told(scene)
    life.release()
    enter(client)
    for shown in (told(scene), text(client.get("/staff"))):
        assert "Máy này không gửi: chương trình gửi ngừng từ 09:39." in shown and "(HL-L4)" in shown
        assert "Không ai gửi" in shown and "Mất kết nối" not in shown and "Đang gửi" not in shown
    scene.store.close()


def test_a_status_for_people_has_no_figure_to_be_decoded(scene: Scene) -> None:
    shown = told(scene)
    for words in ("Thiết bị            d-0312, HL-0312, Quầy 3", "Trạng thái          đang hoạt động", "GB còn trống",
                  "Phiếu chờ gửi       12 phiếu. Phiếu cũ nhất: 3 giờ 11 phút trước", "Chưa kiểm tra lần nào",
                  "Lần gửi gần nhất    09:41 hôm nay, 14/10"):  # fmt: skip
        assert words in shown
    assert str(NOON)[:6] not in shown and "None" not in shown and "{" not in shown
    scene.store.close()
