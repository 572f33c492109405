"""Issuing of a report: once, the same for ever, revised only when the figures changed."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from admin.reports.issuing import PreparedReport, ReportRefused, find_report_by_code, prepare_report, store_report
from admin.statistics import queries
from models.clock import day_start
from models.protocol import canonical
from models.storage.database import Database
from models.tables.staff_account import StoreMark
from models.tables.tally import IssuedReport
from tests.fixtures.tally_rows import add_answers
from tests.fixtures.tally_rows import make_store as small_province

OVER = day_start("2026-11-01")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = small_province(store_url)
    with database.write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 90))
    yield database
    database.close()


def issued(database: Database, now_ms: int = OVER, *, revise: bool = False) -> PreparedReport:
    with database.write() as session:
        found = prepare_report(session, "HL", "2026-10", now_ms, revise=revise)
        return store_report(session, found, now_ms) if found.new else found


def stored(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(IssuedReport)) or 0


def test_a_report_is_stored_once_and_comes_back(database: Database) -> None:
    first = issued(database)
    assert first.new
    assert re.fullmatch(r"[0-9A-F]{4}(-[0-9A-F]{4}){2}", first.code)
    assert (first.figures["n"], first.figures["index"], first.figures["code"]) == (100, "90.00", first.code)
    with database.write() as session:
        add_answers(session, "HL", (50, 0, 0, 0, 0), channel="qr")
    again = issued(database, OVER + 999)
    assert (again.new, again.code, again.figures, again.sha) == (False, first.code, first.figures, first.sha)
    with database.read() as session:
        row = session.get_one(IssuedReport, first.code)
        assert row.issued_ms == OVER
        assert hashlib.sha256(row.figures.encode()).hexdigest() == row.sha == first.sha
        assert canonical.parse(row.figures.encode(), limit=65536) == first.figures


def test_a_month_that_is_not_over_is_only_previewed(database: Database) -> None:
    with pytest.raises(ReportRefused) as refused:
        issued(database, OVER - 1)
    assert refused.value.code == "month_open"
    with database.write() as session:
        preview = prepare_report(session, "HL", "2026-10", OVER - 1, preview=True)
    assert preview.figures["preview"] is True
    assert (preview.new, preview.code, preview.figures["n"]) == (False, "", 100)
    assert stored(database) == 0


def test_a_revision_says_what_was_and_what_is(database: Database) -> None:
    first = issued(database)
    unchanged = issued(database, revise=True)
    assert (unchanged.new, unchanged.code) == (False, first.code)
    with database.write() as session:
        add_answers(session, "HL", (50, 0, 0, 0, 0), channel="qr")
    second = issued(database, OVER + 5, revise=True)
    assert (second.new, second.revision, second.figures["revision"]) == (True, 2, 2)
    assert second.code != first.code
    assert second.figures["revised"] == {"was": {"n": 100, "index": "90.00"}, "is": {"n": 150, "index": "60.00"}}
    third = issued(database, revise=True)
    assert (third.new, third.revision, third.code) == (False, 2, second.code)
    assert issued(database).code == second.code
    with database.read() as session:
        old = find_report_by_code(session, first.code)
    assert old is not None and old.figures == first.figures


def test_what_an_older_report_did_not_hold_makes_no_revision(database: Database) -> None:
    first = issued(database)
    with database.write() as session:
        row = session.get_one(IssuedReport, first.code)
        older = {name: value for name, value in first.figures.items() if name not in ("second", "partial")}
        row.figures = canonical.dump(older, limit=65536).decode()
    unchanged = issued(database, revise=True)
    assert (unchanged.new, unchanged.code, "second" in unchanged.figures) == (False, first.code, False)


def test_revising_what_was_never_issued_issues_it(database: Database) -> None:
    assert issued(database, revise=True).revision == 1


def test_a_code_is_found_however_it_is_typed(database: Database) -> None:
    code = issued(database).code
    with database.read() as session:
        for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
            found = find_report_by_code(session, typed)
            assert found is not None and found.code == code
        assert find_report_by_code(session, "0000-0000-0000") is None
        assert find_report_by_code(session, "") is None


def test_practice_is_frozen_with_the_figures(database: Database) -> None:
    assert issued(database).figures["practice"] is False
    with database.write() as session:
        session.add(StoreMark(name="practice", value="1"))
    with database.write() as session:
        assert prepare_report(session, "YM", "2026-10", OVER).figures["practice"] is True


def test_unknown_agencies_and_periods_are_refused(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(queries.UnknownAgency):
            prepare_report(session, "XX", "2026-10", OVER)
        with pytest.raises(queries.BadPeriod):
            prepare_report(session, "HL", "10/2026", OVER)


def test_two_at_once_get_the_same_report(database: Database) -> None:
    ready, results = threading.Barrier(2), []

    def run() -> None:
        ready.wait()
        results.append(issued(database))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.code for result in results}) == 1
    assert sorted(result.new for result in results) == [False, True]
    assert stored(database) == 1
