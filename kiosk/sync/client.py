"""The sync client: the ledger goes to the centre at least once on the wire, exactly once in effect.

One pointer, `acked_seq`, says how far the centre has signed for. Only a reply signed by the pinned centre key that
answers this very request moves it; everything else is the same as no network. No transaction is open while the wire is
busy. Taps never depend on any of this.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kiosk.desk import (
    clock_reading,
    device_key,
    identity_copy,
    kept_ratings,
    ledger,
    reference,
    state,
    waiting_sidecars,
)
from kiosk.desk.state_values import CentreTreatment
from kiosk.error_catalogue import command_errors
from kiosk.rating import idle_sweep
from kiosk.settings import Settings
from kiosk.sync import centre_receipts, recording_download, retention
from kiosk.sync.transport import HttpAnswer, NoAnswer, Transport
from models.clock import Moment
from models.keys import SigningKey
from models.protocol import canonical, signed_reply, wire
from models.protocol.canonical import NotCanonical
from models.storage.database import Database
from models.tables.ledger_entry import StoredEntry
from translations import gettext

PATH = "/api/v1/sync"
REFERENCE_PATH = "/api/v1/reference"
MAX_BATCHES = 200
CLOCK_STEP_MS = 2000
#: What a batch cannot say: an entry of this store is damaged. An opening that is goes in no batch.
UNSENDABLE = (wire.MalformedBatch, NotCanonical)
#: Rooms below the limits of one request, so that envelope and sidecars fit too.
_ENTRY_BYTES = wire.MAX_INFLATED - (1 << 20)


@dataclass
class SyncResult:
    """What one run did. `state`: `ok`, `offline`, `not_paired`, `forked`, `stopped`, `refused`, `damaged`, or why the
    key cannot be used (`kiosk.desk.device_key`)."""

    state: str = "ok"
    sealed: int = 0
    sent: int = 0
    waiting: int = 0
    reference: bool = False
    detail: str = ""
    retry_after: int | None = None

    @property
    def closed(self) -> bool:
        """Whether the centre said that this ledger is closed."""
        return (self.state, self.detail) == ("stopped", "closed")

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


def sync_once(database: Database, transport: Transport, clock: Callable[[], Moment], settings: Settings) -> SyncResult:
    """Sweep idle drafts, push what is not acknowledged, pull new reference data and some of the recordings it names.
    Returns what happened.

    `clock` is read inside each transaction: whoever waits for a tap to be written must not judge it by an older time.
    """
    outcome = SyncResult()
    with database.write() as session:
        now = clock()
        identity = state.read_state(session).identity
        if identity is None:
            idle_sweep.sweep_in_transaction(session, now, settings)
            return SyncResult("not_paired", detail=str(command_errors.ANY_COMMAND["not_paired"].text))
        if fault := device_key.find_key_fault(session, settings.key_file):
            outcome.state, outcome.detail = fault, str(settings.key_file.name)
        outcome.sealed = idle_sweep.sweep_in_transaction(session, now, settings)
        _note_clock(session, now)
        _heartbeat(session, now, settings)
    if outcome.state != "ok":
        return _counted(database, outcome)
    key = device_key.load_device_key(settings.key_file)
    size = wire.MAX_ENTRIES
    with_certificate = False
    for _ in range(MAX_BATCHES):
        try:
            with database.read() as session:
                body, to, rq, last = build_next_batch(session, identity, key, clock(), settings, size, with_certificate)
        except UNSENDABLE as error:  # as if the centre had said so: nobody has to be asked
            _unsigned(database, identity, HttpAnswer(400, b""), outcome, str(error))
            break
        data = wire.compress(body)
        try:
            answer = transport.post(PATH, data, _headers(data))
            reply = signed_reply.parse(answer.body, centre=identity.centre_key, rq=rq)
        except NoAnswer as error:
            outcome.state, outcome.detail = "offline", str(error)
            break
        except signed_reply.UnsignedReply as error:
            if answer.status == 413 and size > 1:
                size //= 2
                continue
            if answer.status == 401 and not with_certificate:
                with_certificate = True
                continue
            _unsigned(database, identity, answer, outcome, str(error))
            break
        with database.write() as session:
            now = clock()
            more = _take(session, identity, reply, now, outcome)
            retention.erase_outdated(session, identity)
        if reply.typ == "rcpt" and not outcome.reference:
            _pull_reference(database, transport, identity, key, reply, now, outcome, settings)
        if not more or (reply.typ == "rcpt" and to >= last):
            break
    if outcome.state == "ok":
        with database.read() as session:
            desk = reference.read_reference(session)
        if desk is not None:
            recording_download.download_recordings(desk, transport, identity, key, clock(), settings)
    return _counted(database, outcome)


def _counted(database: Database, outcome: SyncResult) -> SyncResult:
    """The outcome, with how many ratings wait now."""
    with database.read() as session:
        identity = state.read_state(session).identity
        assert identity is not None
        outcome.waiting = ledger.count_ratings_after(session, identity, state.read_state(session).acked_seq)
    return outcome


def _headers(data: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/hailong-batch",
        "Content-Encoding": "gzip",
        "Content-Digest": wire.make_digest_header(data),
    }


def _note_clock(session: Session, now: Moment) -> None:
    """Write a `clock` entry when wall clock and running clock drifted apart by two seconds within one start."""
    state_row = state.read_state(session)
    if state_row.clock_boot == state_row.boot and state_row.clock_base is not None:
        step = now.t - now.mono - state_row.clock_base
        if abs(step) < CLOCK_STEP_MS:
            return
        ledger.append_entry(session, "clock", {"step": step}, now)
    clock_reading.record_clock_step(session, now)


def _heartbeat(session: Session, now: Moment, settings: Settings) -> None:
    state_row = state.read_state(session)
    if state_row.heartbeat_boot == state_row.boot:
        if 0 <= now.mono - state_row.heartbeat_mono < settings.heartbeat_seconds * 1000:
            return
        ledger.append_entry(session, "hb", {"disk_mb": settings.free_mb, "sent": state_row.acked_seq}, now)
    state.write_state(session, heartbeat_mono=now.mono, heartbeat_boot=state_row.boot)


def build_next_batch(
    session: Session,
    identity: state.Identity,
    key: SigningKey,
    now: Moment,
    settings: Settings,
    size: int,
    with_certificate: bool,
    after: int | None = None,
) -> tuple[bytes, int, str, int]:
    """The next batch of at most `size` entries after the seq `after` (by default `acked_seq`): its body, its last seq,
    its nonce, and the ledger's last seq. Raises `UNSENDABLE` where no batch can say what the store holds."""
    acked = state.read_state(session).acked_seq if after is None else after
    head_seq, head = ledger.read_head(session, identity)
    rows = session.execute(
        select(StoredEntry.seq, StoredEntry.bytes, StoredEntry.h)
        .where(StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch, StoredEntry.seq > acked)
        .order_by(StoredEntry.seq)
        .limit(size)
    ).all()
    lines, h, room = [], find_hash_at(session, identity, acked), _ENTRY_BYTES
    for row in rows:
        room -= len(row.bytes) + 1
        if room < 0:
            break
        lines.append(row.bytes)
        h = row.h
    to = acked + len(lines)
    sidecars = waiting_sidecars.read_sidecars_between(session, identity.epoch, acked, to)
    if not h:  # the ledger ends before what was signed for: what it is now is all that can be said
        to, h = head_seq, head
    rq = centre_receipts.make_nonce(session)
    body = wire.build_batch(
        key,
        dev=identity.device,
        ep=identity.epoch,
        from_=to - len(lines) + 1,
        to=to,
        h=h,
        head_seq=head_seq,
        head=head,
        backlog=ledger.count_ratings_after(session, identity, acked),
        t=now.t,
        mono=now.mono,
        boot=wire.clamp_number(state.read_state(session).boot),
        app=settings.version[: wire.MAX_NAME],
        disk_mb=wire.clamp_number(settings.free_mb),
        rq=rq,
        lines=lines,
        sidecars=sidecars,
        certificate=(identity.certificate, identity.certificate_signature) if with_certificate else None,
    )
    return body, to, rq, head_seq


