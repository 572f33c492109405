"""Recordings: taken in as a whole folder or not at all, listed, removed; none comes with the product."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admin.cli import cli
from admin.recordings import store
from admin.settings import Settings
from models.tables.agency import SpokenPrompt
from models.tables.staff_account import AuditRow

MP3, OGG, WAV = b"ID3\x04" + b"\0" * 60, b"OggS" + b"\0" * 60, b"RIFF\x24\0\0\0WAVE" + b"\0" * 60
FRAME = b"\xff\xfb\x90\x00" + b"\0" * 60


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`hailong admin …` over a store of its own."""
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "instance"))

    def invoke(*words: str | Path) -> Result:
        return CliRunner().invoke(cli, [str(word) for word in words])

    assert invoke("upgrade").exit_code == 0
    return invoke


def filled(folder: Path, **files: bytes) -> Path:
    """A folder with files; `overall__vi__mp3` is `overall.vi.mp3`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def kept(tmp_path: Path) -> set[str]:
    """What lies in the centre's folder of recordings."""
    folder = tmp_path / "instance" / "media" / "centre"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def audit(tmp_path: Path) -> list[str]:
    database = Settings.load(tmp_path / "instance").database()
    with database.read() as session:
        said = [f"{row.action} {row.subject[:10]}".strip() for row in session.query(AuditRow).order_by(AuditRow.number)]
    database.close()
    return said


def test_a_folder_is_taken_once_and_again_without_a_change(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", overall__vi__mp3=MP3, A__vi__ogg=OGG, thanks__en__wav=WAV, comment__vi__mp3=FRAME)
    (folder / ".DS_Store").write_bytes(b"x")
    assert json.loads(run("prompts", "import", folder, "--json").stdout) == {"added": 4, "replaced": 0, "unchanged": 0}
    assert json.loads(run("prompts", "import", folder, "--json").stdout) == {"added": 0, "replaced": 0, "unchanged": 4}
    rows = {(row["text"], row["lang"]): row for row in json.loads(run("prompts", "list", "--json").stdout)}
    assert rows[("A", "vi")] == {
        "text": "A", "lang": "vi", "mime": "audio/ogg", "size": len(OGG), "sha": sha(OGG), "here": True,
    }  # fmt: skip
    assert {row["mime"] for row in rows.values()} == {"audio/mpeg", "audio/ogg", "audio/wav"}
    assert kept(tmp_path) == {sha(data) for data in (MP3, OGG, WAV, FRAME)}
    assert len(audit(tmp_path)) == 4


def test_another_recording_takes_the_place_of_the_first_and_the_others_stay(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    run("prompts", "import", filled(tmp_path / "one", overall__vi__mp3=MP3, A__vi__ogg=OGG))
    told = run("prompts", "import", filled(tmp_path / "two", overall__vi__wav=WAV), "--json")
    assert json.loads(told.stdout) == {"added": 0, "replaced": 1, "unchanged": 0}
    assert kept(tmp_path) == {sha(OGG), sha(WAV)}
    assert run("prompts", "remove", "overall", "vi").exit_code == 0
    assert kept(tmp_path) == {sha(OGG)}
    again = run("prompts", "remove", "overall", "vi")
    assert again.exit_code == 1 and "unknown_prompt" in again.output
    assert audit(tmp_path)[-1] == "prompt_removed overall vi"


def test_two_texts_may_share_a_recording(run: Callable[..., Result], tmp_path: Path) -> None:
    run("prompts", "import", filled(tmp_path / "one", A__vi__ogg=OGG, B__vi__ogg=OGG))
    run("prompts", "remove", "A", "vi")
    assert kept(tmp_path) == {sha(OGG)}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("nothing.vi.mp3", MP3, "unknown_text"), ("overall.qq.mp3", MP3, "unknown_language"),
     ("overall.vi.mp4", MP3, "bad_name"), ("overall.mp3", MP3, "bad_name"),
     ("topics.vi.mp3", OGG, "not_sound"), ("topics.vi.ogg", b"<html>", "not_sound"),
     ("topics.vi.wav", b"", "not_sound"),
     ("topics.vi.wav", b"RIFF\x24\0\0\0AVI ", "not_sound"), ("topics.vi.mp3", b"\xff\xd8\xff\xe0", "not_sound"),
     ("overall.vi.ogg", OGG, "twice"), ("topics.vi.mp3", MP3 + b"\0" * store.LARGEST, "too_large")],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_one_bad_file_keeps_out_all_and_is_named(
    run: Callable[..., Result], tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    folder = filled(tmp_path / "in", overall__vi__mp3=MP3)
    (folder / name).write_bytes(data)
    told = run("prompts", "import", folder)
    assert told.exit_code == 1 and f"{code}: " in told.output and name in told.output
    assert "Không có gì thay đổi" in told.output
    assert kept(tmp_path) == set() and json.loads(run("prompts", "list", "--json").stdout) == []


def test_an_empty_folder_is_said_to_be_empty(run: Callable[..., Result], tmp_path: Path) -> None:
    told = run("prompts", "import", filled(tmp_path / "in"))
    assert told.exit_code == 1 and "no_files" in told.output


def test_the_largest_recording_passes(run: Callable[..., Result], tmp_path: Path) -> None:
    largest = OGG + b"\0" * (store.LARGEST - len(OGG))
    assert run("prompts", "import", filled(tmp_path / "in", overall__vi__ogg=largest)).exit_code == 0


def test_a_damaged_file_is_not_given_out_and_the_list_says_so(run: Callable[..., Result], tmp_path: Path) -> None:
    run("prompts", "import", filled(tmp_path / "in", overall__vi__mp3=MP3))
    path = tmp_path / "instance" / "media" / "centre" / sha(MP3)
    path.write_bytes(MP3[:-1] + b"x")
    assert store.read_recording_bytes(tmp_path / "instance", sha(MP3)) is None
    assert store.read_recording_bytes(tmp_path / "instance", "../../admin.sqlite") is None
    assert "MẤT TỆP" in run("prompts", "list").output
    run("prompts", "import", tmp_path / "in")
    assert store.read_recording_bytes(tmp_path / "instance", sha(MP3)) == MP3


def test_the_demo_brings_no_voice(run: Callable[..., Result], tmp_path: Path) -> None:
    database = Settings.load(tmp_path / "instance").database()
    with database.read() as session:
        assert session.query(SpokenPrompt).count() == 0
    database.close()
    assert json.loads(run("prompts", "list", "--json").stdout) == []
