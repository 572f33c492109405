"""The disk's yardstick: 4 KiB appended to a file on the same file system, and the wait for the disk.

Everything durable is measured beside it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

BLOCK = b"\0" * 4096


def measure_syncs(folder: Path, count: int) -> list[float]:
    """Append and `fdatasync` `count` times in a new file under `folder`; milliseconds of each."""
    path = folder / "append"
    wait = getattr(os, "fdatasync", os.fsync)
    durations_ms = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(count):
            started = time.perf_counter()
            os.write(descriptor, BLOCK)
            wait(descriptor)
            durations_ms.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(descriptor)
        path.unlink()
    return durations_ms
