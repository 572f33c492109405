"""Withdrawn devices: nothing is given to them or taken from them, and what it means is said before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from werkzeug.test import TestResponse

from admin.cli import cli
from admin.devices import pairing, withdrawal
from admin.recordings import store as recordings
from admin.slips import slip_proof
from models.keys import SigningKey
from models.protocol import signed_reply, wire
from models.tables.agency import SpokenPrompt
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.staff_account import AuditRow
from models.vocabulary import DeviceState
from tests.clock_seam import clock_at
from tests.fixtures import unchecked_lines
from tests.fixtures.centre_scene import NOW
from tests.fixtures.whole_centre import MINUTE, WholeCentre, open_whole_centre

#: A recording that the reference data name.
SOUND = b"ID3\x04" + b"\0" * 60
OUT = ("suspended", "lost", "revoked", "forked")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[WholeCentre]:
    with open_whole_centre(tmp_path) as made:
        yield made


def sound(centre: WholeCentre) -> str:
    """A recording at the centre; its SHA-256."""
    source = centre.scene.app.extensions["settings"].instance / "recorded"
    source.mkdir()
    (source / "overall.vi.mp3").write_bytes(SOUND)
    instance = centre.scene.app.extensions["settings"].instance
    with centre.scene.database.write() as session:
        read = recordings.read_recordings_folder(source, recordings.read_text_ids(session))
        recordings.store_recordings(session, instance, read, "test", NOW)
        return str(session.query(SpokenPrompt.sha).one()[0])


def becomes(centre: WholeCentre, state: str) -> None:
    with centre.scene.database.write() as session:
        session.get_one(Device, centre.writer.dev).state = state


def asked(centre: WholeCentre, path: str, **line: Any) -> TestResponse:
    """A signed line of the device."""
    own = centre.writer
    raw = unchecked_lines.dump_plain({"dev": own.dev, "ep": own.ep, "rq": "aa", "t": NOW, "v": 1, "app": "1", **line})
    return centre.scene.app.test_client().post(f"/api/v1/{path}", data=raw + b"\n" + own.key.sign(raw).encode() + b"\n")


def sent(centre: WholeCentre) -> TestResponse:
    own = centre.writer
    own.rate(4, t=NOW)
    data = wire.compress(own.batch(now=NOW))
    headers = {"Content-Digest": wire.make_digest_header(data)}
    return centre.scene.app.test_client().post("/api/v1/sync", data=data, headers=headers)


def given(centre: WholeCentre, reply: TestResponse) -> signed_reply.Reply:
    """The reply, which the centre signed."""
    return signed_reply.parse(reply.data, centre=centre.writer.centre.public, rq="aa")


#: What the centre gives to devices: the address, how it is asked, what shows that it was given.
GIVEN: dict[str, tuple[Callable[[WholeCentre], TestResponse], Callable[[bytes], bool]]] = {
    "/api/v1/sync": (sent, lambda body: b'"ref":' in body or b'"typ":"rcpt"' in body),
    "/api/v1/reference": (
        lambda centre: asked(centre, "reference", typ="ref"),
        lambda body: any(word in body for word in (b"dossier_keys", b"typed_keys", b"instrument", b"centre_box")),
    ),
    "/api/v1/media": (
        lambda centre: asked(centre, "media", typ="media", sha=sound(centre)), lambda body: SOUND in body,
    ),
}  # fmt: skip


def test_all_that_is_given_to_devices_is_asked_for_here(centre: WholeCentre) -> None:
    rules = {rule.rule for rule in centre.scene.app.url_map.iter_rules() if rule.endpoint.startswith("sync.")}
    assert rules == {*GIVEN, "/api/v1/enrol"}, "a new address of devices: add what it gives"


@pytest.mark.parametrize("path", GIVEN)
@pytest.mark.parametrize("state", ["active", *OUT])
def test_nothing_is_given_to_a_device_that_is_not_in_use(centre: WholeCentre, path: str, state: str) -> None:
    ask, shows = GIVEN[path]
    becomes(centre, state)
    reply = ask(centre)
    said = given(centre, reply)
    if state == "active":
        assert reply.status_code == 200 and shows(reply.data)
        return
    assert reply.status_code == 403 and not shows(reply.data)
    assert (said.typ, said.value["state"], said.value["dev"]) == ("stop", state, centre.writer.dev)
    with centre.scene.database.read() as session:
        kept = session.query(StoredEntry).filter_by(device=centre.writer.dev).count()
        assert session.get_one(Epoch, (centre.writer.dev, 1)).last_seq == kept


@pytest.mark.parametrize("state", ["lost", "revoked", "suspended"])
@pytest.mark.parametrize("when", ["before", "waiting", "paired"])
def test_a_pairing_code_makes_no_device_of_one_that_was_withdrawn(
    centre: WholeCentre, state: str, when: str
) -> None:
    key, own = SigningKey(b"\7" * 32), centre.writer.centre
    with centre.scene.database.write() as session:
        device, code, _until = pairing.offer_pairing(session, "SNV-Q1", NOW, approved=when != "waiting")
        if when == "paired":
            assert pairing.pair_device(session, code, key.public, NOW, own).device == device
    if when == "waiting":
        with centre.scene.database.write() as session, pytest.raises(pairing.PairingRefused, match="chờ tỉnh duyệt"):
            pairing.pair_device(session, code, key.public, NOW, own)
    with centre.scene.database.write() as session:
        session.get_one(Device, device).state = state
    body = unchecked_lines.dump_plain({"code": code, "rq": "aa", "vk": key.public})
    reply = centre.scene.app.test_client().post("/api/v1/enrol", data=body)
    assert reply.status_code == 403 and reply.get_json()["error"]["code"] == "device_withdrawn"
    with centre.scene.database.read() as session:
        assert session.get_one(Device, device).state == state


# The acts


def test_each_act_leads_from_where_it_may_and_leaves_a_line(centre: WholeCentre) -> None:
    name, database = centre.writer.dev, centre.scene.database
    found = {}
    for what in withdrawal.ACTS:
        for state in ("new", "pending", "active", "suspended", "forked", "lost", "revoked"):
            becomes(centre, state)
            with database.write() as session:
                before = session.query(AuditRow).count()
                try:
                    done = str(withdrawal.change_device_state(session, name, what, NOW, who="ten@nb.vn"))
                except withdrawal.DeviceError as error:
                    done = error.code
                device = session.get_one(Device, name)
                found[what, state] = device.state if done == "True" else done
                assert session.query(AuditRow).count() == before + (done == "True")
                assert (device.lost_ms == NOW) == (done == "True" and what == "lost")
                device.lost_ms = None
    assert {key: value for key, value in found.items() if value not in ("wrong_state", "False")} == {
        ("suspend", "active"): "suspended",
        ("resume", "suspended"): "active", ("resume", "lost"): "active",
        **{("lost", state): "lost" for state in ("new", "pending", "active", "suspended", "forked")},
        **{("revoke", state): "revoked" for state in ("new", "pending", "active", "suspended", "forked", "lost")},
    }  # fmt: skip
    assert {key for key, value in found.items() if value == "False"} == {
        ("suspend", "suspended"), ("resume", "active"), ("lost", "lost"), ("revoke", "revoked"),
    }  # fmt: skip
    with database.read() as session:
        row = session.query(AuditRow).filter_by(action="device_lost").first()
        assert row is not None and (row.who, row.subject) == ("ten@nb.vn", f"{name} new > lost")


def test_a_forked_ledger_stays_forked_whatever_was_said_of_its_device(centre: WholeCentre) -> None:
    with centre.scene.database.write() as session:
        session.get_one(Epoch, (centre.writer.dev, 1)).state = "forked"
        withdrawal.change_device_state(session, centre.writer.dev, "suspend", NOW)
        withdrawal.change_device_state(session, centre.writer.dev, "resume", NOW)
        assert session.get_one(Device, centre.writer.dev).state == "forked"


@pytest.mark.parametrize(("name", "code"), [("d-9999-aaaaaaaa", "unknown_device"), ("c-web-1", "not_a_desk_device")])
def test_no_other_recorder_is_withdrawn(centre: WholeCentre, name: str, code: str) -> None:
    with centre.scene.database.write() as session, pytest.raises(withdrawal.DeviceError) as refused:
        withdrawal.change_device_state(session, name, "revoke", NOW)
    assert refused.value.code == code


# Their slips


def test_slips_of_a_lost_device_work_if_they_say_that_they_were_made_before(centre: WholeCentre) -> None:
    own, centre_keys = centre.scene, centre.writer.centre
    before, after, undated = (
        centre.slip(serial=7, minute=MINUTE - 1), centre.slip(serial=8, minute=MINUTE + 5),
        centre.slip(serial=9, minute=0, due_days=None),
    )  # fmt: skip
    works = {}
    later = NOW + 3_600_000
    for state in ("active", "suspended", "lost", "revoked"):
        becomes(centre, "active")
        with own.database.write() as session:
            if state != "active":
                what = {"suspended": "suspend", "lost": "lost", "revoked": "revoke"}[state]
                withdrawal.change_device_state(session, centre.writer.dev, what, NOW)
        for name, token in (("before", before), ("after", after), ("undated", undated)):
            with own.database.read() as session:
                try:
                    slip_proof.prove_slip(session, token, centre_keys, later)
                    works[state, name] = True
                except slip_proof.SlipRefused as error:
                    assert error.code == "slip_revoked"
                    works[state, name] = False
    assert {key for key, good in works.items() if not good} == {
        ("lost", "after"), ("revoked", "before"), ("revoked", "after"), ("revoked", "undated"),
    }  # fmt: skip


# The commands


@pytest.fixture
def run(centre: WholeCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`hailong admin devices …` over a store where a device has slips out there."""
    own = centre.writer
    for serial in range(1, 4):
        own.add("token", {"serial": serial, "stage": "result", "minute": MINUTE, "due_days": 3})
    own.rate(4)
    assert own.send(centre.scene.database, own.batch(last=3, head_seq=4), NOW)[0] == 200
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path))

    def invoke(*words: str) -> Result:
        with clock_at("2026-11-21T09:00:00"):
            return CliRunner().invoke(cli, ["devices", *words], input="")

    return invoke


