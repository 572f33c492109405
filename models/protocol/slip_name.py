"""The name of a slip among ties: `device:epoch:serial`, such as `d-0042:1:77`."""

from __future__ import annotations

import re

from models.protocol import canonical

_SHAPE = re.compile(r"([a-z0-9-]{1,24}):([1-9][0-9]{0,9}):([1-9][0-9]{0,9})", re.ASCII)


def parse(text: str) -> tuple[str, int, int] | None:
    """Device, epoch and serial of the slip that `text` names; None for anything else."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    epoch, serial = int(match[2]), int(match[3])
    return (match[1], epoch, serial) if max(epoch, serial) <= canonical.MAX_COLUMN else None


def parse_device(text: str) -> str | None:
    """The device whose slip `text` names; None for anything else."""
    parts = parse(text)
    return parts[0] if parts else None
