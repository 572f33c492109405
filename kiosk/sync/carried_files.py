"""USB export: batches of the wire in a sealed file, and the centre's receipts back.

So the ledger is carried by hand where no network comes. Writing moves nothing: until a receipt that the centre signed
names an entry of this very ledger, all of it stays and is sent again. So a lost stick, a file taken twice, or a network
that comes back in between loses and doubles nothing.
"""

from __future__ import annotations

import ctypes
import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, kept_ratings, ledger, reference, state
from kiosk.desk.state_values import CentreTreatment
from kiosk.error_catalogue.carried_file_errors import ExportNotWritten as ExportNotWritten
from kiosk.error_catalogue.carried_file_errors import ReceiptsNotTaken as ReceiptsNotTaken
from kiosk.settings import Settings
from kiosk.sync import centre_receipts, client, retention
from models.clock import HCM, Moment
from models.keys import SigningKey
from models.protocol import canonical, sealed_file, signed_reply, wire
from models.protocol.canonical import NotCanonical
from models.protocol.sealed_file import UnreadableFile
from models.storage import whole_file
from models.storage.database import Database
from models.tables.desk_store import StoredReceipt

#: Where desks mount sticks, apart from Windows' drive letters.
MOUNTS = ("/media/", "/run/media/", "/mnt/")
#: Room kept for sidecars and the certificate in one batch.
_SMALLEST = 1
#: More than what a file holds beside each batch, and around all of them (bytes).
_BESIDE = 1024


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A file that was written whole: where, how many entries and ratings it carries, up to which seq."""

    path: Path
    entries: int
    ratings: int
    to: int


@dataclass(frozen=True, slots=True)
class ReceiptImport:
    """What a file of receipts did: how far the centre has signed, how many ratings that newly covers, and the desk's
    state after it."""

    acked: int
    ratings: int
    state: str


def write_export(database: Database, key: SigningKey, settings: Settings, now: Moment, to: Path) -> ExportResult:
    """Write everything the centre has not signed for, as far as one file may carry it, to `to`, a file or a folder that
    then gets a named one. The file appears whole or not at all. Raises `NotWritten`."""
    with database.read() as session:
        identity, desk = state.read_state(session).identity, reference.read_reference(session)
        if identity is None:
            raise ExportNotWritten("not_paired")
        if desk is None or not desk.centre_box:
            raise ExportNotWritten("no_box")
        acked = state.read_state(session).acked_seq
        batches: list[bytes] = []
        at, size, inflated, carried = acked, wire.MAX_ENTRIES, 0, _BESIDE
        while True:
            try:
                body, last, _, head = client.build_next_batch(
                    session, identity, key, now, settings, size, with_certificate=not batches, after=at
                )
            except client.UNSENDABLE as error:
                raise ExportNotWritten("damaged") from error
            data = wire.compress(body)
            if (len(body) > wire.MAX_INFLATED or len(data) > wire.MAX_COMPRESSED) and size > _SMALLEST:
                size //= 2
                continue
            inflated, carried = inflated + len(body), carried + len(data) + _BESIDE
            if batches and (inflated > sealed_file.MAX_INFLATED or carried > sealed_file.MAX_FILE):
                break  # the rest goes with the next file
            batches.append(data)
            at = last
            if at >= head or len(batches) == sealed_file.MAX_PARTS:
                break
        ratings = ledger.count_ratings_after(session, identity, acked) - ledger.count_ratings_after(
            session, identity, at
        )
    raw = sealed_file.seal_file(desk.centre_box, identity.device, identity.epoch, now.t, batches)
    path = to / _name(identity.device, now) if to.is_dir() else to
    try:
        whole_file.write_file(path, raw)
    except OSError as error:
        raise ExportNotWritten("not_written") from error
    return ExportResult(path, max(0, at - acked), ratings, at)


def import_receipts(database: Database, identity: state.Identity, file: Path, now: Moment) -> ReceiptImport:
    """Take the centre's replies from a file: the pointer moves up to what the centre signed for, never down by a
    receipt. All of it or nothing. Raises `NotTaken`."""
    try:
        if not file.is_file():  # a device would give bytes without an end
            raise ReceiptsNotTaken("not_found")
        if file.stat().st_size > sealed_file.MAX_FILE:
            raise ReceiptsNotTaken("not_carried")
        device, epoch, bodies = sealed_file.read_replies(file.read_bytes())
    except OSError as error:
        raise ReceiptsNotTaken("not_found") from error
    except UnreadableFile as error:
        raise ReceiptsNotTaken(error.code) from error
    if (device, epoch) != (identity.device, identity.epoch):
        raise ReceiptsNotTaken("other_device")
    proved = [_proved(body, identity) for body in bodies]
    with database.write() as session:
        acked = before = state.read_state(session).acked_seq
        pruned = state.read_state(session).pruned_seq
        fresh = {id(reply) for reply in proved if centre_receipts.is_fresh_nonce(session, reply.value["rq"])}
        newest = session.scalar(select(func.max(StoredReceipt.t)).where(StoredReceipt.epoch == identity.epoch)) or 0
        for reply in proved:
            value = reply.value
            if (value.get("dev"), value.get("ep")) != (identity.device, identity.epoch):
                raise ReceiptsNotTaken("other_device")
            if reply.typ == "rcpt" and value["seq"] <= pruned:
                continue  # covered long ago, and not here any more to be compared
            if reply.typ == "rcpt" and client.find_hash_at(session, identity, value["seq"]) != value["h"]:
                state.write_state(session, centre_word=CentreTreatment.FORKED)
            elif reply.typ == "rcpt" and id(reply) not in fresh and centre_receipts.is_outdated_receipt(session, reply):
                continue  # what it covers may be lost again
            elif reply.typ == "rcpt" and value["seq"] > acked:
                centre_receipts.store_receipt(session, identity, reply, now)
                acked = value["seq"]
                state.write_state(session, acked_seq=acked, last_sync_ms=value["t"])
                clock_reading.record_signed_time(session, value["t"], value.get("ck", 0))
            elif reply.typ != "rcpt" and (id(reply) in fresh or value["t"] > newest):  # no old file undoes more
                acked = _bad_news(session, identity, reply, acked)
        retention.erase_outdated(session, identity)
        newly = ledger.count_ratings_after(session, identity, before) - ledger.count_ratings_after(
            session, identity, acked
        )
        return ReceiptImport(
            acked, max(0, newly), (state.read_state(session).centre_word or CentreTreatment.ACTIVE).value
        )


def _bad_news(session: Session, identity: state.Identity, reply: signed_reply.Reply, acked: int) -> int:
    """What is no receipt: a centre that was restored and needs older entries again, two histories, a stopped device.
    Returns how far the centre has signed."""
    if reply.typ == "gap":
        kept_ratings.record_gap(session, identity.epoch, reply.value["expected"])
        centre_receipts.void_receipts(session, identity, reply)
        expected, (head, _) = reply.value["expected"], ledger.read_head(session, identity)
        if state.read_state(session).pruned_seq < expected <= head + 1:
            state.write_state(session, acked_seq=expected - 1)
            return int(expected) - 1
    if reply.typ == "stop":
        state.write_state(session, centre_word=CentreTreatment.read(str(reply.value.get("state", "stopped"))))
    else:
        conflicts = state.read_state(session).conflicts
        state.write_state(session, centre_word=CentreTreatment.FORKED, conflicts=conflicts + 1)
    return acked


def _proved(body: bytes, identity: state.Identity) -> signed_reply.Reply:
    """A reply with the pinned centre's signature. It answers a request made from a file, so its nonce proves nothing
    here; that its seq and hash stand in this ledger does."""
    try:
        rq = canonical.parse(body.split(b"\n", 1)[0])["rq"]
        return signed_reply.parse(body, centre=identity.centre_key, rq=rq)
    except (NotCanonical, KeyError) as error:
        raise ReceiptsNotTaken("damaged") from error
    except signed_reply.UnsignedReply as error:
        raise ReceiptsNotTaken("other_centre") from error


def find_receipt_files(folder: Path, identity: state.Identity) -> list[Path]:
    """The files of receipts in a folder that name this device, oldest first."""
    try:
        return sorted(folder.glob(f"*{identity.device}*{sealed_file.REPLY_SUFFIX}"))
    except OSError:
        return []


def local_export_folder(settings: Settings) -> Path:
    """Where a file is kept when there is no stick."""
    return settings.instance / "export"


def choose_folder(settings: Settings) -> Path:
    """Where to write: the first removable disk that can be written to, else the instance's `export` folder."""
    target = next((folder for folder in _sticks() if os.access(folder, os.W_OK)), None)
    if target is None:
        target = local_export_folder(settings)
        target.mkdir(parents=True, exist_ok=True)
    return target


def _sticks() -> list[Path]:
    """The mount points of removable disks."""
    if os.name == "nt":
        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        drives = (f"{letter}:\\" for letter in "DEFGHIJKLMNOPQRSTUVWXYZ")
        return [Path(drive) for drive in drives if kernel.GetDriveTypeW(drive) == 2]
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    points = [line.split(" ")[1].encode().decode("unicode_escape") for line in lines if " " in line]
    return [Path(point) for point in points if point.startswith(MOUNTS)]


def _name(device: str, now: Moment) -> str:
    local = datetime.datetime.fromtimestamp(now.t / 1000, HCM)
    return f"hai-long-{device}-{local:%Y%m%d-%H%M%S}{sealed_file.SUFFIX}"
