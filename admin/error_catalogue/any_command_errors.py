"""Errors that can befall any command of the centre: settings, the store, its version, disk, clock."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: Of the store and the machine, by the code of `models.storage.store_faults.StoreFault` and in further cases.
ANY_COMMAND = ErrorTable(
    "any command of the centre",
    ErrorKind(
        "disk_full",
        lazy("The disk is full; nothing is half written, nothing was deleted. Make room and run it again."),
    ),
    ErrorKind(
        "read_only",
        lazy("Writing (or reading) there is not allowed, or the disk only lets itself be read; nothing is half "
             "written. Check the rights of the data folder and the disk, then run it again."),
    ),
    ErrorKind("store_busy", lazy("The store is busy; nothing is half written. Run it again in a few minutes.")),
    ErrorKind(
        "store_damaged",
        lazy("The store's file is damaged; nothing more was written. Keep the file as it is and restore a "
             "backup into an empty folder."),
    ),
    ErrorKind(
        "no_store",
        lazy("The store could not be opened; nothing is half written. Check the database server and DATABASE_URL."),
    ),
    ErrorKind(
        "bad_store_url",
        lazy("DATABASE_URL (or database_url in admin.cfg) cannot be used; nothing has changed. Write it like "
             "sqlite:////srv/hailong/admin.sqlite or postgresql://…."),
    ),
    ErrorKind("store_failed", lazy("The store reports an error; the command stops, nothing is half written.")),
    ErrorKind("not_upgraded.empty", lazy("The store is still empty. Run: hailong admin upgrade")),
    ErrorKind("not_upgraded.older", lazy("The store is of an older version. Run: hailong admin upgrade")),
    ErrorKind(
        "store_newer",
        lazy("The store is of a newer version than this program; nothing has changed. Use the newer program again."),
    ),
    ErrorKind(
        "other_store.desk",
        lazy("This is the store of a device at a desk, not of the centre; nothing has changed. Check DATABASE_URL."),
    ),
    ErrorKind(
        "other_store.foreign",
        lazy("This is no store of the centre, or it is damaged; nothing has changed. Check DATABASE_URL, or "
             "restore a backup into an empty folder."),
    ),
    ErrorKind(
        "restore_unfinished",
        lazy("A restore was cut off here, so nothing was opened; the backup is only read. Run again: hailong "
             "admin restore DIR"),
    ),
    ErrorKind(
        "read_only.not_opened",
        lazy("The store's file cannot be opened: its folder or disk only lets itself be read, or rights are "
             "lacking. Nothing has changed; give the right to write in that folder (looking at figures needs it"
             " too) and run it again."),
    ),
    ErrorKind("file_failed", lazy("%(file)s could not be read or written; nothing is half written. (%(why)s)")),
    ErrorKind("file_failed.unnamed", lazy("A file could not be read or written; nothing is half written. (%(why)s)")),
    ErrorKind(
        "clock_behind.impossible",
        lazy("This machine's clock shows %(now)s, which is certainly wrong. This command has written nothing. "
             "Set the machine's date and time and run it again."),
    ),
    ErrorKind(
        "clock_ahead",
        lazy("This machine's clock shows %(now)s, more than 31 days after the latest signature (%(newest)s). "
             "This command has written nothing. If it is wrong, set the machine's date and time; if it is "
             "right, run: hailong admin clock confirm"),
    ),
    ErrorKind(
        "clock_behind",
        lazy("This machine's clock shows %(now)s, before the latest signature (%(newest)s). This command has "
             "written nothing. If it is wrong, set the machine's date and time; if it is right, run: hailong "
             "admin clock confirm"),
    ),
    ErrorKind(
        "no_store.no_file",
        lazy("There is no store at %(file)s. A new centre: run hailong admin upgrade. A centre that has been "
             "running: find that file again, or restore a backup; nothing has changed."),
    ),
)

SETTINGS = ErrorTable(
    "settings of the centre, at every start",
    ErrorKind(
        "bad_instance.no_folder", lazy("The data folder %(folder)s is no folder. Change HAILONG_INSTANCE.")
    ),
    ErrorKind(
        "bad_instance.not_made",
        lazy("The data folder %(folder)s could not be made (%(why)s). Change HAILONG_INSTANCE."),
    ),
    ErrorKind("bad_settings", lazy("The file admin.cfg: %(what)s. Mend the file and run it again.")),
)
