"""The model of a disk: each file's bytes now, those of the last sync, and the writes between.

Two laws for names. `posix`: a name is durable when its folder was synced. `ext4`: any sync flushes the log of all
names. A cut leaves an image of one kind: `none` (what was synced and nothing more), `random` (every later write kept
with probability 1/2, each of its 512-byte sectors lost with 0.15; some of the later names), `all` (a killed process:
nothing is lost). Names are always settled in the order in which they were changed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SECTOR = 512
KEEP = 0.5
LOSE_SECTOR = 0.15
NONE, RANDOM, ALL = "none", "random", "all"
POSIX, EXT4 = "posix", "ext4"


@dataclass(frozen=True)
class Write:
    """One change of a file: bytes at an offset, or (`data` is None) a new size."""

    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        """Change `content` as a disk would; a gap before the offset reads as zeros."""
        if self.data is None:
            del content[self.offset :]
        if len(content) < self.offset:
            content.extend(bytes(self.offset - len(content)))
        if self.data is not None:
            content[self.offset : self.offset + len(self.data)] = self.data


@dataclass(eq=False)
class File:
    """One file, whatever it is called."""

    live: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write] = field(default_factory=list)
    mode: int = 0o644

    def change(self, write: Write) -> None:
        """Write or truncate."""
        write.apply(self.live)
        self.pending.append(write)

    def sync(self) -> None:
        """All bytes are durable now."""
        for write in self.pending:
            write.apply(self.durable)
        self.pending.clear()

    def after_cut(self, kind: str, chance: random.Random) -> bytes:
        """The bytes that are found afterwards."""
        if kind == ALL:
            return bytes(self.live)
        content = bytearray(self.durable)
        for write in self.pending if kind == RANDOM else []:
            if chance.random() < KEEP:
                for part in [write] if write.data is None else _sectors(write, chance):
                    part.apply(content)
        return bytes(content)


def _sectors(write: Write, chance: random.Random) -> list[Write]:
    """The sectors of a write that reached the disk."""
    assert write.data is not None
    sectors, start = [], 0
    while start < len(write.data):
        end = min(len(write.data), start + SECTOR - (write.offset + start) % SECTOR)
        if chance.random() >= LOSE_SECTOR:
            sectors.append(Write(write.offset + start, write.data[start:end]))
        start = end
    return sectors


@dataclass(frozen=True)
class Renaming:
    """One step of the log of names: `gone` names go, `come` names come, together."""

    gone: tuple[str, ...]
    come: tuple[tuple[str, File], ...]

    def apply(self, names: dict[str, File]) -> None:
        """Change `names`."""
        for name in self.gone:
            names.pop(name, None)
        names.update(self.come)


@dataclass
class Names:
    """The names under one law: what is durable, and the log of what is not."""

    law: str
    durable: dict[str, File] = field(default_factory=dict)
    log: list[Renaming] = field(default_factory=list)

    def settle(self) -> None:
        """The whole log is durable now."""
        for step in self.log:
            step.apply(self.durable)
        self.log.clear()

    def after_cut(self, kind: str, chance: random.Random) -> dict[str, File]:
        """The names that are found afterwards."""
        names = dict(self.durable)
        steps: list[Renaming] = []
        if kind == ALL:
            steps = self.log
        elif kind == RANDOM and self.law == EXT4:
            steps = self.log[: chance.randint(0, len(self.log))]
        elif kind == RANDOM:
            steps = [step for step in self.log if chance.random() < KEEP]
        for step in steps:
            step.apply(names)
        return names


class Disk:
    """One folder of files, seen by both laws at once."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.names = {name: File(bytearray(data), bytearray(data)) for name, data in files.items()}
        self._laws = {law: Names(law, dict(self.names)) for law in (POSIX, EXT4)}

    def _log(self, step: Renaming) -> None:
        step.apply(self.names)
        for law in self._laws.values():
            law.log.append(step)

    def create(self, name: str, mode: int) -> File:
        """A new empty file."""
        file = File(mode=mode)
        self._log(Renaming((), ((name, file),)))
        return file

    def link(self, old: str, new: str) -> None:
        """A second name."""
        self._log(Renaming((), ((new, self.names[old]),)))

    def unlink(self, name: str) -> None:
        """A name less."""
        self._log(Renaming((name,), ()))

    def rename(self, old: str, new: str) -> None:
        """Another name, in the place of whatever had it."""
        self._log(Renaming((old,), ((new, self.names[old]),)))

    def sync(self, file: File) -> None:
        """`fsync` of a file."""
        file.sync()
        self._laws[EXT4].settle()

    def sync_folder(self) -> None:
        """`fsync` of the folder."""
        for law in self._laws.values():
            law.settle()

    def after_cut(self, kind: str, law: str, seed: int) -> dict[str, bytes]:
        """The image that a cut at this moment leaves: name → bytes. The same seed gives the same image."""
        chance = random.Random(seed)
        files = self._laws[law].after_cut(kind, chance)
        return {name: file.after_cut(kind, chance) for name, file in sorted(files.items())}
