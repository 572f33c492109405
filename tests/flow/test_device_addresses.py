"""The addresses of devices against damage, strangers and browsers: a stable code, nothing stored.

The code comes with a sentence.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kiosk.sync import enrolment
from kiosk.sync.transport import HttpTransport
from models.keys import SigningKey
from models.protocol import sidecar, wire
from models.tables.device import BatchLog, Device, Refusal
from tests.fixtures import unchecked_lines
from tests.fixtures.centre_and_desk import Centre, Desk, FaultyTransport


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    scene = Centre(tmp_path / "centre")
    yield scene
    scene.close()


def headers(data: bytes) -> dict[str, str]:
    return {"Content-Digest": wire.make_digest_header(data)}


def crowded() -> bytes:
    """A batch with more openings than the entries of one can have."""
    much = [sidecar.make_opening("a" * 32, "r", "x", "0" * 32)] * (wire.MAX_SIDECARS + 2)
    body = unchecked_lines.make_batch(
        SigningKey(bytes(32)), dev="d-0001", ep=1, from_=1, to=0, h="0" * 64, head_seq=0, head="0" * 64, backlog=0, t=1,
        mono=1, boot=1, app="1", disk_mb=1, rq="aa", lines=[], sidecars=much,
    )  # fmt: skip
    return wire.compress(body)


@pytest.mark.parametrize(
    ("data", "changes", "status", "code"),
    [
        pytest.param(b"", {}, 400, "no_digest", id="nothing"),
        pytest.param(gzip.compress(b"hello"), {}, 400, "truncated", id="no line's end"),
        pytest.param(gzip.compress(b"hello\nworld\n"), {}, 400, "bad_envelope", id="no envelope"),
        pytest.param(gzip.compress(b"{}" * 100)[:20], {}, 400, "truncated", id="cut"),
        pytest.param(gzip.compress(bytes(8 << 20)), {}, 413, "too_large", id="eight megabytes"),
        pytest.param(crowded(), {}, 413, "too_many_openings", id="more openings than entries have"),
        pytest.param(b"x", {"Content-Digest": "sha-256=:AAAA:"}, 400, "bad_digest", id="other digest"),
        pytest.param(b"x", {"Content-Digest": ""}, 400, "bad_digest", id="empty digest"),
        pytest.param(b"x", {"Origin": "https://evil.example"}, 403, "no_browsers", id="a browser"),
    ],
)
def test_a_batch_that_is_none(centre: Centre, data: bytes, changes: dict[str, str], status: int, code: str) -> None:
    answer = centre.app.test_client().post("/api/v1/sync", data=data, headers={**headers(data), **changes})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    assert answer.get_json()["error"]["message"].endswith(".")
    with centre.database.read() as session:
        assert session.scalar(select(func.count()).select_from(BatchLog)) == 0
        if status != 403:
            assert session.scalars(select(Refusal.code)).all() == [code]


@pytest.mark.every_moment
def test_strangers_are_not_paired_and_a_right_code_is_never_locked_out(centre: Centre, tmp_path: Path) -> None:
    code = centre.code()
    with centre.database.write() as session:
        from models.clock import local_day

        session.add(Refusal(day=local_day(centre.stop_clock().t), device="", code="bad_code", n=10_000))
    centre.start()
    desk = Desk(tmp_path / "desk")
    transport = HttpTransport(centre.url)
    with pytest.raises(enrolment.PairingFailed) as refused:
        enrolment.enrol(desk.database, transport, centre.url, "BBBBB-BBBBB", desk.now(), desk.settings)
    assert refused.value.code == "too_many_codes"
    lost = FaultyTransport(centre.url, iter(["deaf"]))
    with pytest.raises(enrolment.PairingFailed) as refused:
        enrolment.enrol(desk.database, lost, centre.url, code, desk.now(), desk.settings)
    assert refused.value.code == "no_network"
    identity = enrolment.enrol(desk.database, transport, centre.url, code, desk.now(), desk.settings)
    other = Desk(tmp_path / "other")
    with pytest.raises(enrolment.PairingFailed):
        enrolment.enrol(other.database, transport, centre.url, code, other.now(), other.settings)
    with centre.database.read() as session:
        assert [device.id for device in session.scalars(select(Device))] == [identity.device]
    desk.close()
    other.close()


def test_a_portal_s_200_is_no_centre(centre: Centre, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk")
    centre.start()
    with pytest.raises(enrolment.PairingFailed) as refused:
        portal = FaultyTransport(centre.url, iter(["portal"]))
        enrolment.enrol(desk.database, portal, centre.url, centre.code(), desk.now(), desk.settings)
    assert refused.value.code == "bad_reply"
    assert desk.client.get("/").status_code == 503  # "chưa cài đặt", and no faces
    desk.close()


def test_a_code_that_waits_for_approval_and_one_that_is_old(centre: Centre, tmp_path: Path) -> None:
    centre.start()
    desk = Desk(tmp_path / "desk")
    for code, expected in ((centre.code(approved=False), "not_approved"), (centre.code(), "code_expired")):
        centre.clock += 16 * 60_000 if expected == "code_expired" else 0
        with pytest.raises(enrolment.PairingFailed) as refused:
            enrolment.enrol(desk.database, HttpTransport(centre.url), centre.url, code, desk.now(), desk.settings)
        assert refused.value.code == expected
    desk.close()


def test_a_tap_left_after_choose_again_is_not_thanked_for(centre: Centre, tmp_path: Path) -> None:
    """Undone, left, swept, then tapped on the old page: either it counts or the page says it was not recorded."""
    from kiosk.rating import drafts

    centre.start()
    desk = Desk(tmp_path / "desk")
    desk.pair(centre)
    id = desk.tap(1)
    page = desk.client.get(f"/rate/{id}/topics").get_data(as_text=True)
    form = page[page.rindex("<form", 0, page.index(f"/rate/{id}/undo")) :]
    desk.client.post(f"/rate/{id}/undo", data=desk.fields(form))
    again = desk.fields(desk.client.get(f"/rate/{id}/again").get_data(as_text=True))
    desk.ahead += 70_000
    with desk.database.write() as session:
        assert drafts.seal_idle_drafts(session, desk.now(), 60) == 1
    answer = desk.client.post("/rate", data={**again, "score": 5})
    assert answer.status_code == 400 and 'name="score"' in answer.get_data(as_text=True)
    desk.close()
