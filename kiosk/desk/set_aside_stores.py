"""The stores set aside: damaged ones, renamed, kept for ever, named; the desk goes on with a new one.

Only the process that serves the tablet does this, at its start, holding the desk's lock, and only for damage that is
certain: twice found, each time through connections of its own. A store that is locked, a disk that is full, may not
be written to or does not give a page are no damage. Nothing is erased: the store and its log keep their bytes under
another name, and `hailong kiosk salvage` reads them.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.desk import identity_copy, reference, state
from kiosk.desk.identity_copy import IdentityCopy
from kiosk.settings import Settings
from models.clock import HCM, Moment
from models.storage.row_reading import Reader, read_rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from models.storage import damaged_pages
    from models.storage.database import Database

#: The folder of the instance in which such stores stand.
FOLDER = "set-aside"
#: What their names end with: none of a store in use, so that nobody takes it for one.
SUFFIX = ".damaged"


def list_set_aside_stores(settings: Settings) -> list[Path]:
    """The stores that were set aside here, oldest first."""
    return sorted((settings.instance / FOLDER).glob(f"*{SUFFIX}"))


def is_salvaged(path: Path) -> bool:
    """Whether `hailong kiosk salvage` has read a store that was set aside."""
    return salvage_report_path(path).exists()


def salvage_report_path(path: Path) -> Path:
    """Where what was read of a store that was set aside is noted."""
    return path.with_name(f"{path.name}.json")


def has_log_without_store(settings: Settings) -> bool:
    """Whether a log lies beside a store that is gone or empty: SQLite would erase it at the first look."""
    store = settings.store_file
    log = store.with_name(store.name + "-wal")
    return log.exists() and log.stat().st_size > 0 and (not store.exists() or store.stat().st_size == 0)


def find_certain_damage(database: Database) -> str | None:
    """What is wrong with the store, if that is certain; None for a store that taps can be kept in.

    Raises what a store throws (`store_faults.FAILURES`) when it cannot be told, for then nothing may be done."""
    damage = None
    for _twice in range(2):
        database.close()
        damage = _damage(database)
        if damage is None:
            break
    database.close()
    return damage


def _damage(database: Database) -> str | None:
    from sqlalchemy import exc

    from models.storage import store_faults
    from models.storage.store_faults import StoreFault

    try:
        torn = database.find_structure_damage()
        if torn:
            return torn
        with database.read() as session:
            return find_state_damage(session)
    except exc.DBAPIError as error:
        if store_faults.classify_fault(error) is not StoreFault.DAMAGED:
            raise
        return str(error.orig)


def find_state_damage(session: Reader) -> str | None:
    """What is wrong with the state that every start and tap reads (a page may be whole and its bytes not), or None."""
    tables = {row[0] for row in read_rows(session, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"desk_state", "reference"} <= tables:
        return None  # not made yet
    texts = {}
    for name, value in read_rows(session, "SELECT CAST(name AS BLOB), CAST(value AS BLOB) FROM desk_state"):
        texts[bytes(name)] = bytes(value)
    if damage := state.find_damage(texts):
        return damage
    for sha, document in read_rows(session, "SELECT CAST(sha AS BLOB), document FROM reference WHERE slot = 1"):
        if hashlib.sha256(document).hexdigest().encode() != bytes(sha):
            return "the reference data are not what came"
    return None


def set_store_aside(database: Database, settings: Settings, now: Moment) -> Path:
    """Rename the store with all that belongs to it; returns its new name. An attempt that was cut off goes on. Raises
    OSError when the disk does not let it be done."""
    from models import keys

    database.close()
    folder = settings.instance / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    name = find_unfinished_name(settings) or _free_name(folder, now)
    store = settings.store_file
    spare = settings.instance / identity_copy.NAME
    if spare.exists():
        shutil.copy2(spare, folder / f"{name}.copy")
    for end in ("-shm", "-wal", ""):  # the store last: without it, what is left says that this is not finished
        part = store.with_name(store.name + end)
        if part.exists():
            os.replace(part, folder / f"{name}{end}")
    if not (folder / name).exists():
        (folder / name).touch(mode=0o600)  # a log alone: named all the same
    for changed in (folder, settings.instance):
        keys.flush_folder_names(changed)
    return folder / name


def find_unfinished_name(settings: Settings) -> str | None:
    """The name under which a store was being set aside when that was cut off; None usually."""
    logs = (settings.instance / FOLDER).glob(f"*{SUFFIX}-wal")
    names = (log.name.removesuffix("-wal") for log in logs)
    return next((name for name in names if not (settings.instance / FOLDER / name).exists()), None)


def _free_name(folder: Path, now: Moment) -> str:
    local = datetime.datetime.fromtimestamp(now.t / 1000, HCM)
    stem = f"kiosk-{local:%Y%m%d-%H%M%S}"
    names = (f"{stem}{number}{SUFFIX}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(name for name in names if not any(folder.glob(f"{name}*")))


def fill_new_store(session: Session, settings: Settings, now: Moment) -> bool:
    """Give a new store what the desk needs to go on taking taps: the words of the screens and the PIN, from the spare
    copy or out of the store set aside last. Returns whether this store took over from another, now or before."""
    present = state.read_state(session)
    if present.set_aside_ms:
        return True
    if present.identity is not None:
        return False
    aside = list_set_aside_stores(settings)
    old_copy = identity_copy.read_identity_copy(settings.instance / identity_copy.NAME)
    if not aside and not (old_copy is not None and old_copy.document):
        return False  # a machine that was never paired
    if (old_copy is None or not old_copy.document) and aside:
        old_copy = _remembered(aside[-1], old_copy)
    if old_copy is not None and old_copy.document:
        reference.store_reference(session, old_copy.document.encode(), now.t)
    if old_copy is not None and old_copy.pin_hash and not present.pin_hash:
        state.write_state(session, pin_hash=old_copy.pin_hash)
    state.write_state(session, set_aside_name=aside[-1].name if aside else "", set_aside_ms=now.t)
    return True


def must_pair_again(session: Reader) -> bool:
    """Whether this store took over from a damaged one and the machine was not paired again yet."""
    state_row = state.read_state(session)
    return bool(state_row.set_aside_ms) and state_row.identity is None


def _remembered(path: Path, old_copy: IdentityCopy | None) -> IdentityCopy:
    """What of a spare copy can be read out of the pages of a damaged store."""
    document, identity = old_copy.document if old_copy else "", dict(old_copy.identity) if old_copy else {}
    pin = old_copy.pin_hash if old_copy else ""
    from models.storage import damaged_pages

    for row in damaged_pages.recover_rows(path):
        match row:
            case (None, str(), bytes(found), int()) if not document and is_reference_row(row):
                document = found.decode()
            case (state.PIN_HASH, str(value)):
                pin = pin or value
            case (str(name), str(value)) if name in state.IDENTITY:
                identity.setdefault(name, value)
    return IdentityCopy(document, pin, identity)


def is_reference_row(row: damaged_pages.RecoveredRow) -> bool:
    """Whether a row out of a damaged store is a reference document, whole and usable."""
    match row:
        case (None, str(sha), bytes(document), int()):
            pass
        case _:
            return False
    if hashlib.sha256(document).hexdigest() != sha:
        return False
    try:
        reference.parse_reference(document)
    except reference.BadReference:
        return False
    return True
