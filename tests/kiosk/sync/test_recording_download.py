"""The download of recordings: one by one, whole or not at all, only those named; nothing waits.

The reference data name them.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.recordings import store
from admin.recordings.store import Recording
from kiosk.desk import state
from kiosk.sync import recording_download
from kiosk.sync.transport import HttpAnswer, HttpTransport, NoAnswer
from models.keys import read_or_make_key
from models.protocol import canonical, signed_reply
from models.tables.agency import SpokenPrompt
from tests.fixtures.centre_and_desk import Centre, Desk, pair_centre_and_desk

VOICE = b"OggS" + b"one voice" * 100
TEXTS = ("overall", "A", "B", "C", "D", "E")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path) as (centre, desk):
        yield centre, desk


def speak(centre: Centre, *recordings: tuple[str, bytes], lang: str = "vi") -> list[str]:
    """Take recordings in at the centre, a text and its bytes each; returns their names."""
    found = [Recording(text, lang, "audio/ogg", data) for text, data in recordings]
    with centre.database.write() as session:
        store.store_recordings(session, centre.settings.instance, found, "test", 1)
    return [one.sha for one in found]


def here(desk: Desk) -> dict[str, bytes]:
    """What lies on the desk's disk."""
    folder = recording_download.recording_folder(desk.settings.instance)
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def six(centre: Centre) -> list[str]:
    return speak(centre, *((text, VOICE + text.encode()) for text in TEXTS))


class Meddling:
    """The real network, but for what is asked of it about recordings."""

    def __init__(self, url: str, *answers: object) -> None:
        self.real, self.answers, self.asked = HttpTransport(url), list(answers), 0

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        if path != recording_download.PATH:
            return self.real.post(path, body, headers)
        self.asked += 1
        planned = self.answers.pop(0) if self.answers else "ok"
        if planned == "none":
            raise NoAnswer("lost")
        answer = self.real.post(path, body, headers)
        if callable(planned):
            return HttpAnswer(answer.status, planned(answer.body))
        return answer


def test_recordings_come_a_few_at_a_time_and_all_in_the_end(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    names = six(centre)
    assert desk.sync(url=centre.url).reference
    assert len(here(desk)) == recording_download.MOST_FILES < len(names)
    desk.sync(url=centre.url)
    assert here(desk) == {name: VOICE + text.encode() for name, text in zip(names, TEXTS, strict=True)}
    assert recording_download.find_recording(desk.settings.instance, names[0]) is not None
    calm = Meddling(centre.url)
    desk.sync(calm)
    assert calm.asked == 0
    assert (
        sha(VOICE) not in here(desk) and recording_download.find_recording(desk.settings.instance, sha(VOICE)) is None
    )
    assert recording_download.find_recording(desk.settings.instance, "../kiosk.sqlite") is None


def test_what_is_no_longer_named_is_removed_and_nothing_else(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    (name,) = speak(centre, ("overall", VOICE))
    desk.sync(url=centre.url)
    folder = recording_download.recording_folder(desk.settings.instance)
    (folder / f"{'0' * 64}.part").write_bytes(b"half")
    (folder / "a-note.txt").write_text("left alone", encoding="utf-8")
    (folder / "centre").mkdir()
    (other,) = speak(centre, ("overall", VOICE + b"again"))
    desk.sync(url=centre.url)
    assert {path.name for path in folder.iterdir()} == {other, "a-note.txt", "centre"} and name != other


def bent(body: bytes) -> bytes:
    return body[:-1] + b"x"


def cut(body: bytes) -> bytes:
    return body[:-5]


def unsigned(body: bytes) -> bytes:
    lines = body.split(b"\n", 2)
    return b"\n".join([lines[0], b"0" * 128, lines[2]])


def portal(_body: bytes) -> bytes:
    return b"<html>Welcome to the hotel</html>"


@pytest.mark.parametrize("damage", [bent, cut, unsigned, portal])
def test_bytes_that_are_not_the_recording_are_not_kept(scene: tuple[Centre, Desk], damage: object) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE))
    assert desk.sync(Meddling(centre.url, damage)).state == "ok"
    assert here(desk) == {}
    desk.sync(url=centre.url)
    assert here(desk) == {sha(VOICE): VOICE}


