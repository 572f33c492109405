"""Files that are on the disk when the function returns, with their size and SHA-256.

They are readable to their owner alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from admin.backup import BackupRefused

CHUNK = 1 << 20
#: Room that is left on a disk, bytes.
SPARE = 16 << 20


@dataclass(frozen=True)
class FileDigest:
    """What a file holds: its bytes by number, and their SHA-256 (hex)."""

    size: int
    sha256: str


def create_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, for the owner alone."""
    if not path.is_dir():
        create_folder(path.parent)
        path.mkdir(mode=0o700)


def write_file(path: Path, chunks: Iterable[bytes]) -> FileDigest:
    """Write a new file from `read_chunks`, synced. Raises `OSError`; also when it is there already."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as f:
        for chunk in chunks:
            f.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        f.flush()
        os.fsync(f.fileno())
    return FileDigest(size, digest.hexdigest())


def read_chunks(path: Path, progress: Callable[[int], None] = lambda done: None) -> Iterator[bytes]:
    """The bytes of a file; `progress` hears how many of this chunk."""
    with path.open("rb") as f:
        while chunk := f.read(CHUNK):
            yield chunk
            progress(len(chunk))


def compute_digest(path: Path, progress: Callable[[int], None] = lambda done: None) -> FileDigest:
    """What a file holds, read from the disk where the system lets one ask for that."""
    digest, size = hashlib.sha256(), 0
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as f, contextlib.suppress(OSError):
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    for chunk in read_chunks(path, progress):
        digest.update(chunk)
        size += len(chunk)
    return FileDigest(size, digest.hexdigest())


def sync_to_disk(path: Path) -> None:
    """What others wrote into a file, or the names in a folder, on the disk. A folder only where the system lets one."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, (os.O_RDONLY if path.is_dir() else os.O_RDWR) | _BINARY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(top: Path) -> None:
    """All names below a folder and its own contents, on the disk."""
    for folder, _, _ in os.walk(top):
        sync_to_disk(Path(folder))


def replace_file(source: Path, target: Path) -> None:
    """Give a file of the same file system its final name, for good."""
    create_folder(target.parent)
    os.replace(source, target)
    sync_to_disk(target.parent)


def require_disk_room(place: Path, size: int) -> None:
    """See that the disk of a folder has room for `size` bytes and SPARE: no disk is filled beside a centre that writes.
    Raises `BackupRefused` (`no_room`)."""
    free = shutil.disk_usage(place).free
    if free < size + SPARE:
        raise BackupRefused("no_room", place=place, needed=-(-(size + SPARE) >> 20), free=free >> 20)


def remove_path(path: Path) -> None:
    """Remove a folder with all it holds, or a file; nothing if there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


_BINARY = getattr(os, "O_BINARY", 0)
