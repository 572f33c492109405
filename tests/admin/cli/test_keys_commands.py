"""`hailong admin keys`, and the entrances of a centre whose store came back without its keys."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import wsgi
from admin.cli import cli
from admin.ledgers import signing_keys
from admin.settings import Settings
from models.tables.device import Epoch
from tests.clock_seam import environment

ROOT = Path(__file__).resolve().parents[3]
PAPERS = "overall,answered_at\n5,2026-09-01T09:00\n4,2026-09-02T09:00\n"


def ran(folder: Path, *words: str, stdin: str = "") -> Result:
    env = {"HAILONG_INSTANCE": str(folder), "DATABASE_URL": None}
    return CliRunner().invoke(cli, list(words), env=env, input=stdin)


def done(folder: Path, *words: str) -> Any:
    result = ran(folder, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def took(folder: Path, papers: str) -> int:
    """Take a file of paper forms; returns how many were written."""
    file = folder.parent / "papers.csv"
    file.write_text(papers, encoding="utf-8")
    words = ("responses", "import", str(file), "--agency", "NB", "--instrument", "short")
    return int(done(folder, *words)["written"])


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    """An instance folder, set up by commands, with two paper forms."""
    folder = tmp_path / "centre"
    agencies = tmp_path / "agencies.csv"
    head = "key,parent,kind,name_vi,name_en,scheme,code,valid_from,valid_to"
    agencies.write_text(f"{head}\nNB,,province,Tỉnh,Province,MDDD,1,2025-07-01,\n", encoding="utf-8")
    for words in (("upgrade",), ("agencies", "import", str(agencies))):
        result = ran(folder, *words)
        assert result.exit_code == 0, result.output
    assert took(folder, PAPERS) == 2
    return folder


def taken_away(folder: Path) -> dict[str, bytes]:
    """The key files, which are gone then."""
    found = {name: (folder / name).read_bytes() for name in signing_keys.FILES}
    for name in found:
        (folder / name).unlink()
    return found


def put_back(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))}


def test_no_entrance_makes_a_key_that_is_gone(
    centre: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = taken_away(centre)
    before = names(centre)
    papers, stick = tmp_path / "more.csv", tmp_path / "stick"
    papers.write_text(PAPERS + "3,2026-09-03T09:00\n", encoding="utf-8")
    stick.write_bytes(b"x")
    for words in (
        ("upgrade",), ("index", "NB", "2026-09"), ("report", "NB", "2026-09"), ("ingest-file", str(stick)),
        ("simulate", "--agencies", "1", "--days", "1"), ("demo-serve",),
        ("responses", "import", str(papers), "--agency", "NB", "--instrument", "short"),
    ):  # fmt: skip
        result = ran(centre, *words)
        assert result.exit_code == 1 and result.stderr.startswith("key_missing: "), (words, result.output)
        assert all(name in result.stderr for name in files), words
    monkeypatch.setenv("HAILONG_INSTANCE", str(centre))
    with pytest.raises(SystemExit) as ended:
        wsgi.admin()
    assert ended.value.code == 4 and re.search("key_missing: .*centre.key", capsys.readouterr().err)
    served = subprocess.run(
        [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "admin", "serve", "--port", "0"],
        env=environment(HAILONG_INSTANCE=str(centre), PYTHONPATH=str(ROOT), PYTHONUTF8="1"),
        capture_output=True, text=True, timeout=60, encoding="utf-8",
    )  # fmt: skip
    assert served.returncode == 1 and served.stderr.splitlines()[-1].startswith("key_missing: "), served.stderr
    assert names(centre) - {"admin.cfg"} == before - {"admin.cfg"}
    put_back(centre, files)
    assert ran(centre, "upgrade").exit_code == 0
    assert done(centre, "index", "NB", "2026-09", "--unsuppressed")["n"] == 2


def test_what_only_reads_needs_no_secret(centre: Path) -> None:
    whole = done(centre, "verify")
    taken_away(centre)
    assert done(centre, "verify") == whole and whole["ok"] and len(whole["ledgers"]) == 2
    assert done(centre, "recount")["changed"] == 0
    assert done(centre, "devices", "list")[0]["device"] == "c-import"
    listed = ran(centre, "keys", "--json")
    assert listed.exit_code == 1 and listed.stderr.startswith("key_missing: ")
    assert {key["state"] for key in json.loads(listed.stdout)["keys"]} == {"missing"}


def test_verify_calls_another_key_s_certificates_wrong(centre: Path, tmp_path: Path) -> None:
    """The register says whose they are: what lies in the folder proves nothing."""
    assert ran(tmp_path / "other", "upgrade").exit_code == 0
    put_back(centre, taken_away(tmp_path / "other"))
    assert done(centre, "verify")["ok"]
    assert ran(centre, "upgrade").stderr.startswith("key_mismatch: ")
    with Settings(centre, f"sqlite:///{centre / 'admin.sqlite'}").database().write() as session:
        session.connection().exec_driver_sql(
            "UPDATE key_register SET public = '" + "ab" * 32 + "' WHERE name = 'centre.key'"
        )
    result = ran(centre, "verify", "--json")
    assert result.exit_code == 1 and result.stderr.startswith("ledger_broken: ")


def test_every_key_is_listed_with_its_state(centre: Path) -> None:
    found = done(centre, "keys")
    assert found["ok"] and [key["name"] for key in found["keys"]] == list(signing_keys.FILES)
    assert all(key["purpose"] and len(key["fingerprint"]) == 19 and key["since"] for key in found["keys"])
    assert {key["name"]: key["epoch"] for key in found["keys"] if key["epoch"]} == {
        "c-web-1.key": 1, "c-import.key": 1}  # fmt: skip
    (centre / "centre.box").write_bytes(b"half")
    (centre / "centre.pages").write_bytes((centre / "centre.codes").read_bytes())
    (centre / "centre.codes").unlink()
    text = ran(centre, "keys")
    assert text.exit_code == 1
    lines = {line.split()[0]: line for line in text.stdout.splitlines()}
    assert "đúng chỗ" in lines["centre.key"] and found["keys"][0]["fingerprint"] in lines["centre.key"]
    assert "TỆP HỎNG" in lines["centre.box"] and "KHÓA KHÁC" in lines["centre.pages"]
    assert "THIẾU TỆP" in lines["centre.codes"] and "kỳ sổ 1" in lines["c-import.key"]
    assert not any(path.read_bytes().hex() in text.output for path in centre.glob("c*.*") if path.suffix != ".cfg")


@pytest.mark.parametrize("typed", ["", "centre.box\n", "centre.codes\nchấp nhận mất\n", "centre.box\nok\n"])
def test_nothing_is_replaced_before_both_confirmations(centre: Path, typed: str) -> None:
    before = {name: (centre / name).read_bytes() for name in signing_keys.FILES}
    for more in ((), ("--yes-lost",)) if typed.startswith("centre.codes") else ((), ("--yes",)):
        result = ran(centre, "keys", "replace", "centre.box", *more, stdin="" if more else typed)
        assert result.exit_code == 1 and "not_confirmed: " in result.stderr
    assert {name: (centre / name).read_bytes() for name in signing_keys.FILES} == before
    assert done(centre, "keys")["ok"]


def test_a_replaced_recorder_goes_on_in_a_new_epoch(centre: Path) -> None:
    (centre / "c-import.key").unlink()
    result = ran(centre, "keys", "replace", "c-import.key", stdin="c-import.key\nChap nhan  mat\n")
    assert result.exit_code == 0 and "Không phiếu nào bị xóa" in result.stderr, result.output
    shown = next(key for key in done(centre, "keys")["keys"] if key["name"] == "c-import.key")
    assert shown["epoch"] == 2 and len(shown["replaced"]) == 1
    assert "đã thay" in ran(centre, "keys").stdout
    assert took(centre, PAPERS + "3,2026-09-03T09:00\n") == 1
    assert done(centre, "index", "NB", "2026-09", "--unsuppressed")["n"] == 3
    ledgers = {(one["device"], one["epoch"]): one["last"] for one in done(centre, "verify")["ledgers"]}
    assert ledgers == {("c-web-1", 1): 0, ("c-import", 1): 2, ("c-import", 2): 1}


def test_a_name_whose_last_epoch_is_used_is_told_so_before_anything_changes(centre: Path) -> None:
    database = Settings(centre, f"sqlite:///{(centre / 'admin.sqlite').as_posix()}").database()
    with database.write() as session:
        session.add(Epoch(device_id="c-import", epoch=255, vk="0" * 64, certificate=b"", certificate_signature="",
                          genesis="", issued_ms=1, last_h=""))  # fmt: skip
    database.close()
    before = (centre / "c-import.key").read_bytes()
    result = ran(centre, "keys", "replace", "c-import.key", "--yes", "--yes-lost")
    assert result.exit_code == 1 and result.stderr.startswith("name_ended: ")
    assert "Không có gì thay đổi" in result.stderr
    assert (centre / "c-import.key").read_bytes() == before


def test_everything_lost_is_replaced_key_by_key_by_a_script(centre: Path) -> None:
    taken_away(centre)
    for name in signing_keys.FILES:
        made = done(centre, "keys", "replace", name, "--yes", "--yes-lost")
        assert made["kept"] is None and made["lost"] and made["devices"] == []
    assert done(centre, "keys")["ok"] and ran(centre, "upgrade").exit_code == 0
    assert took(centre, PAPERS + "3,2026-09-03T09:00\n") == 1
    assert done(centre, "verify")["ok"]
    assert {one["epoch"] for one in done(centre, "verify")["ledgers"]} == {1, 2}