@pytest.mark.parametrize(
    ("what", "state", "said"),
    [("lost", "lost", "vẫn dùng được đến hết hạn"), ("revoke", "revoked", "sẽ KHÔNG dùng được nữa")],
)
def test_what_it_means_is_said_before_it_is_done(
    centre: WholeCentre, run: Callable[..., Result], what: str, state: str, said: str
) -> None:
    name = centre.writer.dev
    first = run(what, name)
    assert first.exit_code == 1 and said in first.stderr and "\nnot_confirmed: Chưa làm gì." in first.stderr
    assert "1 dòng trong sổ của máy đã thấy từ bên ngoài" in first.stderr and first.stdout == ""
    with centre.scene.database.read() as session:
        assert session.get_one(Device, name).state == "active"
        known = withdrawal.find_withdrawal_effect(session, name, what, NOW)
    done = run(what, name, "--yes", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"device": name, "desk": "SNV-Q1", "was": "active", "state": state, "changed": True,
                    "slips": known.slips, "missing": 1}  # fmt: skip
    again = run(what, name, "--yes")
    assert again.exit_code == 0 and "từ trước" in again.stdout and "devices enrol SNV-Q1" in again.stdout
    listed = json.loads(run("list", "--json").stdout)
    assert [row["state"] for row in listed if row["device"] == name] == [state]


