"""The store of recordings: files under their SHA-256, taken in, listed and removed.

A file lies in `<instance>/media/centre/`; a row says which text it speaks in which language. The product ships none:
the province records its own people, text by text.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.error_catalogue.command_errors import RECORDINGS
from admin.instruments import store as instruments
from models.errors import CodedError
from models.tables.agency import SpokenPrompt
from models.tables.staff_account import AuditRow
from translations import OWN_NAMES

#: What speaks besides the items of the short questionnaire.
SCREENS = ("topics", "comment", "thanks")
LARGEST = 2 << 20
#: ending → kind of sound
KINDS = {"mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav"}
_NAME = re.compile(r"(?P<id>[A-Za-z0-9-]{1,24})\.(?P<lang>[A-Za-z0-9-]{2,16})\.(?P<kind>mp3|ogg|wav)\Z")
_SHA = re.compile(r"[0-9a-f]{64}\Z")


class BadRecording(CodedError):
    """A file that cannot be taken; nothing was changed."""

    table = RECORDINGS


@dataclass(frozen=True)
class Recording:
    """A file that may be taken."""

    text_id: str
    lang: str
    mime: str
    data: bytes

    @property
    def sha(self) -> str:
        """Its SHA-256, hex."""
        return hashlib.sha256(self.data).hexdigest()


def read_text_ids(session: Session) -> tuple[str, ...]:
    """The texts that can be spoken."""
    return tuple(item.id for item in instruments.read_current_instrument(session, "short").items) + SCREENS


def read_recordings_folder(folder: Path, text_ids: Collection[str]) -> list[Recording]:
    """The recordings of a folder, files named `<text>.<language>.mp3|ogg|wav`. `text_ids` are the texts there are.
    Raises `BadRecording` for the first file that cannot be taken; hidden files are passed over."""
    recordings: dict[tuple[str, str], Recording] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        match = _NAME.match(path.name)
        if match is None or not path.is_file():
            raise BadRecording("bad_name", file=path.name)
        key = match["id"], match["lang"]
        if key[0] not in text_ids:
            raise BadRecording("unknown_text", file=path.name, texts=", ".join(text_ids))
        if key[1] not in OWN_NAMES:
            raise BadRecording("unknown_language", file=path.name)
        if key in recordings:
            raise BadRecording("twice", file=path.name)
        if path.stat().st_size > LARGEST:
            raise BadRecording("too_large", file=path.name)
        data = path.read_bytes()
        if detect_audio_kind(data) != match["kind"]:
            raise BadRecording("not_sound", file=path.name)
        recordings[key] = Recording(*key, KINDS[match["kind"]], data)
    if not recordings:
        raise BadRecording("no_files", file=folder.name)
    return list(recordings.values())


def detect_audio_kind(data: bytes) -> str | None:
    """What a file is by its first bytes: `mp3`, `ogg`, `wav`, or None."""
    if data[:4] == b"OggS":
        return "ogg"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    frame = len(data) > 2 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2  # frame sync, layer III
    return "mp3" if frame or data[:3] == b"ID3" else None


def store_recordings(
    session: Session, instance: Path, recordings: Iterable[Recording], who: str, now_ms: int
) -> dict[str, int]:
    """Keep the files and say what they speak; other recordings stay. Returns how many were new, in place of another,
    and there already. `now_ms`: milliseconds since 1970 (UTC)."""
    counts = {"added": 0, "replaced": 0, "unchanged": 0}
    for one in recordings:
        _keep(instance, one)
        row = session.get(SpokenPrompt, (one.text_id, one.lang))
        if row is not None and row.sha == one.sha:
            counts["unchanged"] += 1
            continue
        counts["added" if row is None else "replaced"] += 1
        values = {"sha": one.sha, "size": len(one.data), "mime": one.mime}
        session.merge(SpokenPrompt(text_id=one.text_id, lang=one.lang, **values))
        subject = f"{one.text_id} {one.lang} {one.sha}"
        session.add(AuditRow(at_ms=now_ms, who=who[:120], action="prompt_taken", subject=subject))
    session.flush()
    return counts


def remove_recording(session: Session, text_id: str, lang: str, who: str, now_ms: int) -> bool:
    """Forget one recording; False if there is none. Its file goes with `remove_unnamed_files`."""
    row = session.get(SpokenPrompt, (text_id, lang))
    if row is None:
        return False
    session.delete(row)
    subject = f"{text_id} {lang} {row.sha}"
    session.add(AuditRow(at_ms=now_ms, who=who[:120], action="prompt_removed", subject=subject))
    session.flush()
    return True


def list_recordings(session: Session) -> list[SpokenPrompt]:
    """Every recording, by text and language."""
    return list(session.scalars(select(SpokenPrompt).order_by(SpokenPrompt.text_id, SpokenPrompt.lang)))


def remove_unnamed_files(session: Session, instance: Path) -> int:
    """Remove files that no row names; call it after the rows are committed. Returns how many went."""
    prompt_shas = set(session.scalars(select(SpokenPrompt.sha)))
    place = recordings_folder(instance)
    gone = [path for path in place.iterdir() if path.name not in prompt_shas] if place.is_dir() else []
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def recordings_folder(instance: Path) -> Path:
    """Where the centre's recordings lie; a desk beside it has its own in `media/`."""
    return instance / "media" / "centre"


def read_recording_bytes(instance: Path, sha: str) -> bytes | None:
    """The bytes with this SHA-256 (hex), if they are here and whole."""
    path = recordings_folder(instance) / sha
    if not _SHA.match(sha) or not path.is_file():
        return None
    data = path.read_bytes()
    return data if hashlib.sha256(data).hexdigest() == sha else None


def _keep(instance: Path, one: Recording) -> None:
    if read_recording_bytes(instance, one.sha) is not None:
        return
    place = recordings_folder(instance)
    place.mkdir(parents=True, exist_ok=True)
    draft = place / f"{one.sha}.part"
    with draft.open("wb") as f:
        f.write(one.data)
        f.flush()
        os.fsync(f.fileno())
    os.replace(draft, place / one.sha)
