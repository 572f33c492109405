"""The ledger carried by hand: a file to the centre, receipts back; twice, late, damaged, misdirected."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from admin.sync import usb_import
from kiosk.desk import ledger, state
from kiosk.sync import carried_files
from models import ids
from models.clock import Moment
from models.keys import read_or_make_key, read_or_make_secret
from models.protocol import canonical, sealed_file, wire
from models.protocol.sealed_file import CarriedFileKey
from models.tables.desk_store import StoredReceipt
from models.tables.device import Device, Epoch, Evidence, PairingCode
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from tests.clock_seam import environment
from tests.fixtures import desk_command, desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, own):
        yield centre, own


def fill(own: Desk, count: int) -> None:
    """Sealed ratings without the screens."""
    payload = {
        "agency": "NB-14701", "desk": "NB-14701-Q1", "instrument": "short", "version": 1, "channel": "kiosk",
        "state": "complete", "lang": "vi", "answers": [["overall", 5]], "topics": [], "undos": 0,
    }  # fmt: skip
    with own.database.write() as session:
        for number in range(count):
            now = own.now()
            ledger.append_entry(session, "rating", payload, Moment(now.t, now.mono + number), id=ids.new_id(now.t))


def export(own: Desk, to: Path) -> carried_files.ExportResult:
    return carried_files.write_export(
        own.database, read_or_make_key(own.settings.key_file), own.settings, own.now(), to
    )


def take_in(centre: Centre, file: Path) -> usb_import.IngestedFile:
    return usb_import.ingest_file(centre.database, centre.keys, file.read_bytes(), centre.now().t)


def take(own: Desk, file: Path) -> carried_files.ReceiptImport:
    with own.database.read() as session:
        identity = state.read_state(session).identity
    assert identity is not None
    return carried_files.import_receipts(own.database, identity, file, own.now())


def acked(own: Desk) -> int:
    with own.database.read() as session:
        return int(desk_state_rows.read_text(session, "acked_seq"))


def stored(centre: Centre) -> tuple[int, int]:
    """Entries of tablets and counted responses at the centre."""
    with centre.database.read() as session:
        entries = session.scalar(select(func.count()).select_from(StoredEntry).where(StoredEntry.device.like("d-%")))
        counted = session.scalar(select(func.count()).select_from(Response).where(Response.outcome == "counted"))
    return entries or 0, counted or 0


def test_all_of_a_long_outage_goes_by_hand_once(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, own = both
    own.sync(url=centre.url)
    before = acked(own)
    centre.stop()
    fill(own, 1_100)
    own.rate(2, "wait")
    done = export(own, tmp_path / "stick.hailong")
    assert done.ratings == 1_101 and acked(own) == before  # writing moves nothing
    came = take_in(centre, done.path)
    assert (came.batches, came.entries, came.accepted, came.state) == (3, done.entries, done.entries, "ok")
    assert stored(centre)[1] == 1_101 and centre.index()["n"] == 1_101
    back = tmp_path / "stick.bien-nhan"
    back.write_bytes(came.replies)
    assert take(own, back) == carried_files.ReceiptImport(done.to, 1_101, "active")
    assert acked(own) == done.to
    with own.database.read() as session:
        assert session.scalar(select(func.max(StoredReceipt.seq))) == done.to
    # the same file again, the same receipts again, and the network again: nothing more
    entries = stored(centre)
    again = take_in(centre, done.path)
    assert (again.accepted, again.state, stored(centre)) == (0, "ok", entries)
    assert take(own, back).ratings == 0
    centre.start()
    outcome = own.sync(url=centre.url)
    assert (outcome.state, outcome.sent, outcome.waiting) == ("ok", 0, 0)


@pytest.mark.parametrize("bound", ["MAX_PARTS", "MAX_FILE", "MAX_INFLATED"])
def test_what_one_file_may_not_carry_goes_with_the_next(
    both: tuple[Centre, Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """No desk has so much; one that had would have a way all the same."""
    centre, own = both
    own.sync(url=centre.url)
    fill(own, 700)
    before, sent = acked(own), 0
    monkeypatch.setattr(sealed_file, bound, 1 if bound == "MAX_PARTS" else 2048)
    for turn in (1, 2):
        done = export(own, tmp_path / f"{turn}.hailong")
        monkeypatch.undo()
        came = take_in(centre, done.path)
        assert (came.batches, came.state, came.seq) == (1, "ok", done.to)
        back = tmp_path / f"{turn}.bien-nhan"
        back.write_bytes(came.replies)
        assert take(own, back).ratings == done.ratings
        sent += done.ratings
    assert sent == 700 and acked(own) == before + done.entries + wire.MAX_ENTRIES


def test_the_network_comes_back_before_the_file(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    """An old receipt never moves the pointer back."""
    centre, own = both
    fill(own, 3)
    done = export(own, tmp_path / "late.hailong")
    early = tmp_path / "early.bien-nhan"
    early.write_bytes(take_in(centre, done.path).replies)
    fill(own, 2)
    assert own.sync(url=centre.url).state == "ok"
    pointer = acked(own)
    assert pointer > done.to and take(own, early).ratings == 0 and acked(own) == pointer
    late = take_in(centre, done.path)
    assert (late.accepted, late.state) == (0, "ok") and stored(centre)[1] == 5
    back = tmp_path / "late.bien-nhan"
    back.write_bytes(late.replies)
    assert take(own, back).ratings == 0 and acked(own) == pointer


def test_an_empty_ledger_is_a_file_too(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, own = both
    own.sync(url=centre.url)
    own.sync(url=centre.url)
    done = export(own, tmp_path)
    assert done.ratings == 0 and done.path.parent == tmp_path and done.path.name.startswith("hai-long-d-")
    assert take_in(centre, done.path).state == "ok"


def damaged(raw: bytes) -> dict[str, bytes]:
    first = raw.index(b"\n")
    return {
        "cut": raw[:-1],
        "half": raw[: len(raw) // 2],
        "longer": raw + b"x",
        "flipped": raw[: first + 90] + bytes([raw[first + 90] ^ 1]) + raw[first + 91 :],
        "header": raw.replace(b'"n":1', b'"n":2', 1),
    }


@pytest.mark.parametrize("how", ["cut", "half", "longer", "flipped", "header"])
def test_a_damaged_file_is_refused_whole(both: tuple[Centre, Desk], tmp_path: Path, how: str) -> None:
    centre, own = both
    fill(own, 4)
    done = export(own, tmp_path / "a.hailong")
    before = stored(centre)
    done.path.write_bytes(damaged(done.path.read_bytes())[how])
    with pytest.raises(usb_import.FileRefused) as refused:
        take_in(centre, done.path)
    assert refused.value.code == "damaged" and stored(centre) == before


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 zip", b"{}\n", b"\n" * 9], ids=["empty", "zip", "object", "lines"])
def test_another_file_is_no_such_file(both: tuple[Centre, Desk], tmp_path: Path, raw: bytes) -> None:
    centre, own = both
    file = tmp_path / "x"
    file.write_bytes(raw)
    with pytest.raises(usb_import.FileRefused) as refused:
        take_in(centre, file)
    assert refused.value.code == "not_carried"
    with pytest.raises(carried_files.ReceiptsNotTaken) as not_taken:
        take(own, file)
    assert not_taken.value.code == "not_carried"


def test_the_file_of_another_centre_or_of_a_stranger_is_refused(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, own = both
    fill(own, 1)
    done = export(own, tmp_path / "a.hailong")
    other = dataclasses.replace(centre.keys, box=CarriedFileKey(read_or_make_secret(tmp_path / "other.box")))
    with pytest.raises(usb_import.FileRefused) as refused:
        usb_import.ingest_file(centre.database, other, done.path.read_bytes(), centre.now().t)
    assert refused.value.code == "other_centre"
    elsewhere = Centre(tmp_path / "elsewhere")  # it holds the box, by theft or by mistake, but never paired this device
    try:
        stranger = dataclasses.replace(elsewhere.keys, box=centre.keys.box)
        with pytest.raises(usb_import.FileRefused) as refused:
            usb_import.ingest_file(elsewhere.database, stranger, done.path.read_bytes(), centre.now().t)
        assert refused.value.code == "unknown_device" and stored(elsewhere) == (0, 0)
    finally:
        elsewhere.close()


def test_nobody_but_the_centre_reads_it(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    _, own = both
    fill(own, 1)
    raw = export(own, tmp_path / "a.hailong").path.read_bytes()
    assert b"overall" not in raw and b"rating" not in raw
    head, _ = sealed_file.read_header(raw)
    # The header says another centre: its key still does not fit.
    with pytest.raises(sealed_file.UnreadableFile) as unreadable:
        CarriedFileKey(read_or_make_secret(tmp_path / "k")).open(
            raw.replace(head.box.encode(), CarriedFileKey(read_or_make_secret(tmp_path / "k")).public.encode(), 1)
        )
    assert unreadable.value.code == "damaged"


def test_receipts_for_another_device_or_by_another_hand_are_refused(
    both: tuple[Centre, Desk], tmp_path: Path
) -> None:
    centre, own = both
    second = Desk(tmp_path / "second")
    try:
        second.pair(centre)
        for one in (own, second):
            fill(one, 2)
        theirs = tmp_path / "theirs.bien-nhan"
        theirs.write_bytes(take_in(centre, export(second, tmp_path / "b.hailong").path).replies)
        pointer = acked(own)
        assert refusal(own, theirs) == "other_device"
        raw = theirs.read_bytes()
        device = second_name(second).encode()
        theirs.write_bytes(raw.replace(device, second_name(own).encode(), 1))  # only the unsigned header says so
        assert refusal(own, theirs) == "other_device"
        mine = take_in(centre, export(own, tmp_path / "a.hailong").path).replies
        for name, forged in forgeries(mine, tmp_path).items():
            theirs.write_bytes(forged)
            assert refusal(own, theirs) in ("other_centre", "damaged", "not_carried"), name
        assert acked(own) == pointer
        theirs.write_bytes(mine)
        assert take(own, theirs).ratings == 2
    finally:
        second.close()


def second_name(own: Desk) -> str:
    with own.database.read() as session:
        return desk_state_rows.read_text(session, "device")


def refusal(own: Desk, file: Path) -> str:
    with pytest.raises(carried_files.ReceiptsNotTaken) as refused:
        take(own, file)
    return refused.value.code


def forgeries(raw: bytes, folder: Path) -> dict[str, bytes]:
    head, line, signature, rest = raw.split(b"\n", 3)
    value = canonical.parse(line)
    later = canonical.dump({**value, "seq": value["seq"] + 1})
    other = read_or_make_key(folder / "another-centre.key")
    return {
        "changed": b"\n".join((head, later, signature, rest)),
        "signed by another": b"\n".join((head, later, other.sign(later).encode(), rest)),
        "cut": raw[:-10],
        "one missing": head + b"\n",
    }


def test_a_centre_that_forgot_takes_the_device_back_by_its_certificate(
    both: tuple[Centre, Desk], tmp_path: Path
) -> None:
    centre, own = both
    with centre.database.write() as session:
        for statement in (
            delete(PairingCode),
            delete(Epoch).where(Epoch.device_id.like("d-%")),
            delete(Device).where(Device.id.like("d-%")),
        ):
            session.execute(statement)
    fill(own, 600)
    came = take_in(centre, export(own, tmp_path / "a.hailong").path)
    assert (came.state, came.batches, stored(centre)[1]) == ("ok", 2, 600)


def test_a_restored_centre_says_from_where_it_needs_the_ledger(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, own = both
    fill(own, 5)
    own.sync(url=centre.url)
    with centre.database.write() as session:  # last night's backup: entries of today are not in it
        name = second_name(own)
        epoch = session.scalars(select(Epoch).where(Epoch.device_id == name)).one()
        for row in session.scalars(select(StoredEntry).where(StoredEntry.device == name)):
            session.delete(row)
        epoch.last_seq, epoch.last_h, epoch.projected_seq = 0, epoch.genesis, 0
    fill(own, 1)
    came = take_in(centre, export(own, tmp_path / "a.hailong").path)
    assert (came.state, came.accepted, came.seq) == ("gap", 0, None)
    own.ahead += 1_000
    centre.clock += 1_000
    back = tmp_path / "a.bien-nhan"
    back.write_bytes(take_in(centre, tmp_path / "a.hailong").replies)
    assert take(own, back).acked == 0
    came = take_in(centre, export(own, tmp_path / "b.hailong").path)
    assert came.state == "ok" and stored(centre)[1] == 6


def test_a_machine_that_was_rolled_back_learns_it_from_the_file(both: tuple[Centre, Desk], tmp_path: Path) -> None:
    centre, own = both
    own.sync(url=centre.url)
    fill(own, 3)
    with own.database.read() as session:
        head = session.scalar(select(func.max(StoredEntry.seq)))
    take_in(centre, export(own, tmp_path / "a.hailong").path)
    with own.database.write() as session:  # an old image: the last entries are gone, others are written
        for row in session.scalars(select(StoredEntry).where(StoredEntry.seq > (head or 0) - 2)):
            session.delete(row)
    fill(own, 3)
    came = take_in(centre, export(own, tmp_path / "b.hailong").path)
    assert came.state == "fork" and stored(centre)[1] == 3
    with centre.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Evidence)) == 1
    back = tmp_path / "b.bien-nhan"
    back.write_bytes(came.replies)
    own.ahead += 60_000
    assert take(own, back).state == "forked"
    assert own.tap(4)  # and still takes taps


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`hailong …` as a machine runs it, in a process of its own where no other program is found."""
    program = "import sys; from wsgi import main; sys.exit(main(sys.argv[1:]))"
    own = environment(HAILONG_INSTANCE=str(folder), PATH="", PYTHONPATH=str(ROOT), PYTHONUTF8="1")
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], env=own, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON document on stdout."""
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def test_the_whole_way_by_command(tmp_path: Path) -> None:
    centre = Centre(tmp_path / "centre")
    centre.start()
    instance = tmp_path / "desk"
    try:
        paired_now = command(instance, "kiosk", "enrol", centre.url, centre.code(), "--json")
        assert paired_now.returncode == 0, paired_now.stderr
        secret = document(paired_now)["pin"]
        assert len(secret) == 6 and secret.isdecimal()
        assert secret not in desk_command.run_desk_command(instance, "status").stdout  # said once
        own = Desk(instance)
        fill(own, 2)
        own.close()
        centre.stop()
        offline = desk_command.run_desk_command(instance, "sync", "--once", "--json")
        assert offline.returncode == 1 and document(offline)["state"] == "offline" and "offline:" in offline.stderr
        stick = tmp_path / "stick"
        stick.mkdir()
        out = document(desk_command.run_desk_command(instance, "export", str(stick), "--json"))
        assert out["ratings"] == 2
        came = command(centre.settings.instance, "admin", "ingest-file", out["file"], "--json")
        assert came.returncode == 0, came.stderr
        assert document(came)["accepted"] == out["entries"] and document(came)["state"] == "ok"
        took = document(desk_command.run_desk_command(instance, "take-receipts", document(came)["reply"], "--json"))
        assert took == {"acked": out["to"], "ratings": 2, "state": "active"}
        assert document(desk_command.run_desk_command(instance, "status", "--json"))["waiting"] == 0
        broken = Path(out["file"])
        broken.write_bytes(broken.read_bytes()[:-3])
        refused = command(centre.settings.instance, "admin", "ingest-file", str(broken), "--json")
        assert (refused.returncode, refused.stdout) == (1, "") and refused.stderr.startswith("damaged: ")
        assert {path.suffix for path in stick.iterdir()} == {".hailong", ".bien-nhan"}  # nothing half written
        lost = desk_command.run_desk_command(instance, "take-receipts", str(stick / "no"))
        assert lost.returncode == 1 and lost.stderr.startswith("not_found: ")
        full = desk_command.run_desk_command(instance, "export", str(stick / "no" / "such" / "folder" / "file"))
        assert full.returncode == 1 and full.stderr.startswith("not_written: ")
        changed = desk_command.run_desk_command(instance, "pin", "--pin-stdin", typed="518403\n")
        assert changed.returncode == 0 and "518403" not in changed.stdout
        weak = desk_command.run_desk_command(instance, "pin", "--pin-stdin", typed="123456\n")
        assert weak.returncode == 1 and weak.stderr.startswith("pin_guessable: ") and "123456" not in weak.stderr
    finally:
        centre.close()
