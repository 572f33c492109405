"""Failures that can befall any command of the centre, each with its stable code and its sentence.

A sentence says what happened, what is safe and what to do.
"""

from __future__ import annotations

import datetime
import os
import traceback
from pathlib import Path

from sqlalchemy import exc

from admin.errors.store_address_errors import STORE_ADDRESS
from admin.ledgers.centre_clock import EARLIEST_MS, ClockDoubted
from admin.ledgers.key_register import KeyRefused
from admin.settings import BadSettings, UnfinishedRestore, instance_folder
from models import clock
from models.migrations.migrate import NotOurStore, Standing
from models.storage import store_faults
from models.storage.database import check_place, file_of
from models.storage.store_faults import BadStoreUrl, StoreFault
from translations import gettext, lazy
from translations.terminal.system_errors import system_reason

FAILED = {
    StoreFault.FULL: lazy(
        "The disk is full; nothing is half written, nothing was deleted. Make room and run it again."
    ),
    StoreFault.READ_ONLY: lazy(
        "Writing (or reading) there is not allowed, or the disk only lets itself be read; nothing is half written. "
        "Check the rights of the data folder and the disk, then run it again."
    ),
    StoreFault.BUSY: lazy("The store is busy; nothing is half written. Run it again in a few minutes."),
    StoreFault.DAMAGED: lazy(
        "The store's file is damaged; nothing more was written. Keep the file as it is and restore a backup into an "
        "empty folder."
    ),
    StoreFault.UNREACHABLE: lazy(
        "The store could not be opened; nothing is half written. Check the database server and DATABASE_URL."
    ),
    StoreFault.BAD_URL: lazy(
        "DATABASE_URL (or database_url in admin.cfg) cannot be used; nothing has changed. "
        "Write it like sqlite:////srv/hailong/admin.sqlite or postgresql://…."
    ),
    StoreFault.OTHER: lazy("The store reports an error; the command stops, nothing is half written."),
}
#: Of a store that is not at this version's schema.
_STANDINGS = {
    Standing.EMPTY: ("not_upgraded", lazy("The store is still empty. Run: hailong admin upgrade")),
    Standing.OLDER: ("not_upgraded", lazy("The store is of an older version. Run: hailong admin upgrade")),
    Standing.NEWER: (
        "store_newer",
        lazy("The store is of a newer version than this program; nothing has changed. Use the newer program again."),
    ),
    Standing.OTHER: (
        "other_store",
        lazy("This is the store of a device at a desk, not of the centre; nothing has changed. Check DATABASE_URL."),
    ),
    Standing.FOREIGN: (
        "other_store",
        lazy(
            "This is no store of the centre, or it is damaged; nothing has changed. "
            "Check DATABASE_URL, or restore a backup into an empty folder."
        ),
    ),
}
UNFINISHED = lazy(
    "A restore was cut off here, so nothing was opened; the backup is only read. Run again: hailong admin restore DIR"
)
_CANNOT_OPEN = 14  # SQLITE_CANTOPEN
_UNOPENED = lazy(
    "The store's file cannot be opened: its folder or disk only lets itself be read, or rights are lacking. "
    "Nothing has changed; give the right to write in that folder (looking at figures needs it too) and run it again."
)
#: The file in the instance folder that takes the details of a fault of the program.
DETAILS = "errors.log"
_LARGEST = 1 << 20


def of_standing(at: Standing) -> tuple[str, str]:
    """The code and sentence for a store that is not at this version's schema."""
    code, sentence = _STANDINGS[at]
    return code, str(sentence)


