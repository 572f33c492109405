"""Paper forms in the store: counted by hand, taken once however they are exported, all or none."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from admin.cli import cli
from admin.imports import mapping
from admin.imports.paper_file_preview import PaperFilePreview
from admin.ledgers import recorder, verification
from admin.ledgers.signing_keys import IMPORT, CentreKeys
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.tallies import recount
from models.storage.database import Database
from models.tables.agency import DossierMonth
from models.tables.ledger_entry import StoredEntry
from models.tables.response import OpenedSidecar, Response
from tests.clock_seam import environment
from tests.fixtures import form_tables
from tests.fixtures.form_tables import (
    AGENCY,
    HEAD,
    WORDS,
    count_stored,
    import_file,
    make_forms,
    preview_import,
    write_csv,
    write_xlsx,
)

GOOGLE = mapping.load_mapping(Path("google-form-short"))
ROOT = Path(__file__).parents[3]


def test_the_index_is_what_a_hand_counts(store_with_agencies: Database, keys: CentreKeys, tmp_path: Path) -> None:
    rows = make_forms(48)
    found = preview_import(store_with_agencies, write_csv(rows, tmp_path / "a.csv"), GOOGLE)
    assert found.errors == [] and found.lines == len(rows) == 60
    assert import_file(store_with_agencies, keys, found) == 60
    by_hand = Counter(WORDS.index(row[2]) for row in rows)
    with store_with_agencies.write() as session:
        session.add(DossierMonth(agency_key=AGENCY, month="2026-10", received=100, closed=100, overdue=0))
        recount.recount_stale(session)
        suppression_store.refresh_hidden_cells(session, "2026-10")
    with store_with_agencies.read() as session:
        document = queries.build_index_document(session, AGENCY, "2026-10")
        assert document["n"] == 60
        assert document["distribution"] == {str(score): by_hand[score] for score in range(1, 6)}
        assert document["index"] == f"{100 * (by_hand[4] + by_hand[5]) / 60:.2f}"
        # papers hang on no dossier: they count in the index and in no response rate
        assert document["response_rate"] == {"value": None, "denominator": 100}
        assert {row.channel for row in session.scalars(select(Response))} == {"paper"}
        assert [ledger.first_bad for ledger in verification.verify_ledgers(session, keys.public, IMPORT)] == [None]
        assert {row.desk_code for row in session.scalars(select(Response))} == {f"{AGENCY}-Q1"}


def test_what_names_people_is_stored_nowhere(store_with_agencies: Database, keys: CentreKeys, tmp_path: Path) -> None:
    import_file(
        store_with_agencies,
        keys,
        preview_import(store_with_agencies, write_csv(make_forms(20), tmp_path / "a.csv"), GOOGLE),
    )
    with store_with_agencies.read() as session:
        words = set(session.scalars(select(OpenedSidecar.value)))
        assert words == {"Cảm ơn, gọi •••", 'Chờ "lâu";\nnóng'}
        kept = b"".join(session.scalars(select(StoredEntry.bytes))).decode()
        # the number as it was written, and without its spaces: four digits alone stand in some hash of any store
        assert all(said not in kept for said in ("Nguyễn", "0912 345", "0912345", "Cảm ơn"))


DRESSES = [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("xlsx", "")]


def dressed(rows: list[form_tables.Form], dress: tuple[str, str], path: Path) -> Path:
    encoding, sign = dress
    return write_xlsx(rows, path) if encoding == "xlsx" else write_csv(rows, path, sign=sign, encoding=encoding)


def test_taken_again_in_any_order_and_dress_nothing_changes(
    store_with_agencies: Database, keys: CentreKeys, tmp_path: Path
) -> None:
    """Every way a spreadsheet could export the same forms again, after any part of them was there already."""
    rows = make_forms(12)
    path = tmp_path / "a.csv"
    taken = 0

    @settings(max_examples=12, derandomize=True, deadline=None, database=None,
              suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
    @given(st.integers(1, len(rows)), st.randoms(use_true_random=False), st.sampled_from(DRESSES))
    def again(part: int, dice: random.Random, dress: tuple[str, str]) -> None:
        nonlocal taken
        mixed = rows[:part]
        dice.shuffle(mixed)
        before = dump(store_with_agencies)
        found = preview_import(store_with_agencies, dressed(mixed, dress, path), GOOGLE)
        assert found.errors == []
        assert import_file(store_with_agencies, keys, found) == max(0, part - taken)
        if part <= taken:
            assert dump(store_with_agencies) == before
        taken = max(taken, part)

    again()
    found = preview_import(store_with_agencies, write_csv(rows, path), GOOGLE)
    import_file(store_with_agencies, keys, found)
    with store_with_agencies.read() as session:
        words = sum(bool(row[4]) for row in rows)
        assert count_stored(session) == (15, 15, words)


def dump(database: Database) -> list[object]:
    """Everything the store holds of answers."""
    with database.read() as session:
        tables = [StoredEntry, Response, OpenedSidecar]
        return [sorted(map(repr, session.execute(select(*table.__table__.columns)))) for table in tables]


def test_two_who_take_the_same_file_at_once_take_it_once(
    store_with_agencies: Database, keys: CentreKeys, tmp_path: Path
) -> None:
    found = preview_import(store_with_agencies, write_csv(make_forms(24), tmp_path / "a.csv"), GOOGLE)
    with store_with_agencies.write() as session:
        recorder.lock_open_epoch(session, keys, IMPORT, form_tables.NOW)  # as `hailong admin upgrade` leaves it
    start = Barrier(2)

    def one(_: int) -> int:
        start.wait()
        return import_file(store_with_agencies, keys, found)

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(one, range(2))) == [0, 30]
    with store_with_agencies.read() as session:
        assert count_stored(session)[:2] == (30, 30)
        assert {response.outcome for response in session.scalars(select(Response))} == {"counted"}


def test_an_id_of_the_file_holds_whatever_else_changes(
    store_with_agencies: Database, keys: CentreKeys, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"

    def file(text: str) -> PaperFilePreview:
        path.write_text(f"id,answered_at,overall,comment\n{text}", encoding="utf-8")
        return preview_import(store_with_agencies, path, mapping.TableMapping())

    first = file("a1,2026-10-14,5,tốt\na2,2026-10-14,5,tốt\n")
    assert import_file(store_with_agencies, keys, first) == 2
    assert file("a2,14/10/2026,5.0,khác\n").here == 1
    changed = file("a2,14/10/2026,1,tốt\na3,2026-10-14,1,\na3,2026-10-14,1,\n")
    assert [(error.code, error.line) for error in changed.errors] == [("id_taken", 2), ("doubled_id", 4)]
    assert import_file(store_with_agencies, keys, changed) == 1
    with store_with_agencies.read() as session:
        assert Counter(session.scalars(select(Response.score))) == {1: 1, 5: 2}


def test_without_a_day_a_form_belongs_to_the_month_alone(
    store_with_agencies: Database, keys: CentreKeys, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("overall\n5\n5\n2\n", encoding="utf-8")
    assert {error.code for error in preview_import(store_with_agencies, path, mapping.TableMapping()).errors} == {
        "no_date"
    }
    found = preview_import(store_with_agencies, path, mapping.TableMapping(), month="2026-02")
    assert import_file(store_with_agencies, keys, found) == 3
    with store_with_agencies.write() as session:
        recount.recount_stale(session)
    with store_with_agencies.read() as session:
        assert queries.build_index_document(session, AGENCY, "2026-02", unsuppressed=True)["n"] == 3
        assert {(row.day, row.month) for row in session.scalars(select(Response))} == {("", "2026-02")}
    again = preview_import(store_with_agencies, path, mapping.TableMapping(), month="2026-02")
    other = preview_import(store_with_agencies, path, mapping.TableMapping(), month="2026-03")
    assert (len(again.new), len(other.new)) == (0, 3)


def test_a_day_before_the_centre_existed_stays_that_day(
    store_with_agencies: Database, keys: CentreKeys, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("overall,answered_at\n4,31/07/2025 23:59:59\n4,2025-07-31T17:30:00Z\n", encoding="utf-8")
    import_file(store_with_agencies, keys, preview_import(store_with_agencies, path, mapping.TableMapping()))
    with store_with_agencies.read() as session:
        assert sorted(session.scalars(select(Response.day))) == ["2025-07-31", "2025-08-01"]


# the command itself, on SQLite: what it prints, what it leaves


@pytest.fixture
def centre_of_its_own(tmp_path: Path) -> Path:
    """An instance with agencies; returns a folder for files."""
    run("upgrade")
    run("agencies", "import", str(ROOT / "admin/demo/agencies.csv"))
    run("desks", "add", AGENCY, f"{AGENCY}-Q1", "Quầy 1")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def paper(path: Path, *words: str) -> Result:
    return run("responses", "import", str(path), "--agency", AGENCY, "--instrument", "short", *words)


def stored() -> tuple[int, int, int]:
    database = Database(f"sqlite:///{os.environ['HAILONG_INSTANCE']}/admin.sqlite")
    with database.read() as session:
        found = count_stored(session)
    database.close()
    return found


def test_a_dry_run_names_every_problem_and_writes_nothing(centre_of_its_own: Path) -> None:
    rows = [list(row) for row in make_forms(4)]
    rows[0][2], rows[2][5], rows[2][2] = "Tạm được", "Quầy 9", "6"
    path = write_csv([tuple(row) for row in rows], centre_of_its_own / "a.csv")  # type: ignore[misc]
    tried = paper(path, "--mapping", "google-form-short", "--dry-run", "--json")
    assert tried.exit_code == 1 and stored() == (0, 0, 0)
    document = json.loads(tried.stdout)
    said = [(problem["line"], problem["column"], problem["code"]) for problem in document["problems"]]
    assert said == [(2, "C", "bad_answer"), (4, "C", "bad_answer"), (4, "F", "unknown_desk")]
    assert (document["lines"], document["new"], document["bad"], document["written"]) == (5, 3, 2, 0)
    assert tried.stderr.startswith("bad_lines: ")
    refused = paper(path, "--mapping", "google-form-short")
    assert refused.exit_code == 1 and "dòng 4, cột F" in refused.stdout and stored() == (0, 0, 0)
    good = paper(path, "--mapping", "google-form-short", "--skip-bad")
    assert good.exit_code == 0 and stored()[1] == 3


def test_a_dry_run_of_a_good_file_writes_nothing_either(centre_of_its_own: Path) -> None:
    path = write_csv(make_forms(4), centre_of_its_own / "a.csv")
    tried = paper(path, "--mapping", "google-form-short", "--dry-run")
    assert tried.exit_code == 0 and "chưa ghi gì" in tried.stdout and stored() == (0, 0, 0)
    assert paper(path, "--mapping", "google-form-short").exit_code == 0 and stored()[1] == 5


def test_killed_in_the_middle_nothing_is_half_there(centre_of_its_own: Path) -> None:
    path = write_csv(make_forms(1600), centre_of_its_own / "a.csv")
    words = ["admin", "responses", "import", str(path), "--agency", AGENCY, "--instrument", "short",
             "--mapping", "google-form-short"]  # fmt: skip
    code = "import sys, wsgi; sys.exit(wsgi.main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert process.stderr is not None
    heard = b""
    while b"Ghi v" not in heard and (more := os.read(process.stderr.fileno(), 200)):
        heard += more
    process.send_signal(signal.SIGKILL)  # some hundred forms are written, and nothing is promised yet
    process.wait()
    process.stderr.close()
    assert process.returncode == -signal.SIGKILL, heard
    assert stored() == (0, 0, 0)
    done = paper(path, "--mapping", "google-form-short", "--json")
    assert json.loads(done.stdout)["written"] == 2000
    assert stored()[:2] == (2000, 2000)
    assert json.loads(run("verify", "--json").stdout)["ok"] is True


def test_the_header_names_what_was_left_out(centre_of_its_own: Path) -> None:
    path = write_csv(make_forms(4), centre_of_its_own / "a.csv")
    shown = paper(path, "--mapping", "google-form-short", "--dry-run").stdout
    assert "Họ và tên" in shown and "bỏ qua, không lưu" in shown and "→ overall" in shown
    assert all(name[:20] in shown for name in HEAD)
