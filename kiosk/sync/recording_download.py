"""The download of recordings: fetched one by one from the centre, kept under their SHA-256.

They are kept on disk, for the desk to play. A run takes a few files and comes back with the next sync, so that ratings
never wait for sound. A file is there whole or not at all; one that is not the bytes its name says is thrown away, one
that is no longer named is removed. Nothing here touches the store: without room on the disk the desk simply stays
silent.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.desk import state
from kiosk.desk.reference import Prompt, Reference
from kiosk.settings import Settings
from kiosk.sync.transport import NoAnswer, Transport
from models.clock import Moment
from models.keys import SigningKey
from models.protocol import canonical, signed_reply

PATH = "/api/v1/media"
#: One run takes no more than this many files and bytes.
MOST_FILES = 4
MOST_BYTES = 4 << 20
#: No recording is larger.
LARGEST = 2 << 20
#: What stays free for ratings, in MiB.
SPARE_MB = 64
_SHA = re.compile(r"[0-9a-f]{64}\Z")
_DRAFT = ".part"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DownloadResult:
    """What one run did: files `taken` and `removed`, and how many are still `missing`."""

    taken: int = 0
    removed: int = 0
    missing: int = 0


def recording_folder(instance: Path) -> Path:
    """Where recordings lie."""
    return instance / "media"


def find_recording(instance: Path, sha: str) -> Path | None:
    """The file with this SHA-256 (hex), or None while it is not here."""
    path = recording_folder(instance) / sha
    return path if _SHA.match(sha) and path.is_file() else None


def download_recordings(
    desk: Reference, transport: Transport, identity: state.Identity, key: SigningKey, now: Moment, settings: Settings
) -> DownloadResult:
    """Fetch some of the recordings that `desk` names and this disk lacks; remove what it does not name. Never
    raises for a network, a centre or a disk: what did not come is asked for again by the next run."""
    prompts = {prompt.sha: prompt for prompt in desk.prompts.values() if _fits(prompt)}
    folder = recording_folder(settings.instance)
    new_count, removed, room = 0, 0, MOST_BYTES
    try:
        removed = _tidy(folder, prompts)
        lacking = [sha for sha, prompt in sorted(prompts.items()) if not _whole(folder / sha, prompt)]
        for sha in lacking[:MOST_FILES]:
            room -= prompts[sha].size
            if room < 0 or settings.free_mb < SPARE_MB:
                break
            data = _fetch(sha, transport, identity, key, now, settings)
            if data is not None and len(data) == prompts[sha].size:
                _keep(folder, sha, data)
                new_count += 1
    except NoAnswer:
        pass
    except OSError as error:  # full or failing disk: the ratings have their own way of saying so
        log.warning("recordings: %s", error)
    missing = sum(not _whole(folder / sha, prompt) for sha, prompt in prompts.items())
    return DownloadResult(new_count, removed, missing)


def _fits(prompt: Prompt) -> bool:
    return _SHA.match(prompt.sha) is not None and 0 < prompt.size <= LARGEST


def _whole(path: Path, prompt: Prompt) -> bool:
    try:
        return path.stat().st_size == prompt.size
    except OSError:
        return False


def _tidy(folder: Path, prompts: dict[str, Prompt]) -> int:
    """Remove what is not named any more, and what an interrupted run left."""
    if not folder.is_dir():
        return 0
    gone = [path for path in folder.iterdir() if path.name not in prompts and _ours(path.name)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _ours(name: str) -> bool:
    return _SHA.match(name) is not None or name.endswith(_DRAFT)


def _fetch(
    sha: str, transport: Transport, identity: state.Identity, key: SigningKey, now: Moment, settings: Settings
) -> bytes | None:
    """The bytes with this SHA-256, proved by the centre's signature; None when it did not give them. Raises
    `NoAnswer`."""
    rq = secrets.token_hex(16)
    line = canonical.dump(
        {
            "app": settings.version,
            "dev": identity.device,
            "ep": identity.epoch,
            "rq": rq,
            "sha": sha,
            "t": now.t,
            "typ": "media",
            "v": 1,
        }
    )
    data = line + b"\n" + key.sign(line).encode() + b"\n"
    answer = transport.post(PATH, data, {"Content-Type": "application/hailong-batch"})
    try:
        reply = signed_reply.parse(answer.body, centre=identity.centre_key, rq=rq)
    except signed_reply.UnsignedReply:
        return None
    body = answer.body.split(b"\n", 2)[2]
    proved = reply.typ == "media" and reply.value.get("sha") == sha == hashlib.sha256(body).hexdigest()
    return body if proved else None


def _keep(folder: Path, sha: str, data: bytes) -> None:
    """Write the file under its name, whole and on the disk, or not at all. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{sha}{_DRAFT}"
    try:
        with draft.open("wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.replace(draft, folder / sha)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