def test_suspending_and_resuming(centre: WholeCentre, run: Callable[..., Result]) -> None:
    name = centre.writer.dev
    for words, code, text in (
        (("suspend", name), 0, "đã tạm dừng"), (("resume", name), 0, "dùng lại được"),
        (("lost", name, "--yes"), 0, "đã báo mất"), (("suspend", name), 1, "wrong_state: "),
        (("resume", name), 0, "dùng lại được"), (("revoke", name, "--yes"), 0, "đã thu hồi"),
        (("resume", name), 1, "wrong_state: "), (("lost", name, "--yes"), 1, "wrong_state: "),
        (("revoke", "d-1"), 1, "unknown_device: "), (("suspend", "c-web-1"), 1, "not_a_desk_device: "),
    ):  # fmt: skip
        result = run(*words)
        assert result.exit_code == code and text in result.output, (words, result.output)
    assert sent(centre).status_code == 403


@pytest.mark.parametrize("more", [(), ("--yes",), ("--json",)])
def test_nothing_untrue_is_said_of_the_slips_of_a_revoked_device(
    centre: WholeCentre, run: Callable[..., Result], more: tuple[str, ...]
) -> None:
    name = centre.writer.dev
    assert run("revoke", name, "--yes").exit_code == 0
    refused = run("lost", name, *more)
    assert (refused.exit_code, refused.output) == (1, (
        f"wrong_state: Không có gì thay đổi: máy {name} đã thu hồi, không mở lại được; phiếu QR của máy không dùng "
        "được nữa. Quầy cần máy khác: hailong admin devices enrol.\n"
    ))  # fmt: skip


def test_a_refusal_names_the_state_in_words_and_what_to_do(centre: WholeCentre, run: Callable[..., Result]) -> None:
    name = centre.writer.dev
    assert run("lost", name, "--yes").exit_code == 0
    assert f"đã báo mất, trung tâm không nhận gì từ máy. Đã tìm thấy: hailong admin devices resume {name}." in (
        run("suspend", name).output
    )
    for state in DeviceState:
        with centre.scene.database.write() as session:
            session.get_one(Device, name).state = state.value
        refused = [done.output for what in ("suspend", "resume") if (done := run(what, name)).exit_code]
        assert all(state.value not in said and name in said for said in refused), refused


def test_a_forked_device_is_not_called_usable(centre: WholeCentre, run: Callable[..., Result]) -> None:
    name = centre.writer.dev
    with centre.scene.database.write() as session:
        session.get_one(Epoch, (name, 1)).state = "forked"
    assert run("suspend", name).exit_code == 0
    resumed = run("resume", name)
    assert resumed.exit_code == 0 and "bị tách thành hai" in resumed.stdout
    assert "dùng lại được" not in resumed.stdout and "tự gửi" not in resumed.stdout


