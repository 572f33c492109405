"""The cache of tallies: what is kept comes without a statement, and never after it is out of date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from admin import jobs
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.measures.periods import months_until
from admin.statistics.tallies import cache, recount, staleness
from models.clock import day_start
from models.storage.database import Database
from models.tables.agency import Agency
from models.tables.response import Response
from tests.fixtures.tally_rows import make_store

YEAR = tuple(f"2026-{number:02d}" for number in range(1, 13))


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = make_store(store_url)
    for agency in ("HL", "YM", "SNV"):
        add(database, agency, 40, month="2026-09")
        add(database, agency, 40)
    yield database
    database.close()


_numbers = iter(range(1, 10**6))


def add(database: Database, agency: str, n: int, *, score: int = 5, month: str = "2026-10") -> None:
    """`n` responses that come in, and the recount that follows."""
    with database.write() as session:
        for number in (next(_numbers) for _ in range(n)):
            session.add(
                Response(
                    id=f"{number:032x}", device_id="d", epoch=1, seq=number, agency_key=agency, channel="kiosk",
                    lang="vi", instrument="short", version=1, state="complete", score=score,
                    answers={"overall": score}, topics=[], outcome="counted", at_ms=0, low_ms=0, high_ms=0,
                    claimed_ms=0, day=f"{month}-01", month=month,
                )
            )  # fmt: skip
        staleness.mark_stale(session, {(agency, month)})
        recount.recount_stale(session)


def ask(database: Database) -> dict[str, Any]:
    """What a page of the province reads of tallies."""
    with database.read() as session:
        keys = queries.read_scope_keys(session, "NB")
        return {
            "whole": queries.read_figure(session, keys, ("2026-10",), "short"),
            "year": queries.read_figure(session, keys, YEAR, "short"),
            "trend": queries.read_trend(session, keys, "2026-10", 2),
            "agencies": queries.compare_all_agencies(session, "NB", "2026-10", "short"),
            "breaks": queries.find_series_breaks(session, keys, "2026-10", 2),
            "channels": queries.IndexFacts(session, keys, "2026-10", "short").channels,
            "ward": queries.read_figure(session, {"HL", "HL-CN"}, ("2026-10",), "short"),
        }


def sizes(found: dict[str, Any]) -> tuple[Any, ...]:
    agencies = {row.key: row.figure.n for row in found["agencies"]}
    months = [figure.n for _month, figure in found["trend"]]
    return found["whole"].n, found["year"].n, months, agencies["HL"], found["ward"].n


def statements(database: Database, sent: list[str]) -> None:
    event.listen(database.engine, "before_cursor_execute", lambda c, cursor, statement, *rest: sent.append(statement))


def of_tallies(sent: list[str]) -> list[str]:
    """The statements that read numbers."""
    read = [one for one in sent if "FROM tally_brief" in one or "FROM tally_month" in one]
    ends = ("max(tally_brief.month)", "min(tally_brief.month)", "min(tally_month.month)")  # looked up at an index
    return [one for one in read if not any(end in one for end in ends)]


def test_what_did_not_change_is_not_read_again(database: Database) -> None:
    first, sent = ask(database), list[str]()
    statements(database, sent)
    assert ask(database) == first
    assert not of_tallies(sent)


def test_upkeep_reads_what_the_province_asks_for_next(database: Database) -> None:
    with database.write() as session:  # nobody answered in the year before, which was counted too
        staleness.draw_stamps(session, [(key, month) for key in ("HL", "YM") for month in months_until("2026-08", 11)])
    now, sent = day_start("2026-11-05") + 8 * 3_600_000, list[str]()
    jobs.prepare_province_page(database, "90", now)
    statements(database, sent)
    jobs.prepare_province_page(database, "90", now)
    assert not of_tallies(sent), "the page was read ahead"
    add(database, "HL", 1)
    jobs.prepare_province_page(database, "90", now)
    assert of_tallies(sent), "and is once more after a late answer"
    sent.clear()
    jobs.prepare_province_page(database, "90", now)
    assert not of_tallies(sent)


def test_late_answers_are_seen_at_once_everywhere(database: Database) -> None:
    assert sizes(ask(database)) == (120, 240, [120, 120], 40, 40)
    add(database, "HL", 3)
    whole, year, months, ward, own = sizes(ask(database))
    assert (whole, year, months, ward, own) == (123, 243, [120, 123], 43, 43)
    add(database, "HL", 2, month="2026-09")
    whole, year, months, *_ = sizes(ask(database))
    assert (whole, year, months) == (123, 245, [122, 123])


def test_without_stamps_the_memory_would_be_wrong(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(database)
    monkeypatch.setattr(staleness, "draw_stamps", lambda session, counted: None)
    add(database, "HL", 3)
    assert sizes(ask(database))[0] == 120  # the known-bad way: this is what stamps are for


def test_another_process_sees_what_this_one_counted(database: Database) -> None:
    other = Database(database.url)
    assert sizes(ask(other))[0] == 120
    add(database, "YM", 5)
    assert sizes(ask(other))[0] == 125
    other.close()


def test_a_recount_that_was_rolled_back_leaves_nothing_behind(database: Database) -> None:
    ask(database)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        response = session.query(Response).filter_by(agency_key="HL", month="2026-10").first()
        assert response is not None
        response.outcome, response.reason = "not_counted", "practice"
        session.flush()
        recount.recount_pairs(session, [("HL", "2026-10")])
        keys = queries.read_scope_keys(session, "NB")
        assert queries.read_figure(session, keys, ("2026-10",), "short").n == 119
        raise ZeroDivisionError
    assert sizes(ask(database))[0] == 120


def test_names_the_tree_and_what_is_hidden_are_not_remembered_past_their_time(database: Database) -> None:
    add(database, "STC", 3)
    names = {row.key: row.name.text("vi") for row in ask(database)["agencies"]}
    assert names["HL"] == "Phường Hoa Lư"
    with database.write() as session:
        session.get_one(Agency, "HL").name_vi = "Phường Đông Hoa Lư"
    found = {row.key: row for row in ask(database)["agencies"]}
    assert found["HL"].name.text("vi") == "Phường Đông Hoa Lư" and found["STC"].figure.shown == "under_5"
    with database.write() as session:
        session.get_one(Agency, "STC").parent_key = "SNV"
        staleness.mark_all_hidden_stale(session)
    found = {row.key: row for row in ask(database)["agencies"]}
    assert found["SNV"].figure.n == 43  # with everything under it
    assert suppression_store.compute_waiting_months(database, "2026-10")
    again = {row.key: row.figure.shown for row in ask(database)["agencies"]}
    assert again == {key: row.figure.shown for key, row in found.items()}


def test_what_came_in_while_hidden_cells_were_worked_out_is_not_passed_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly, late = suppression_store.compute_hidden_cells, ["STC"]

    def slowly(*asked: Any, **more: Any) -> Any:
        found = truly(*asked, **more)
        if asked[3] == "2026-10" and late:
            add(database, late.pop(), 3)
        return found

    monkeypatch.setattr(suppression_store, "compute_hidden_cells", slowly)
    suppression_store.compute_waiting_months(database, "2026-10")
    assert not late
    with database.read() as session:
        hidden = {
            cell.agency
            for cell in suppression_store.read_hidden_cells(session, "short", "2026")
            if cell.period == "2026-10"
        }
    assert "STC" in hidden


def test_a_reader_has_one_view(database: Database) -> None:
    with database.read() as session:
        keys = queries.read_scope_keys(session, "NB")
        assert queries.read_figure(session, keys, ("2026-10",), "short").n == 120
        add(database, "HL", 5)
        cache.clear_tally_cache(session)
        for read in ("stamps", "hidden"):
            session.info.pop(read, None)
        assert queries.read_figure(session, keys, ("2026-10",), "short").n == 120, "as of the moment it began"
    assert sizes(ask(database))[0] == 125


def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    memory = cache.TallyCache(most=10)
    for number in range(5):
        memory.put(number, 1, f"found {number}", 3)
        memory.get(0, 1)
    assert [memory.get(number, 1) is not None for number in range(5)] == [True, False, False, True, True]
    memory.put(0, 2, "new", 3)
    assert memory.get(0, 1) is None and memory.get(0, 2) == "new"
    memory.put("large", 1, "found", 11)
    assert memory.get("large", 1) is None and memory.get(0, 2) is None
