"""The sender's sign of life: whether somebody carries this desk's ledger to the centre, and when last.

A file that the sender keeps locked while it lives: the system gives the lock back when the process ends, however it
ends, so no sign outlives its sender. The file's date is that of the last round, by this machine's clock. It holds
nothing and asks for no room, so it works on a full disk too.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

FILE = "kiosk.sending"


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """What is known of the sender: whether it lives, and its last round in ms since 1970 by this machine's clock (None
    if there never was one)."""

    alive: bool
    last_seen_ms: int | None


class SenderHeartbeat:
    """Given by whoever sends, from the start to the end. Where the disk takes no file there is no sign, and sending
    goes on."""

    def __init__(self, instance: Path) -> None:
        self._path = instance / FILE
        self._file: IO[Any] | None = None
        try:
            self._file = open(self._path, "a+b")
            _hold(self._file)
        except OSError:
            pass

    def beat(self, now_ms: int) -> None:
        """A round begins, at this time of the machine's clock."""
        try:
            os.utime(self._path, ns=(now_ms * 1_000_000, now_ms * 1_000_000))
        except OSError:
            pass

    def release(self) -> None:
        """The sender ends."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_heartbeat(instance: Path) -> SenderStatus:
    """What the sender of the desk in this folder shows of itself."""
    try:
        with open(instance / FILE, "r+b" if os.name == "nt" else "rb") as file:
            return SenderStatus(not _free(file), int(os.fstat(file.fileno()).st_mtime_ns // 1_000_000))
    except OSError:
        return SenderStatus(False, None)


if os.name == "nt":

    def _locked(file: IO[Any]) -> bool:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            return True
        except OSError:
            return False

    def _hold(file: IO[Any]) -> None:
        for _try in range(40):  # whoever looks holds it for an instant; another sender holds it for good
            if _locked(file):
                return
            time.sleep(0.05)

    def _free(file: IO[Any]) -> bool:
        return _locked(file)

else:
    import fcntl

    def _hold(file: IO[Any]) -> None:
        fcntl.flock(file, fcntl.LOCK_SH)  # several may send; whoever looks holds it for an instant

    def _free(file: IO[Any]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False
