"""The manifest of a backup: every file with its size and SHA-256, and what a restored store must hold.

It carries the digest of its own text, so that a manifest that was cut or changed by accident is known for one. It is no
signature: whoever holds a backup holds its keys.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from admin.backup import FILES, STORES, BackupRefused, durable_files
from admin.backup.durable_files import FileDigest

NAME = "manifest.json"
FORMAT = 1
#: No manifest of ours comes near it.
LARGEST = 256 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `created_ms`: when its view of the store was taken (ms since 1970, UTC); `kind`:
    `sqlite` or `postgresql`, `engine` that database's name and version; `schema`: the store's revision; `facts`: see
    `store_facts`; `files`: path in the backup → what it holds; `missing`: what the centre should have had and had
    not."""

    created_ms: int
    software: str
    schema: str
    kind: str
    engine: str
    facts: dict[str, Any]
    files: dict[str, FileDigest]
    missing: list[str]

    @property
    def store(self) -> str:
        """The path of the store in the backup."""
        return STORES[self.kind]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(digest.size for digest in self.files.values())

    def state_files(self) -> dict[str, FileDigest]:
        """The files of the instance: path there → what each holds."""
        return {name.removeprefix(f"{FILES}/"): digest for name, digest in self.files.items() if name != self.store}

    def write(self, folder: Path) -> None:
        """Write it into the backup's folder."""
        text = _text(asdict(self))
        whole = {"format": FORMAT, "sha256": _sha(text), "backup": json.loads(text)}
        durable_files.write_file(folder / NAME, [json.dumps(whole, indent=1, sort_keys=True).encode()])


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises `BackupRefused`: `no_backup`, `bad_manifest`, `newer_backup`."""
    path = folder / NAME
    if not path.is_file():
        raise BackupRefused("no_backup", folder=folder)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        value = json.loads(path.read_bytes())
        if value["format"] > FORMAT:
            raise BackupRefused("newer_backup", folder=folder)
        fields = value["backup"]
        if value["sha256"] != _sha(_text(fields)):
            raise ValueError("changed")
        files = {name: FileDigest(**digest) for name, digest in fields.pop("files").items()}
        manifest = Manifest(files=files, **fields)
        if manifest.store not in files or not all(map(_good_name, files)):
            raise ValueError("files")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupRefused("bad_manifest", folder=folder) from None
    return manifest


def _good_name(name: str) -> bool:
    """Whether a path is one of a backup's own: the store, or a file below `instance/` and nowhere else."""
    parts = PurePosixPath(name).parts
    inside = len(parts) > 1 and parts[0] == FILES and ".." not in parts and not any(c in name for c in "\\:\0")
    return name in STORES.values() or (inside and "/".join(parts) == name)


def _text(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
