"""The rehearsal's journal: what was thanked for and which steps are done, durable at once.

It is safe before the next thing happens. A file beside the store, not in it, written through to the disk line by line:
after the plug was pulled it says what the store must still hold. Ended, it becomes the report.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = "drills"


class Journal:
    """The journal of the rehearsal that is under way in an instance folder, if there is one."""

    def __init__(self, instance: Path) -> None:
        self.folder = instance / FOLDER
        self._path = self.folder / "under-way.jsonl"

    @property
    def exists(self) -> bool:
        """Whether a rehearsal was begun and not ended."""
        return self._path.exists()

    def begin(self, **facts: Any) -> None:
        """Start anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._write("begin", facts)
        flush_folder(self.folder)

    def facts(self) -> dict[str, Any]:
        """What it was begun with."""
        return next(self._read("begin"), {})

    def thanked(self, *ids: str) -> None:
        """These taps were taken: they must never be missing again."""
        self._write("thanked", {"ids": list(ids)})

    def ids(self) -> list[str]:
        """Everything that was thanked for, in order."""
        return [id for line in self._read("thanked") for id in line["ids"]]

    def record_power_cut(self, boot: int) -> None:
        """The plug is about to be pulled during start number `boot`."""
        self._write("power", {"boot": boot})

    def boot(self) -> int | None:
        """The start during which the plug was to be pulled, or None."""
        return next((int(line["boot"]) for line in self._read("power")), None)

    def step(self, value: dict[str, Any]) -> None:
        """A step is done."""
        self._write("step", value)

    def steps(self) -> list[dict[str, Any]]:
        """The steps that are done, in order."""
        return list(self._read("step"))

    def close(self) -> None:
        """The rehearsal is over."""
        self._path.unlink(missing_ok=True)

    def _write(self, kind: str, value: dict[str, Any]) -> None:
        with open(self._path, "ab") as file:
            file.write(json.dumps([kind, value], ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, kind: str) -> Iterator[Any]:
        lines = self._path.read_bytes().splitlines() if self.exists else []
        for line in lines:
            try:
                line_kind, value = json.loads(line)
            except ValueError:  # the line that was being written when the power went
                continue
            if line_kind == kind:
                yield value


def flush_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut, where the system can."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