def told(error: BaseException) -> tuple[str, str] | None:
    """The stable code and the sentence for a failure of settings, store, keys, disk or machine; None for a fault of the
    program. No password stands in it."""
    if isinstance(error, BadSettings):
        return error.code, str(error)
    if isinstance(error, KeyRefused):
        return error.code, error.sentence
    if isinstance(error, ClockDoubted):
        return error.code, doubted(error)
    if isinstance(error, UnfinishedRestore):
        return "restore_unfinished", str(UNFINISHED)
    if isinstance(error, NotOurStore):
        return of_standing(error.standing)
    if not isinstance(error, store_faults.FAILURES):
        return None
    what = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    kind = store_faults.kind(error)
    if kind is StoreFault.OTHER and getattr(what, "sqlite_errorcode", 0):  # SQLite that cannot even make its log
        kind = store_faults.kind_in(error, instance_folder())
    if getattr(what, "sqlite_errorcode", 0) & 0xFF == _CANNOT_OPEN:
        return StoreFault.READ_ONLY.value, str(_UNOPENED)
    if isinstance(what, OSError) and kind is StoreFault.OTHER:
        why = system_reason(what)
        if isinstance(what.filename, (str, bytes)):
            return "file_failed", gettext(
                "%(file)s could not be read or written; nothing is half written. (%(why)s)",
                file=os.fsdecode(what.filename), why=why,
            )  # fmt: skip
        return "file_failed", gettext(
            "A file could not be read or written; nothing is half written. (%(why)s)", why=why
        )
    if isinstance(what, BadStoreUrl):
        what = STORE_ADDRESS[what.name].sentence(what.values)
    reason = " ".join(str(what).split())[:200]
    return kind.value, f"{FAILED[kind]} ({reason or type(what).__name__})"


def doubted(doubt: ClockDoubted) -> str:
    """What is wrong with the centre's clock, and what to do."""
    now = moment(doubt.now_ms)
    if doubt.now_ms < EARLIEST_MS:
        return gettext(
            "This machine's clock shows %(now)s, which is certainly wrong. This command has written nothing. Set the "
            "machine's date and time and run it again.", now=now,
        )  # fmt: skip
    newest = moment(doubt.newest_ms or 0)
    if doubt.code == "clock_ahead":
        return gettext(
            "This machine's clock shows %(now)s, more than 31 days after the latest signature (%(newest)s). This "
            "command has written nothing. If it is wrong, set the machine's date and time; if it is right, run: "
            "hailong admin clock confirm", now=now, newest=newest,
        )  # fmt: skip
    return gettext(
        "This machine's clock shows %(now)s, before the latest signature (%(newest)s). This command has written "
        "nothing. If it is wrong, set the machine's date and time; if it is right, run: hailong admin clock confirm",
        now=now, newest=newest,
    )  # fmt: skip


def moment(ms: int) -> str:
    """A moment (ms since 1970, UTC) as Vietnam's clocks show it: `2026-10-14 09:30:00`."""
    return f"{datetime.datetime.fromtimestamp(ms // 1000, clock.HCM):%Y-%m-%d %H:%M:%S}"


def absent(url: str) -> tuple[str, str] | None:
    """The code and sentence for a store of SQLite whose file is not there; looking makes none. Raises `BadStoreUrl`."""
    check_place(url)
    file = file_of(url)
    if file is None or file.exists():
        return None
    return "no_store", gettext(
        "There is no store at %(file)s. A new centre: run hailong admin upgrade. A centre that has been running: find "
        "that file again, or restore a backup; nothing has changed.", file=file,
    )  # fmt: skip


def kept_details(error: BaseException, where: str) -> Path | None:
    """Write the details of `error`, met at `where`, for whoever mends the program; the file, or None when there is
    none to be written. The last full file is kept beside it."""
    path = instance_folder() / DETAILS
    moment = datetime.datetime.fromtimestamp(clock.now().t // 1000, clock.HCM).isoformat()
    try:
        if path.exists() and path.stat().st_size > _LARGEST:
            os.replace(path, path.with_suffix(".log.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as f:
            f.write(f"{moment} {where}\n{''.join(traceback.format_exception(error))}\n")
    except OSError:
        return None
    return path
