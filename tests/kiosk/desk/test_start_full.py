"""A desk on a full or read-only disk: it starts, says so, and takes taps again without a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk import create_app
from kiosk.boot import DeskStart
from kiosk.settings import Settings
from tests.fixtures import own_mounts
from tests.fixtures.desk_server import free_port


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("disk")
    return dict(own_mounts.run_with_own_mounts("desk_disk", folder, folder, free_port()))


@pytest.mark.parametrize(
    ("disk", "code"), [("full", "disk_full"), ("read-only", "read_only"), ("read-only after a kill", "read_only")]
)
def test_it_starts_says_so_and_goes_on_by_itself(told: dict[str, Any], disk: str, code: str) -> None:
    before, after = told[disk]
    assert before["page"] == [507, True] and before["english"] == 507
    assert before["health"][0] == 503 and json.loads(before["health"][1])["code"] == code
    code_of_look, figures, _error = before["status"]
    assert code_of_look == 0 and json.loads(figures)["state"] == "active", "whoever looks needs no room"
    assert (after["tap"], after["health"]) == (303, 200)
    assert after["id"] in told["stored"] and not told["set_aside"]


def test_a_start_that_is_not_done_is_tried_once_a_second_at_most(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    settings = Settings(tmp_path / "desk")
    tries = []

    class Hindered(DeskStart):
        def __call__(self) -> None:
            tries.append(1)
            raise OSError(28, "No space left on device")

    client = create_app(settings, Hindered(settings.database(), settings)).test_client()
    for _ in range(5):
        assert client.get("/").status_code == 507
    assert len(tries) < 5
    assert client.post("/slips", json={}).json["error"]["code"] == "disk_full"  # type: ignore[index]
    assert client.get("/tokens.css").status_code == 200 and client.get("/static/kiosk.css").status_code == 200
