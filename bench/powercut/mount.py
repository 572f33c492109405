"""The mount of `model`'s disk by FUSE: `python -m bench.powercut.mount WHERE FROM`.

It begins with the files of FROM. Orders come as lines on standard input: `cut LAW SEED TARGET` freezes everything (each
later call ends with EIO) and writes the images of a cut at this moment into TARGET/none, TARGET/random and TARGET/all;
then it answers `done`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any

import mfusepy  # type: ignore[import-untyped]

from bench.powercut.model import ALL, NONE, RANDOM, Disk, File, Write
from models import clock


class FileSystemCalls:
    """What the kernel asks for, one call at a time. Names begin with a slash; handles are numbers of open files."""

    use_ns = True

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._open: dict[int, File] = {}
        self._handles = count(1)
        self._lock = threading.Lock()
        self._frozen = False
        self._born = clock.now().t * 1_000_000

    def cut(self, law: str, seed: int, target: Path) -> None:
        """Freeze, then write what each kind of cut would leave."""
        with self._lock:
            self._frozen = True
        for kind in (NONE, RANDOM, ALL):
            folder = target / kind
            folder.mkdir(parents=True)
            for name, data in self._disk.after_cut(kind, law, seed).items():
                (folder / name).write_bytes(data)

    def _file(self, path: str | None, handle: int | None) -> File:
        if handle:
            return self._open[handle]
        file = self._disk.names.get((path or "")[1:])
        if file is None:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return file

    def _power(self) -> None:
        if self._frozen:
            raise mfusepy.FuseOSError(errno.EIO)

    def _opened(self, file: File) -> int:
        handle = next(self._handles)
        self._open[handle] = file
        return handle

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, Any]:
        with self._lock:
            self._power()
            folder = path == "/" and not fh
            file = None if folder else self._file(path, fh)
            return {
                "st_mode": stat.S_IFDIR | 0o755 if file is None else stat.S_IFREG | stat.S_IMODE(file.mode),
                "st_size": 0 if file is None else len(file.live), "st_nlink": 2 if file is None else 1,
                "st_uid": os.getuid(), "st_gid": os.getgid(),
                "st_atime": self._born, "st_mtime": self._born, "st_ctime": self._born,
            }  # fmt: skip

    def readdir(self, path: str, fh: int) -> list[str]:
        with self._lock:
            self._power()
            return [".", "..", *self._disk.names]

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 1 << 20, "f_bfree": 1 << 19, "f_bavail": 1 << 19}

    def create(self, path: str, mode: int) -> int:
        with self._lock:
            self._power()
            return self._opened(self._disk.create(path[1:], mode))

    def open(self, path: str, flags: int) -> int:
        with self._lock:
            self._power()
            file = self._file(path, None)
            if flags & os.O_TRUNC:
                file.change(Write(0, None))
            return self._opened(file)

    def release(self, path: str | None, fh: int) -> int:
        with self._lock:
            self._open.pop(fh, None)
            return 0

    def read(self, path: str | None, size: int, offset: int, fh: int) -> bytes:
        with self._lock:
            self._power()
            return bytes(self._file(path, fh).live[offset : offset + size])

    def write(self, path: str | None, data: bytes, offset: int, fh: int) -> int:
        with self._lock:
            self._power()
            self._file(path, fh).change(Write(offset, bytes(data)))
            return len(data)

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> int:
        with self._lock:
            self._power()
            self._file(path, fh).change(Write(length, None))
            return 0

    def fsync(self, path: str | None, datasync: int, fh: int) -> int:
        with self._lock:
            self._power()
            self._disk.sync(self._file(path, fh))
            return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        with self._lock:
            self._power()
            self._disk.sync_folder()
            return 0

    def unlink(self, path: str) -> int:
        with self._lock:
            self._power()
            self._file(path, None)
            self._disk.unlink(path[1:])
            return 0

    def rename(self, old: str, new: str) -> int:
        with self._lock:
            self._power()
            self._file(old, None)
            self._disk.rename(old[1:], new[1:])
            return 0

    def link(self, target: str, source: str) -> int:
        with self._lock:
            self._power()
            self._file(source, None)
            self._disk.link(source[1:], target[1:])
            return 0

    def chmod(self, path: str | None, mode: int, fh: int | None = None) -> int:
        with self._lock:
            self._power()
            self._file(path, fh).mode = mode
            return 0

    def utimens(self, path: str | None, times: object = None, fh: int | None = None) -> int:
        return 0


def main(where: str, source: str) -> None:
    """Serve until unmounted or killed."""
    calls = FileSystemCalls(Disk({path.name: path.read_bytes() for path in Path(source).iterdir() if path.is_file()}))

    def obey() -> None:
        for line in sys.stdin:
            law, seed, target = line.split(maxsplit=3)[1:]
            calls.cut(law, int(seed), Path(target.strip()))
            print("done", flush=True)

    threading.Thread(target=obey, daemon=True).start()
    mfusepy.FUSE(calls, where, foreground=True, nothreads=True, hard_remove=True, fsname="powercut")


if __name__ == "__main__":
    main(*sys.argv[1:])