def find_hash_at(session: Session, identity: state.Identity, seq: int) -> str:
    """The ledger's hash at `seq`; the empty text when it has no such entry (it was rolled back)."""
    if seq == 0:
        return identity.genesis
    row = session.get(StoredEntry, (identity.device, identity.epoch, seq))
    return row.h if row else ""


def _take(
    session: Session, identity: state.Identity, reply: signed_reply.Reply, now: Moment, outcome: SyncResult
) -> bool:
    """Take a verified reply to heart; returns whether to go on sending."""
    value = reply.value
    state.write_state(session, last_reply_ms=now.t, malformed=0)
    if "t" in value:
        confirmed_ms = value.get("ck", 0) if reply.typ in ("rcpt", "gap") else None
        clock_reading.record_centre_time(session, now, value["t"], confirmed_ms)
    if value.get("dev") != identity.device or value.get("ep") != identity.epoch:
        outcome.state, outcome.detail = "refused", "a reply for another device"
        return False
    match reply.typ:
        case "rcpt":
            if find_hash_at(session, identity, value["seq"]) != value["h"]:
                return _forked(session, outcome, "the centre holds entries this machine does not have")
            acked = state.read_state(session).acked_seq
            outcome.sent += ledger.count_ratings_after(session, identity, acked)
            state.write_state(
                session, acked_seq=value["seq"], last_sync_ms=value["t"], centre_word=CentreTreatment.ACTIVE
            )
            kept_ratings.record_receipt(session, identity.epoch, value["seq"])
            outcome.sent -= ledger.count_ratings_after(session, identity, value["seq"])
            if value["seq"] > acked:
                centre_receipts.store_receipt(session, identity, reply, now)
            return True
        case "gap":
            kept_ratings.record_gap(session, identity.epoch, value["expected"])
            centre_receipts.void_receipts(session, identity, reply)
            head_seq, _ = ledger.read_head(session, identity)
            if not state.read_state(session).pruned_seq < value["expected"] <= head_seq + 1:
                return _forked(session, outcome, "the centre expects an entry this machine does not have")
            state.write_state(session, acked_seq=value["expected"] - 1)
            return True
        case "fork":
            conflicts = state.read_state(session).conflicts
            state.write_state(session, conflicts=conflicts + 1)
            return _forked(session, outcome, f"the centre has another entry {value.get('seq')}")
        case "stop":
            state.write_state(session, centre_word=CentreTreatment.read(value["state"]))
            outcome.state, outcome.detail = "stopped", value["state"]
            return False
        case _:
            outcome.state, outcome.detail = "refused", "a reply to something else"
            return False


