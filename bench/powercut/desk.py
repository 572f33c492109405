"""The desk's own server, `hailong kiosk serve`, in a process of the bench.

It is started by `python -m bench.powercut.desk --port N`. Two differences, for the controls of the proof:
$HAILONG_BENCH_SYNCHRONOUS (FULL, NORMAL, OFF) says how careful SQLite is, and $HAILONG_BENCH_CHECKPOINT after how many
pages it moves its log into the store, so that cuts fall into that work as well. The product itself knows no such
variables.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from sqlalchemy import Engine, event

from kiosk.cli import cli
from models.storage.database import Database


def main() -> None:
    """Serve as the desk does."""
    defaults = Database.__init__.__kwdefaults__
    assert defaults is not None and defaults["synchronous"] == "FULL"
    defaults["synchronous"] = os.environ["HAILONG_BENCH_SYNCHRONOUS"]
    pages = int(os.environ["HAILONG_BENCH_CHECKPOINT"])

    @event.listens_for(Engine, "connect")
    def checkpoint(connection: Any, record: Any) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint={pages}")

    cli.main(args=["serve", *sys.argv[1:]], prog_name="hailong kiosk")


if __name__ == "__main__":
    main()
