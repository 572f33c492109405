"""The minting of slips: single-use tokens made at the desk without a network.

The serial is committed in the ledger before anything is shown or printed; a power cut skips a serial, it never gives
one twice. The token carries the head of the ledger at that moment, so each scanned slip is a witness of it. Whoever
cannot scan types a code that names the same slip; without the key for it, which comes with the reference data, the
slip has its QR alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kiosk.desk import clock_reading, kept_ratings, ledger, reference, state
from models.clock import MINUTE_MS, Moment, local_day
from models.ids import new_id
from models.keys import SigningKey
from models.protocol import slip, slip_typed_code
from models.protocol.entry_chain import Entry, parse_trusted_entry
from models.protocol.sidecar import Sidecar
from models.storage import bulk
from models.tables.desk_store import MintedSlip, WaitingSidecar
from models.tables.ledger_entry import StoredEntry
from models.vocabulary import Stage


class UnknownProcedure(ValueError):
    """The centre did not send a procedure with this code."""


class DeviceWithdrawn(Exception):
    """The centre said that this device was revoked or reported lost: no slip made now would work there."""


@dataclass(frozen=True, slots=True)
class PrintableSlip:
    """A slip ready to be printed: the token, its address, what it says in words, and the code (16 characters) that can
    be typed instead, None where there is no key for one. `minted_ms` is ms since 1970 (UTC), 0 on a slip without a
    date."""

    serial: int
    token: str
    url: str
    stage: Stage
    procedure: reference.Procedure | None
    due_days: int | None
    minted_ms: int
    code: str | None = None

    @property
    def epoch(self) -> int:
        """The epoch of the ledger that holds it."""
        return slip.parse(self.token)[0].epoch

    @property
    def host(self) -> str:
        """The host behind the address, as people read it."""
        return self.url.split("//", 1)[1].split("/", 1)[0].lower()

    @property
    def typed_at(self) -> str:
        """Where the code is typed: `danhgia.ninhbinh.gov.vn/m`."""
        return self.url.split("//", 1)[1].removesuffix(f"/R/{self.token}").lower() + "/m"


def mint_slip(
    session: Session,
    key: SigningKey,
    now: Moment,
    *,
    stage: Stage,
    procedure: str | None = None,
    due_days: int | None = None,
    id: str | None = None,
    tie: Sidecar | None = None,
) -> PrintableSlip:
    """Mint one token. `due_days` counts from today to the day the result is due (0…65534, None when unknown); `id` is
    the entry's, drawn by lot if None; `tie` opens what ties the slip to its dossier (`id` is its own) and travels
    beside the entry, which holds the commitment alone. A desk that cannot know the day (`kiosk.desk.clock_reading`)
    makes a slip without a date, and a count of days says nothing on it.

    Raises `UnknownProcedure` for a code the reference data does not know, `NotPaired` before pairing,
    `DeviceWithdrawn`, and ValueError for a due date out of range.
    """
    return _mint(session, key, now, [(id or new_id(now.t), tie)], stage, procedure, due_days)[0]


def mint_slips(
    session: Session,
    key: SigningKey,
    now: Moment,
    count: int,
    *,
    stage: Stage,
    procedure: str | None = None,
    due_days: int | None = None,
) -> list[PrintableSlip]:
    """Mint `count` tokens that say the same, for a sheet or a stack; raises as `mint_slip`."""
    ids: list[tuple[str, Sidecar | None]] = [(new_id(now.t), None) for _ in range(count)]
    return _mint(session, key, now, ids, stage, procedure, due_days)


def _mint(
    session: Session,
    key: SigningKey,
    now: Moment,
    ids: Sequence[tuple[str, Sidecar | None]],
    stage: Stage,
    procedure: str | None,
    due_days: int | None,
) -> list[PrintableSlip]:
    identity, desk = state.read_state(session).identity, reference.read_reference(session)
    if identity is None or desk is None:
        raise ledger.NotPaired
    if state.read_state(session).centre_word in kept_ratings.WITHDRAWN:
        raise DeviceWithdrawn
    if due_days is not None and not 0 <= due_days < slip.NO_DUE:
        raise ValueError("due_days: 0 to 65534")
    row = desk.procedure(procedure) if procedure else None
    if procedure and row is None:
        raise UnknownProcedure(procedure)
    minute = clock_reading.read_clock(session, now).minute
    if not slip.is_in_calendar(minute, due_days):
        minute = 0  # a clock at the end of all days: the slip works, and says no day
    due_days = due_days if minute else None
    last = session.scalar(select(func.max(MintedSlip.serial)).where(MintedSlip.epoch == identity.epoch)) or 0
    entries = []
    for serial, (id, tie) in enumerate(ids, last + 1):
        p = {"due_days": due_days, "minute": minute, "procedure": procedure, "serial": serial, "stage": stage.value}
        ties = {} if tie is None else {tie.kind: tie.commitment}
        entries.append((id, {name: value for name, value in (p | ties).items() if value is not None}))
    heads = ledger.append_entries(session, "token", entries, now)
    rows, tokens, device = list[dict[str, Any]](), list[tuple[int, str]](), slip.device_number(identity.device)
    for serial, (seq, h) in enumerate(heads, last + 1):
        paper = slip.Slip(
            device=device,
            epoch=identity.epoch,
            serial=serial,
            seq=seq,
            head=bytes.fromhex(h)[:8],
            procedure=row.number if row else slip.NO_PROCEDURE,
            stage=stage,
            minute=minute,
            due_days=due_days,
        )
        token = slip.mint(paper, key, identity.centre_key)
        tokens.append((serial, token))
        rows.append({"epoch": identity.epoch, "serial": serial, "seq": seq, "token": token})
    bulk.insert(session, MintedSlip, rows)
    for (_id, tie), (seq, _h) in zip(ids, heads, strict=True):
        if tie is not None:
            session.add(
                WaitingSidecar(
                    id=tie.id, kind=tie.kind, salt=tie.salt, value=tie.value, epoch=identity.epoch, seq=seq, t=now.t
                )
            )
    session.flush()
    return [_ready(identity, desk, serial, token) for serial, token in tokens]


def days_until_due(session: Session, now: Moment, due: date) -> int | None:
    """The days from the date of a slip minted now to the local day `due`, negative for one that is past; None when such
    a slip carries no date."""
    reading = clock_reading.read_clock(session, now)
    return None if reading.undated else (due - date.fromisoformat(reading.day)).days


def find_slip_day(entry: Entry) -> str | None:
    """The local day (`2026-10-14`) on the slip of a `token` entry; None when it carries none."""
    minute = entry.p.get("minute", entry.t // MINUTE_MS)
    return local_day(minute * MINUTE_MS) if minute else None


def find_slip_by_id(session: Session, id: str) -> tuple[PrintableSlip, Entry] | None:
    """The slip whose entry has this id, and that entry; None if this device made none."""
    identity, desk = state.read_state(session).identity, reference.read_reference(session)
    if identity is None or desk is None:
        return None
    row = session.scalars(
        select(StoredEntry).where(StoredEntry.rid == id, StoredEntry.device == identity.device).limit(1)
    ).first()
    if row is None or row.typ != "token":
        return None
    entry = parse_trusted_entry(row.bytes)
    minted = session.get(MintedSlip, (entry.ep, entry.p["serial"]))
    return None if minted is None else (_ready(identity, desk, minted.serial, minted.token), entry)


def find_last_slip(session: Session, serial: int) -> PrintableSlip | None:
    """The slip with this serial, to be shown or printed, if it is the last one of this ledger; else None."""
    identity, desk = state.read_state(session).identity, reference.read_reference(session)
    if identity is None or desk is None:
        return None
    newest = session.scalars(
        select(MintedSlip).where(MintedSlip.epoch == identity.epoch).order_by(MintedSlip.serial.desc()).limit(1)
    ).first()
    if newest is None or newest.serial != serial:
        return None
    return _ready(identity, desk, serial, newest.token)


def find_slips(session: Session, serial: int, count: int = 1) -> list[PrintableSlip]:
    """The `count` slips of this ledger from `serial` on, as they were made, to be printed again; nothing unless all of
    them were."""
    identity, desk = state.read_state(session).identity, reference.read_reference(session)
    if identity is None or desk is None:
        return []
    serial_range = MintedSlip.serial.between(serial, serial + count - 1)
    rows = session.scalars(
        select(MintedSlip).where(MintedSlip.epoch == identity.epoch, serial_range).order_by(MintedSlip.serial)
    ).all()
    return [_ready(identity, desk, row.serial, row.token) for row in rows] if len(rows) == count else []


def _ready(identity: state.Identity, desk: reference.Reference, serial: int, token: str) -> PrintableSlip:
    paper, _signature = slip.parse(token)
    row = next((row for row in desk.procedures if row.number == paper.procedure), None)
    url, code = slip.url(identity.public_url, token), _code(paper, desk)
    return PrintableSlip(serial, token, url, paper.stage, row, paper.due_days, paper.minted_ms, code)


def _code(paper: slip.Slip, desk: reference.Reference) -> str | None:
    key = desk.typed_keys.get(paper.epoch)
    if key is None:
        return None
    try:
        return slip_typed_code.make_typed_code(paper.device, paper.epoch, paper.serial, bytes.fromhex(key))
    except slip_typed_code.NoTypedCode:
        return None
