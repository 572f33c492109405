"""PostgreSQL's programs: which are taken, what is said when none fits, and that no password is seen."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from admin.backup import BackupRefused, creation, manifest, postgresql_tools, restoration, store_facts
from admin.backup.postgresql_tools import EXE
from tests.fixtures import postgres
from tests.fixtures.backed_up_centre import make_centre, make_settings

SECRET = "m4t-kh4u"


def quiet(step: str, done: int, of: int) -> None:
    """Nobody watches."""


def tools(folder: Path, dump: str, restore: str = "") -> Path:
    """A folder of programs that say their version and do nothing."""
    folder.mkdir()
    for name, version in (("pg_dump", dump), ("pg_restore", restore or dump)):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose programs lie below this folder alone."""
    monkeypatch.setattr(postgresql_tools, "PLACES", (f"{tmp_path}/usr-*",))
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/nowhere-at-all")
    return tmp_path


def test_the_server_s_own_version_is_taken_before_a_newer_one_wherever_it_lies(places: Path) -> None:
    tools(places / "path", "15.18 (Debian 15.18-0+deb12u1)")
    tools(places / "usr-17", "17.2")
    tools(places / "usr-18", "18.4")
    found = [postgresql_tools.find_tools(None, server) for server in (15, 16, 17, 18)]
    assert [(one.folder.name, one.version) for one in found] == [
        ("path", 15), ("usr-17", 17), ("usr-17", 17), ("usr-18", 18),
    ]  # fmt: skip


def test_programs_that_are_too_old_missing_or_of_two_versions_are_named(places: Path) -> None:
    with pytest.raises(BackupRefused) as refused:
        postgresql_tools.find_tools(None, 18)
    assert refused.value.code == "pg_tools_missing"
    tools(places / "path", "18.1", "15.2")
    with pytest.raises(BackupRefused) as refused:
        postgresql_tools.find_tools(None, 18)
    assert refused.value.code == "pg_tools_missing"
    tools(places / "usr-15", "15.18")
    with pytest.raises(BackupRefused) as refused:
        postgresql_tools.find_tools(None, 18)
    assert refused.value.code == "pg_tools_old"
    sentence = str(refused.value)
    assert "bản 15" in sentence and "postgresql-client-18" in sentence
    with pytest.raises(BackupRefused) as refused:
        postgresql_tools.find_tools(places / "named", 15)  # the folder that was named, and no other
    assert refused.value.code == "pg_tools_missing" and "named" in str(refused.value.values["place"])


def test_no_password_stands_in_a_command_line(
    postgres_server: postgres.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spies = tmp_path / "spies"
    spies.mkdir()
    for name in ("pg_dump", "pg_restore"):
        real = postgres.find_programs() / f"{name}{EXE}"
        (spies / name).write_text(
            f'#!/bin/sh\necho "$0 $@ PASSWORD=$PGPASSWORD" >> {tmp_path}/seen\nexec {real} "$@"\n'
        )
        (spies / name).chmod(0o755)
    with postgres_server.database() as first, postgres_server.database() as second:
        url = first.replace("postgres@", f"postgres:{SECRET}@")
        settings, database = make_centre(tmp_path / "centre", url)
        monkeypatch.setenv("HAILONG_PG_BIN", str(spies))
        creation.make_backup(replace(settings, pg_bin=spies), tmp_path / "night", 1, quiet)
        database.close()
        monkeypatch.setenv("DATABASE_URL", second.replace("postgres@", f"postgres:{SECRET}@"))
        place = make_settings(tmp_path / "place", os.environ["DATABASE_URL"])
        restoration.restore_backup(tmp_path / "night", replace(place, pg_bin=spies), quiet)
    seen = [line for line in (tmp_path / "seen").read_text().splitlines() if "--dbname" in line]
    assert len(seen) == 2 and all(line.endswith(f"PASSWORD={SECRET}") for line in seen)
    assert not any(SECRET in line.partition("PASSWORD=")[0] for line in seen)
    assert all(SECRET.encode() not in path.read_bytes() for path in (tmp_path / "night").rglob("*") if path.is_file())


def test_a_dump_is_of_the_moment_its_figures_were_read(postgres_store_url: str, tmp_path: Path) -> None:
    settings, database = make_centre(tmp_path / "centre", postgres_store_url)
    late = tools(tmp_path / "late", "18.4")
    real = postgres.find_programs()
    (late / "pg_dump").write_text(
        f"#!{sys.executable}\nimport os, sys, psycopg\n"
        "if '--version' not in sys.argv:\n"
        f"    with psycopg.connect({postgres_store_url.replace('+psycopg', '')!r}) as own:\n"
        "        own.execute(\"INSERT INTO store_mark (name, value) VALUES ('meanwhile', '1')\")\n"
        f"os.execv({str(real / 'pg_dump')!r}, sys.argv)\n"
    )
    (late / "pg_restore").write_text(f"#!/bin/sh\nexec {real / 'pg_restore'} \"$@\"\n")
    with database.read() as session:
        before = store_facts.read_store_facts(session)
    assert creation.make_backup(replace(settings, pg_bin=late), tmp_path / "night", 1, quiet).facts == before
    with database.read() as session:
        assert store_facts.find_differences(before, store_facts.read_store_facts(session)) == ["store_mark"]
    database.close()


def test_a_dump_that_breaks_off_leaves_nothing_and_its_words_are_said(
    postgres_store_url: str, tmp_path: Path
) -> None:
    settings, database = make_centre(tmp_path / "centre", postgres_store_url)
    broken = tools(tmp_path / "broken", "18.4")
    (broken / "pg_dump").write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo 'pg_dump (PostgreSQL) 18.4' && exit\n"
        "echo half of it\necho 'pg_dump: error: the server went away' >&2\nexit 1\n"
    )
    with pytest.raises(BackupRefused) as refused:
        creation.make_backup(replace(settings, pg_bin=broken), tmp_path / "b", 1, quiet)
    assert refused.value.code == "pg_dump_failed" and "went away" in str(refused.value.values["reason"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "centre"]
    (broken / "pg_dump").write_text(
        f"#!/bin/sh\n[ $1 = --version ] && echo 'pg_dump (PostgreSQL) 18.4' && exit\n"
        f"{postgres.find_programs() / 'pg_dump'} \"$@\" --exclude-table-data=entry\n"
    )
    (broken / "pg_restore").write_text(f"#!/bin/sh\nexec {postgres.find_programs() / 'pg_restore'} \"$@\"\n")
    with pytest.raises(BackupRefused) as refused:
        creation.make_backup(replace(settings, pg_bin=broken), tmp_path / "b", 1, quiet)
    assert (refused.value.code, refused.value.values["tables"]) == ("store_differs", "entry")
    database.close()
    with pytest.raises(BackupRefused):
        manifest.read_manifest(tmp_path / "b")