def _forked(session: Session, outcome: SyncResult, detail: str) -> bool:
    state.write_state(session, centre_word=CentreTreatment.FORKED)
    outcome.state, outcome.detail = "forked", detail
    return False


def _unsigned(
    database: Database, identity: state.Identity, answer: HttpAnswer, outcome: SyncResult, detail: str
) -> None:
    """An answer nobody signed changes nothing but the patience: three times 400 asks for a look at the own ledger."""
    outcome.state, outcome.detail, outcome.retry_after = "offline", f"{answer.status}: {detail}", answer.retry_after
    if answer.status == 400:
        with database.write() as session:
            count = state.read_state(session).malformed + 1
            state.write_state(session, malformed=count)
            if count >= 3:
                broken = ledger.find_chain_break(session, identity)
                state.write_state(session, ledger_fault=broken or "")
                outcome.state, outcome.detail = ("damaged", broken) if broken else ("refused", outcome.detail)
    elif signed_reply.looks_like_reply(answer.body):
        outcome.state = "refused"
        outcome.detail = gettext(
            "the centre signs with another key; erase nothing on the machine, call the province"
        )
    elif answer.status in (401, 403):
        outcome.state = "refused"


def _pull_reference(
    database: Database,
    transport: Transport,
    identity: state.Identity,
    key: SigningKey,
    reply: signed_reply.Reply,
    now: Moment,
    outcome: SyncResult,
    settings: Settings,
) -> None:
    """Fetch the reference data when the receipt names another version than the one in use."""
    with database.read() as session:
        desk = reference.read_reference(session)
    if desk is not None and desk.sha == reply.value.get("ref"):
        return
    document = fetch_reference(transport, identity, key, now, settings)
    if document is None:
        return
    with database.write() as session:
        try:
            reference.store_reference(session, document, now.t)
        except reference.BadReference as error:
            outcome.detail = str(error)
            return
        sha = reference.parse_reference(document).sha
        ledger.append_entry(session, "cfg", {"ref": sha}, now)
        identity_copy.write_identity_copy(session, settings.instance)
    outcome.reference = True


def fetch_reference(
    transport: Transport, identity: state.Identity, key: SigningKey, now: Moment, settings: Settings
) -> bytes | None:
    """The present reference document, proved by the centre's signature over its SHA-256; None when it did not come."""
    rq = secrets.token_hex(16)
    line = canonical.dump(
        {
            "app": settings.version,
            "dev": identity.device,
            "ep": identity.epoch,
            "rq": rq,
            "t": now.t,
            "typ": "ref",
            "v": 1,
        }
    )
    data = line + b"\n" + key.sign(line).encode() + b"\n"
    try:
        answer = transport.post(REFERENCE_PATH, data, {"Content-Type": "application/hailong-batch"})
        reply = signed_reply.parse(answer.body, centre=identity.centre_key, rq=rq)
    except (NoAnswer, signed_reply.UnsignedReply):
        return None
    document = answer.body.split(b"\n", 2)[2]
    return document if hashlib.sha256(document).hexdigest() == reply.value.get("sha") else None
