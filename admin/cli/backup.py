"""`hailong admin backup` and `restore`: the centre in one folder, and back into an empty place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from admin.cli.base import end_with_store_error, fail, now_ms, print_result, print_warning
from translations import lazy

if TYPE_CHECKING:
    from admin.backup import BackupRefused
    from admin.backup.manifest import Manifest

STEPS = {
    "removed": lazy("removed a backup that was cut off before"),
    "store": lazy("the store"),
    "ledgers": lazy("checking the ledgers"),
    "files": lazy("keys, settings, recordings, reports"),
    "check": lazy("opening the copied store and comparing"),
    "place": lazy("putting it into its place"),
    "read": lazy("reading every file again and comparing"),
}
FULL = {
    "backup": lazy(
        "The disk of the backup is full. What was half written is deleted; this command does not touch the "
        "store or older backups. Make room or choose another disk."
    ),
    "restore": lazy(
        "The disk is full. What was half written is deleted, the backup is only read; make room and run it "
        "again."
    ),
}
INCOMPLETE = lazy(
    "The backup is written and compared, but the centre lacks, or cannot read: %(missing)s. Keep the "
    "older backups that still have them; look for those files, and for a damaged ledger run: hailong "
    "admin verify"
)
NEXT = (
    lazy("The backup of %(created)s is restored and compared."),
    lazy("Next: hailong admin upgrade, then hailong admin serve at the same address as before."),
    lazy(
        "Answers at desks after that time: a desk that still has them sends them again with its next sync, "
        "each counted once. Pair no new device before all desks have sent."
    ),
    lazy(
        "Answers on phones, paper forms taken in and all changes at the centre after that time are not in "
        "this copy: take the files in again; answers on phones cannot be fetched again."
    ),
)
ELSEWHERE = lazy(
    "Note: the restored admin.cfg names another store. Change database_url there, or always set "
    "DATABASE_URL as now."
)


class Progress:
    """What is being done, on stderr: on a terminal in place and to the percent, elsewhere a line a step."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._shown = -1

    def __call__(self, step: str, done: int, of: int) -> None:
        """Hear how much of a step is done."""
        percent = 100 * done // of if of else done >> 20
        if step != self._step:
            self.end()
            self._step, self._shown = step, -1
            if not self._terminal:
                click.echo(str(STEPS[step]), err=True)
        if self._terminal and percent != self._shown:
            self._shown = percent
            amount = f"{percent} %" if of else f"{percent} MB" if step == "store" else ""
            click.echo(f"\r{STEPS[step]}  {amount}   ", err=True, nl=False)

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self._step:
            click.echo(err=True)
        self._step = ""


@click.command(name="backup")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def backup_command(folder: Path, as_json: bool) -> None:
    """Back up the centre to DIR, a new or empty folder on another disk, while it serves: store, keys, recordings,
    papers, configuration, all read again and compared. DIR holds the centre's keys: keep it as closely as those."""
    from admin.backup import BackupRefused, creation
    from admin.cli import failures
    from admin.settings import Settings
    from models.storage import store_faults

    settings, progress = Settings.load(), Progress()
    try:
        backup = creation.make_backup(settings, folder, now_ms(), progress)
    except BackupRefused as error:
        progress.end()
        if error.code == "nothing_to_back_up" and (absent := failures.describe_missing_store(settings.database_url)):
            fail(*absent)
        _refuse(error)
    except store_faults.FAILURES as error:
        progress.end()
        _failed(error, "backup")
    progress.end()
    print_result(_summary(folder, backup), as_json)
    if backup.missing:
        missing_names = ", ".join(backup.missing[:10]) + (" …" if len(backup.missing) > 10 else "")
        fail("backup_incomplete", INCOMPLETE % {"missing": missing_names})


@click.command(name="restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def restore_command(folder: Path, as_json: bool) -> None:
    """Restore the backup in DIR to an empty place: HAILONG_INSTANCE names the folder, DATABASE_URL (or the backup's own
    admin.cfg) the store; a PostgreSQL database must be there and empty."""
    from admin.backup import BackupRefused, restoration
    from admin.settings import Settings
    from models.storage import store_faults

    settings, progress = Settings.load(), Progress()
    try:
        restored = restoration.restore_backup(folder, settings, progress)
    except BackupRefused as error:
        progress.end()
        _refuse(error)
    except store_faults.FAILURES as error:
        progress.end()
        _failed(error, "restore")
    progress.end()
    print_result(_summary(folder, restored.backup), as_json)
    created = _local(restored.backup.created_ms)
    for sentence in NEXT:
        print_warning(sentence % {"created": created} if sentence is NEXT[0] else str(sentence))
    if restored.elsewhere:
        print_warning(str(ELSEWHERE))


def _summary(folder: Path, backup: Manifest) -> dict[str, Any]:
    tables = backup.facts["tables"]
    return {
        "folder": str(folder), "created": _local(backup.created_ms), "database": backup.engine,
        "schema": backup.schema, "files": len(backup.files), "bytes": backup.size, "entries": tables.get("entry", 0),
        "responses": tables.get("response", 0), "ledgers": len(backup.facts["ledgers"]), "missing": backup.missing,
    }  # fmt: skip


def _local(ms: int) -> str:
    """A moment (ms since 1970, UTC) as Vietnam's clocks show it."""
    import datetime

    from models import clock

    return datetime.datetime.fromtimestamp(ms // 1000, clock.HCM).isoformat()


def _refuse(error: BackupRefused) -> NoReturn:
    fail(error.code, str(error))


def _failed(error: Exception, command: str) -> NoReturn:
    from models.storage import store_faults
    from models.storage.store_faults import StoreFault

    if store_faults.classify_fault(error) is StoreFault.FULL:
        fail(StoreFault.FULL.value, str(FULL[command]))
    end_with_store_error(error)
