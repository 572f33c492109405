"""A copy of a SQLite store as one of its readers sees it, made while others write.

SQLite's backup interface begins again whenever another process writes, and beside a busy writer comes to no end; in one
step it says nothing until it is done. Inside a transaction that already reads, it keeps to that transaction's view:
it never begins again, writers go on, and figures read by the same session are those of the copy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import exc, text
from sqlalchemy.orm import Session

from models.storage.sqlite_module import load_sqlite_module

#: What SQLite calls its result codes (sqlite3_errstr) that `store_faults` knows: of a copy the driver passes on nothing
#: but these words.
WORDS = {
    "database is locked": 5, "attempt to write a readonly database": 8, "database disk image is malformed": 11,
    "database or disk is full": 13, "unable to open database file": 14, "file is not a database": 26,
}  # fmt: skip
#: Pages (4 KiB) between two reports.
PAGES = 2000


def find_copy_size(session: Session) -> int:
    """The bytes a copy of the store takes."""
    pages, page = (session.scalar(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
    return int(pages or 0) * int(page or 0)


def copy_store(session: Session, target: Path, report_progress: Callable[[int, int], None]) -> None:
    """Copy what `session` (of `Database.read`) sees to the file `target`, which no one else has open. `report_progress`
    hears how many pages of how many are done. Raises what a store raises (`store_faults.FAILURES`)."""
    session.scalar(text("SELECT count(*) FROM sqlite_master"))  # from here on the view stands
    source = session.connection().connection.driver_connection
    driver = load_sqlite_module()
    try:
        copied = driver.connect(str(target))
        try:
            source.backup(  # type: ignore[union-attr]
                copied, pages=PAGES, progress=lambda status, left, of: report_progress(of - left, of)
            )
        finally:
            copied.close()
    except driver.Error as error:
        if getattr(error, "sqlite_errorcode", None) is None and str(error) in WORDS:
            error.sqlite_errorcode = WORDS[str(error)]
        raise exc.OperationalError("backup", None, error) from error
