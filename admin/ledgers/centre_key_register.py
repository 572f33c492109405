"""The register of the centre's keys: which files belong to this store, and what lies in their place.

A key that desks, papers or codes out there depend on must never be made anew without being asked. So the store knows
each by its public half (or a digest); `hailong admin upgrade` alone makes one, and only one that the store has never
had. A store that was restored without its key files is refused, not served with others. Knows no web.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from admin.error_catalogue.command_errors import KEYS
from models import keys
from models.errors import CodedError
from models.keys import SigningKey
from models.protocol import slip
from models.protocol.sealed_file import CarriedFileKey
from models.storage.database import Database
from models.tables.centre_key import RegisteredKey
from models.tables.device import Device, Epoch

CENTRE, BOX, CODES, PAGES = "centre.key", "centre.box", "centre.codes", "centre.pages"
#: The centre's recorders, each with the file of its key.
RECORDERS = {slip.CENTRE_ID: f"{slip.CENTRE_ID}.key", "c-import": "c-import.key"}
#: The names of all key files of an instance folder. Each holds 32 bytes.
FILES = (CENTRE, BOX, CODES, PAGES, *RECORDERS.values())
#: What a key file can be: as it should, gone, the key of another store, unreadable, or not registered yet.
OK, MISSING, OTHER, DAMAGED, UNREGISTERED = "ok", "missing", "other", "damaged", "unregistered"

#: State of a file → the stable code of a refusal.
_CODES = {MISSING: "key_missing", OTHER: "key_mismatch", DAMAGED: "key_damaged", UNREGISTERED: "not_upgraded"}


class KeyRefused(CodedError):
    """The keys are not those of this store; `files` names the files. Nothing was made or changed."""

    table = KEYS

    def __init__(self, state: str, files: Sequence[str], folder: Path) -> None:
        super().__init__(_CODES[state], files=", ".join(files), folder=folder, first=files[0])
        self.files = tuple(files)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as the register has it; `until_ms` None for the one in force. Times in ms since 1970 (UTC)."""

    public: str
    since_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True)
class KeyFileState:
    """One key file: its state, the key in force, and those that were replaced, the newest first."""

    name: str
    state: str
    known: KeyRecord | None
    former: tuple[KeyRecord, ...]


def derive_public_half(name: str, secret: bytes) -> str:
    """What a key is known by (hex). For a secret without a public half: an HMAC under the secret itself."""
    if name == BOX:
        return CarriedFileKey(secret).public
    if name in (CODES, PAGES):
        return hmac.digest(secret, b"hailong key register\0" + name.encode(), hashlib.sha256).hex()
    return SigningKey(secret).public


def list_former_keys(session: Session, name: str) -> tuple[KeyRecord, ...]:
    """The keys of this name that were replaced, the newest first."""
    return _entries(session).get(name, (None, ()))[1]


def read_public_key(session: Session, name: str) -> str | None:
    """What the key in force is known by (hex); None as long as it is not registered."""
    record = _entries(session).get(name, (None, ()))[0]
    return record.public if record else None


def _entries(session: Session) -> dict[str, tuple[KeyRecord | None, tuple[KeyRecord, ...]]]:
    records: dict[str, tuple[KeyRecord | None, tuple[KeyRecord, ...]]] = {}
    for row in session.scalars(select(RegisteredKey).order_by(RegisteredKey.name, RegisteredKey.number)):
        record = KeyRecord(row.public, row.since_ms, row.replaced_ms)
        before = records.get(row.name, (None, ()))
        records[row.name] = (record, before[1]) if row.replaced_ms is None else (before[0], (record, *before[1]))
    return records


def inspect_key_files(session: Session, folder: Path) -> list[KeyFileState]:
    """Every key file of the instance `folder` beside what the store knows of it. Makes and changes nothing."""
    entries = _entries(session)
    states = []
    for name in FILES:
        record, replaced = entries.get(name, (None, ()))
        states.append(KeyFileState(name, _state(session, folder / name, record), record, replaced))
    return states


