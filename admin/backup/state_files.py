"""The files of an instance folder that are the centre's state besides its store.

Everything that lies there is taken, for whoever adds a file to the instance does not think of its backup. Left out are
the store's own files, what a desk beside the centre keeps (a copy of its key and ledger would be a second desk), logs,
and what is only there while something is being written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from admin.settings import UNFINISHED, Settings

#: What lies at the top of the instance and is no state of the centre: a desk's, and logs.
NOT_OURS = {"slips", "export", "drills", "logs"}
DESK = "kiosk."
#: Below `media/` a desk keeps its recordings; the centre's lie in this folder there.
MEDIA, CENTRE_MEDIA = "media", "centre"
STORE = "admin.sqlite"
#: Endings of SQLite's files beside a store.
BESIDE = ("", "-wal", "-shm", "-journal")
UNREADY = (".part", ".partial", ".new", ".tmp")


def list_state_files(settings: Settings) -> list[str]:
    """The centre's files in its instance folder, by their path there (`media/centre/…`), in order. Links are followed;
    what is no file (a pipe, a socket) is passed over, a folder that cannot be read stands for what is in it."""
    top = settings.instance
    store = settings.store_file
    stores = {os.path.realpath(f"{path}{end}") for path in (store, top / STORE) if path for end in BESIDE}
    return sorted(
        path.relative_to(top).as_posix()
        for path in _walk_files(top, frozenset())
        if os.path.realpath(path) not in stores and _is_state_file(path.relative_to(top).parts)
    )


def _is_state_file(parts: tuple[str, ...]) -> bool:
    first = parts[0]
    if first.startswith(DESK) or first in NOT_OURS or first == UNFINISHED:
        return False
    return first != MEDIA or (len(parts) > 1 and parts[1] == CENTRE_MEDIA)


def _walk_files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real_path = os.path.realpath(folder)
    if real_path in above or not folder.is_dir():
        return
    try:
        within = list(folder.iterdir())
    except OSError:  # whoever reads it is told
        yield folder
        return
    for path in within:
        if path.name.startswith(".") or path.name.endswith(UNREADY):
            continue
        if path.is_dir():
            yield from _walk_files(path, above | {real_path})
        elif path.is_file():
            yield path
