"""Failures that can befall any command of the centre, each with its stable code and its sentence.

A sentence says what happened, what is safe and what to do.
"""

from __future__ import annotations

import datetime
import os
import traceback
from pathlib import Path

from sqlalchemy import exc

from admin.error_catalogue.any_command_errors import ANY_COMMAND
from admin.error_catalogue.store_address_errors import STORE_ADDRESS
from admin.ledgers.centre_clock import ClockDoubted
from admin.ledgers.centre_key_register import KeyRefused
from admin.settings import BadSettings, UnfinishedRestore, instance_folder
from models import clock
from models.migrations.migrate import NotOurStore, SchemaState
from models.storage import store_faults
from models.storage.database import check_store_place, find_store_file
from models.storage.store_faults import BadStoreUrl, StoreFault
from translations.terminal.system_errors import system_reason

#: Of a store that is not at this version's schema.
_STANDINGS = {
    SchemaState.EMPTY: "not_upgraded.empty", SchemaState.OLDER: "not_upgraded.older", SchemaState.NEWER: "store_newer",
    SchemaState.OTHER: "other_store.desk", SchemaState.FOREIGN: "other_store.foreign",
}  # fmt: skip
_CANNOT_OPEN = 14  # SQLITE_CANTOPEN
#: The file in the instance folder that takes the details of a fault of the program.
DETAILS = "errors.log"
_LARGEST = 1 << 20


def describe_schema_state(at: SchemaState) -> tuple[str, str]:
    """The code and sentence for a store that is not at this version's schema."""
    return _describe_error_kind(_STANDINGS[at])


def describe_failure(error: BaseException) -> tuple[str, str] | None:
    """The stable code and the sentence for a failure of settings, store, keys, disk or machine; None for a fault of the
    program. No password stands in it."""
    if isinstance(error, (BadSettings, KeyRefused, ClockDoubted, UnfinishedRestore)):
        return error.code, str(error)
    if isinstance(error, NotOurStore):
        return describe_schema_state(error.standing)
    if not isinstance(error, store_faults.FAILURES):
        return None
    cause: BaseException = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
    kind = store_faults.classify_fault(error)
    number: int = getattr(cause, "sqlite_errorcode", 0)
    if kind is StoreFault.OTHER and number:  # SQLite that cannot even make its log
        kind = store_faults.classify_fault_in(error, instance_folder())
    if number & 0xFF == _CANNOT_OPEN:
        return _describe_error_kind("read_only.not_opened")
    if isinstance(cause, OSError) and kind is StoreFault.OTHER:
        why = system_reason(cause)
        if isinstance(cause.filename, (str, bytes)):
            return _describe_error_kind("file_failed", file=os.fsdecode(cause.filename), why=why)
        return _describe_error_kind("file_failed.unnamed", why=why)
    words = STORE_ADDRESS[cause.name].sentence(cause.values) if isinstance(cause, BadStoreUrl) else str(cause)
    reason = " ".join(words.split())[:200]
    code, sentence = _describe_error_kind(kind.value)
    return code, f"{sentence} ({reason or type(cause).__name__})"


def _describe_error_kind(name: str, **values: object) -> tuple[str, str]:
    """The code and the sentence of one kind of error."""
    kind = ANY_COMMAND[name]
    return kind.code, kind.sentence(values)


def describe_missing_store(url: str) -> tuple[str, str] | None:
    """The code and sentence for a store of SQLite whose file is not there; looking makes none. Raises `BadStoreUrl`."""
    check_store_place(url)
    file = find_store_file(url)
    if file is None or file.exists():
        return None
    return _describe_error_kind("no_store.no_file", file=file)


def write_error_details(error: BaseException, where: str) -> Path | None:
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
