"""The lock of the one process of a desk that may write alone, and that decides what a start decides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

#: The lock's file in the instance folder, held while the tablet's pages are served.
NAME = "kiosk.serving"


class WriterLock:
    """Held by the one process that may write; `taken` says whether this is it. Released when the process ends. Raises
    OSError where its file cannot be made."""

    def __init__(self, path: Path) -> None:
        self._file: IO[Any] = open(path, "a+b")
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            else:
                import fcntl

                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.taken = True
        except OSError:
            self.taken = False

    def release(self) -> None:
        """Give it back."""
        self._file.close()
