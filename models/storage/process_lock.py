"""A lock between processes: a file that one process of this machine holds.

The operating system gives it up when the process ends, however it ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any


class WriterLock:
    """Held by the one process that may write; `taken` says whether this is it. Released when the process ends."""

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