def _state(session: Session, path: Path, record: KeyRecord | None) -> str:
    try:
        public_half = derive_public_half(path.name, keys.read_secret(path))
    except keys.DamagedSecret:
        return DAMAGED
    except FileNotFoundError:
        return MISSING if record is not None or _in_use(session, path.name) else UNREGISTERED
    if record is None:
        return UNREGISTERED if _fits(session, path.name, public_half) else OTHER
    return OK if public_half == record.public else OTHER


def _in_use(session: Session, name: str) -> bool:
    """Whether a store without a register, of an earlier version, shows that it has this key."""
    if name == CENTRE:
        return session.scalar(select(Epoch.epoch).limit(1)) is not None
    for device, file in RECORDERS.items():
        if name == file:
            return _newest(session, device) is not None
    synced = select(Epoch.epoch).join(Device, Epoch.device_id == Device.id)
    real = (Device.simulated.is_(False), Device.desk_code.is_not(None), Epoch.last_seq > 0)
    return session.scalar(synced.where(*real).limit(1)) is not None


def _fits(session: Session, name: str, public_half: str) -> bool:
    """Whether a store without a register speaks for this key, or at least not against it."""
    if name == CENTRE:
        signed = session.scalars(select(Epoch).order_by(Epoch.issued_ms.desc()).limit(1)).first()
        return signed is None or keys.verify(public_half, signed.certificate_signature, signed.certificate)
    for device, file in RECORDERS.items():
        if name == file:
            newest = _newest(session, device)
            return newest is None or newest.vk == public_half
    return True


def _newest(session: Session, device: str) -> Epoch | None:
    return session.scalars(select(Epoch).where(Epoch.device_id == device).order_by(Epoch.epoch.desc()).limit(1)).first()


def check_key_files(states: Sequence[KeyFileState], folder: Path, *, allowed: str = OK) -> None:
    """Raise `KeyRefused` unless every key file is as it should be, or in the state `allowed`."""
    for state in _CODES:
        files = [one.name for one in states if one.state == state]
        if files and state != allowed:
            raise KeyRefused(state, files, folder)


def create_missing_keys(database: Database, folder: Path, now_ms: int) -> list[str]:
    """Make and register the keys that this store has never had; returns the names of those made. `now_ms`: ms, UTC.

    For `upgrade` alone, and for what sets up a store as it does. Raises `KeyRefused` and makes nothing if a key that
    the store has is not here. A file is on the disk before the register knows of it: whoever is killed between leaves
    a file that the next `upgrade` registers.
    """
    try:
        return _register(database, folder, now_ms)
    except IntegrityError:  # another process registered them at the same moment
        return _register(database, folder, now_ms)


def _register(database: Database, folder: Path, now_ms: int) -> list[str]:
    with database.read() as session:
        states = inspect_key_files(session, folder)
    check_key_files(states, folder, allowed=UNREGISTERED)
    new = [one.name for one in states if one.state == UNREGISTERED]
    if not new:
        return []
    created = [name for name in new if not (folder / name).exists()]
    for name in created:
        keys.make_secret(folder / name)
    keys.flush_folder_names(folder)
    with database.write() as session:
        entries = _entries(session)
        for name in new:
            if name not in entries:
                public = derive_public_half(name, keys.read_secret(folder / name))
                session.add(RegisteredKey(name=name, number=1, public=public, since_ms=now_ms, replaced_ms=None))
    return created


def confirm_key_in_force(session: Session, name: str, public: str, folder: Path) -> None:
    """Raise `KeyRefused` if another key than this one (hex) is in force: it was replaced while this process ran."""
    record = _entries(session).get(name, (None, ()))[0]
    if record is not None and record.public != public:
        raise KeyRefused(OTHER, [name], folder)
