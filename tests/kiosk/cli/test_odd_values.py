"""Odd values at the desk's console: an error is one line, and a device is no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import cli
from tests.fixtures.desk_staff_scene import StaffScene
from translations import use_locale


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    monkeypatch.setenv("HAILONG_INSTANCE", str(made.folder))
    yield made
    made.store.close()


def test_an_error_is_one_line_whatever_was_typed(scene: StaffScene) -> None:
    result = CliRunner().invoke(cli, ["salvage", "a\r\nSet-Cookie: a=b"])
    assert result.exit_code == 1 and result.stderr.startswith("not_found: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_device_is_no_file_of_receipts(scene: StaffScene) -> None:
    """One that gives zeros without an end would be read for ever."""
    result = CliRunner().invoke(cli, ["take-receipts", "/dev/null"])
    assert result.exit_code == 1 and result.stderr.startswith("not_found: ")


def test_an_address_that_is_no_text_is_written_as_it_can_be(scene: StaffScene, tmp_path: Path) -> None:
    file = tmp_path / "starting.html"
    result = CliRunner().invoke(cli, ["starting", str(file), "--address", "http://\udcff"])
    assert result.exit_code == 0 and "\\udcff" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("locale", "words"), [("vi", "Mã PIN phải có từ 6"), ("en", "A PIN has 6 to 12 digits")])
def test_a_refusal_is_in_the_terminal_s_language(scene: StaffScene, locale: str, words: str) -> None:
    with use_locale(locale):
        result = CliRunner().invoke(cli, ["pin", "--pin-stdin"], input="12\n")
    assert result.exit_code == 1 and result.stderr.startswith("pin_length: ") and words in result.stderr


def test_status_is_in_one_language(scene: StaffScene) -> None:
    scene.offline()
    with use_locale("vi"):
        vietnamese = CliRunner().invoke(cli, ["status"]).output
    with use_locale("en"):
        english = CliRunner().invoke(cli, ["status"]).output
    for word in ("Thiết bị", "Trạng thái", "đang hoạt động", "Phiên bản", "chưa bấm gửi"):
        assert word in vietnamese
    for word in ("Device ", "Device's state", "active", "Version", "not sent off yet"):
        assert word in english and word not in vietnamese