def test_a_lost_answer_ends_the_run_and_the_next_goes_on(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    six(centre)
    lossy = Meddling(centre.url, "ok", "none")
    assert desk.sync(lossy).state == "ok"
    assert lossy.asked == 2 and len(here(desk)) == 1
    desk.sync(url=centre.url)
    desk.sync(url=centre.url)
    assert len(here(desk)) == 6


def test_a_genuine_answer_to_another_request_is_not_taken(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE), ("A", VOICE + b"A"))
    desk.sync(url=centre.url)
    first = sorted(here(desk))[0]
    rq = "0" * 32
    value = {"dev": "d-0001", "ep": 1, "rq": rq, "sha": first, "t": 1, "typ": "media", "v": 1}
    genuine = signed_reply.dump(value, centre.keys.key) + here(desk)[first]
    (recording_download.recording_folder(desk.settings.instance) / first).unlink()
    desk.sync(Meddling(centre.url, lambda _body: genuine))
    assert first not in here(desk)


def test_a_full_disk_keeps_ratings_and_no_half_recording(
    scene: tuple[Centre, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE))
    desk.rate(4, "wait")
    real = os.fsync

    def full(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    outcome = desk.sync(url=centre.url)
    assert (outcome.state, outcome.sent, outcome.waiting) == ("ok", 1, 0)
    assert here(desk) == {}
    monkeypatch.undo()
    desk.sync(url=centre.url)
    assert here(desk) == {sha(VOICE): VOICE}


def test_without_room_to_spare_nothing_is_asked_for(
    scene: tuple[Centre, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE))
    monkeypatch.setattr(recording_download, "SPARE_MB", 1 << 40)
    calm = Meddling(centre.url)
    assert desk.sync(calm).reference and calm.asked == 0


def test_a_folder_that_cannot_be_made_hinders_no_rating(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE))
    (desk.settings.instance / "media").write_text("in the way", encoding="utf-8")
    desk.rate(5)
    assert desk.sync(url=centre.url).sent == 1


def test_a_file_of_another_length_is_fetched_again(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    (name,) = speak(centre, ("overall", VOICE))
    desk.sync(url=centre.url)
    (recording_download.recording_folder(desk.settings.instance) / name).write_bytes(VOICE[:100])
    desk.sync(url=centre.url)
    assert here(desk) == {name: VOICE}


def ask(centre: Centre, desk: Desk, **changes: object) -> HttpAnswer:
    """A request for a recording as the desk signs it, with other fields."""
    value = {"app": "x", "dev": "d-0001", "ep": 1, "rq": "0" * 32, "sha": sha(VOICE), "t": 1, "typ": "media", "v": 1}
    line = canonical.dump({**value, **changes})
    data = line + b"\n" + read_or_make_key(desk.settings.key_file).sign(line).encode() + b"\n"
    return HttpTransport(centre.url).post(recording_download.PATH, data, {})


def test_the_centre_gives_a_device_what_its_reference_data_name_and_nothing_else(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    speak(centre, ("overall", VOICE))
    hidden = speak(centre, ("A", VOICE + b"hidden"), lang="rad")[0]
    with desk.database.read() as session:
        identity = state.read_state(session).identity
    assert identity is not None
    names = {"dev": identity.device, "ep": identity.epoch}
    answer = ask(centre, desk, **names)
    assert answer.status == 200 and answer.body.split(b"\n", 2)[2] == VOICE
    assert ask(centre, desk, **names, sha=hidden).status == 404
    for wrong in (sha(b"x"), "../admin.sqlite", "", 5, None):
        assert ask(centre, desk, **names, sha=wrong).status == 404
    assert ask(centre, desk, **names, typ="ref").status == 400
    assert ask(centre, desk, dev="d-9999", ep=1).status == 401
    assert ask(centre, desk, dev=identity.device, ep=99).status == 401
    with centre.database.write() as session:
        session.query(SpokenPrompt).delete()
    assert ask(centre, desk, **names).status == 404
