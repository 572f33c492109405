"""Files as wholes: written whole, on the disk, or not at all; read as far as is wanted."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # Windows


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a file, of a larger one the first `most` and one more: some files (a device) have no end. Raises
    OSError."""
    with path.open("rb") as f:
        return f.read(most + 1)


def write_file(path: Path, raw: bytes, mode: int = 0o666) -> None:
    """Write `raw` to `path`, where a file of this name is replaced; a new one gets `mode`, less the umask. OSError when
    it cannot be written: then what was there before is there still. What is no file (a device, a pipe) is not
    replaced."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    draft = path.with_name(f".{secrets.token_hex(8)}.part")  # a name that fits where the longest ones do
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb") as f:
            f.write(raw)
            f.flush()
            os.fsync(f.fileno())
        os.replace(draft, path)
    except OSError as error:  # of the file that was asked for, not of its draft
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        try:
            draft.unlink(missing_ok=True)
        except OSError:
            pass  # what hindered the writing may hinder this too
