"""`hailong kiosk status` only looks, by the bare driver, and says what a session says.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import cli, status_lines
from kiosk.desk import status_figures
from models.storage import bare_store
from models.storage.bare_store import BareStore
from models.storage.row_reading import read_value
from models.storage.sqlite_module import load_sqlite_module
from tests.clock_seam import environment
from tests.fixtures.damaged_store import checkpoint_log
from tests.fixtures.desk_staff_scene import NOON, StaffScene
from tests.fixtures.desk_states import STATES
from translations import use_locale

ROOT = Path(__file__).resolve().parents[3]
#: Both forms in one process, and what it had loaded at the end.
BOTH = """
import sys, io, json, contextlib, wsgi
told = []
for form in ([], ["--json"]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            wsgi.main(["kiosk", "status", *form])
        except SystemExit as end:
            assert not end.code
    told.append(out.getvalue())
print(json.dumps([*told, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
#: What a look needs none of.
HEAVY = {"flask", "sqlalchemy", "cryptography", "jinja2", "werkzeug", "argon2", "qrcode", "PIL", "waitress", "alembic"}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaffScene]:
    made = StaffScene(tmp_path / "desk")
    made.remember(sound_ms=NOON)
    monkeypatch.setenv("HAILONG_INSTANCE", str(made.folder))
    yield made
    made.store.close()


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder: its size and when it was written to last."""
    return {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in folder.iterdir()}


def closed(scene: StaffScene) -> Path:
    """The desk at rest: nobody has its store open, no log stands beside it."""
    scene.store.close()
    checkpoint_log(scene.folder / "kiosk.sqlite")
    return scene.folder


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "new"])
def test_it_loads_nothing_that_works_and_makes_no_file(scene: StaffScene, tmp_path: Path, paired: bool) -> None:
    folder = closed(scene) if paired else tmp_path / "new"
    folder.mkdir(exist_ok=True)
    before = files(folder)
    done = subprocess.run(
        [sys.executable, "-c", BOTH], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        env=environment(PYTHONPATH=str(ROOT), HAILONG_INSTANCE=str(folder)), timeout=60, check=True,
    )  # fmt: skip
    words, figures, loaded = json.loads(done.stdout)
    assert json.loads(figures)["waiting"] == (12 if paired else 0)
    assert ("12 phiếu" in words) == paired and ("hailong kiosk enrol" in words) != paired
    assert HEAVY & set(loaded) == set()
    assert files(folder) == before and not any(name.startswith("kiosk.sqlite-") for name in before)


@pytest.mark.parametrize("name", STATES)
def test_it_says_what_a_session_says(scene: StaffScene, name: str) -> None:
    STATES[name].make(scene)
    settings = scene.app.extensions["settings"]
    with scene.store.read() as session:
        figures = status_figures.read_figures(session, settings)
        words = {lang: _words(session, scene, lang) for lang in ("vi", "en")}
    figures.pop("disk_free")
    seen = bare_store.read_bare_store(settings.store_file, lambda store: status_figures.read_figures(store, settings))
    assert seen.pop("disk_free") > 0 and seen == figures
    for lang, said in words.items():
        assert bare_store.read_bare_store(settings.store_file, partial(_words, scene=scene, lang=lang)) == said


def _words(reader: object, scene: StaffScene, lang: str) -> list[str]:
    with use_locale(lang):
        return status_lines.build_status_lines(reader, scene.app.extensions["settings"], scene.at)  # type: ignore[arg-type]


def test_it_sees_what_a_server_just_wrote(scene: StaffScene) -> None:
    assert (scene.folder / "kiosk.sqlite-wal").stat().st_size > 0
    before = {name for name in files(scene.folder)}
    scene.rate(1, NOON)
    assert json.loads(CliRunner().invoke(cli, ["status", "--json"]).output)["waiting"] == 13
    assert files(scene.folder).keys() == before


def test_what_changes_meanwhile_is_read_again(scene: StaffScene) -> None:
    file = closed(scene) / "kiosk.sqlite"
    seen = []

    def read(store: BareStore) -> None:
        seen.append(read_value(store, "SELECT count(*) FROM desk_state WHERE name = 'another'"))
        if len(seen) == 1:
            other = load_sqlite_module().connect(file)
            other.execute("INSERT INTO desk_state VALUES ('another', '1')")
            other.commit()
            other.close()
            checkpoint_log(file)

    bare_store.read_bare_store(file, read)
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE alembic_version SET version_num = 'kiosk_0001'", "store_older"),
        ("UPDATE alembic_version SET version_num = 'kiosk_9999'", "store_newer"),
        ("UPDATE alembic_version SET version_num = 'central_0001'", "other_store"),
        ("DROP TABLE alembic_version", "other_store"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["words", "json"])
def test_a_store_of_another_version_is_named_and_left_alone(
    scene: StaffScene, statement: str, code: str, form: list[str]
) -> None:
    file = closed(scene) / "kiosk.sqlite"
    store = load_sqlite_module().connect(file)
    store.execute(statement)
    store.commit()
    store.close()
    checkpoint_log(file)
    before = files(scene.folder)
    result = CliRunner().invoke(cli, ["status", *form])
    assert result.exit_code == 1 and result.stdout == "" and result.stderr.startswith(f"{code}: ")
    assert files(scene.folder) == before


def test_a_folder_that_is_not_there_is_no_new_desk(scene: StaffScene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.store.close()
    shutil.rmtree(scene.folder)
    scene.folder.write_text("x", encoding="utf-8")
    monkeypatch.setenv("HAILONG_INSTANCE", str(scene.folder / "deeper"))
    assert CliRunner().invoke(cli, ["status"]).stderr.startswith("no_store: ")


def test_an_empty_file_is_a_desk_to_be_paired(
    scene: StaffScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "kiosk.sqlite").touch()
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "new"))
    assert "hailong kiosk enrol" in CliRunner().invoke(cli, ["status"]).output
    assert (tmp_path / "new" / "kiosk.sqlite").stat().st_size == 0
