"""Reasons of the operating system in the language in force; its own are in English mostly."""

from __future__ import annotations

import errno

from translations import lazy

_REASONS = {
    errno.ENOENT: lazy("there is no such file or folder"), errno.EACCES: lazy("rights are lacking"),
    errno.EPERM: lazy("rights are lacking"), errno.EISDIR: lazy("it is a folder"),
    errno.ENOTDIR: lazy("it is no folder, or lies in none"), errno.ENOSPC: lazy("the disk is full"),
    errno.EROFS: lazy("the disk only lets itself be read"), errno.ENAMETOOLONG: lazy("the name is too long"),
    errno.EIO: lazy("the disk fails"), errno.EEXIST: lazy("there is one of this name already"),
}  # fmt: skip


def system_reason(error: OSError) -> str:
    """Why the operating system refused, in a few words; in its own where none are known here."""
    reason = _REASONS.get(error.errno or 0)
    return str(reason) if reason is not None else error.strerror or type(error).__name__
