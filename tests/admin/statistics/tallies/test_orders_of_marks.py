"""Marks of tallies on PostgreSQL: nobody waits crosswise, and no recount misses a change.

Where a test must know that one waits for another, it asks the database. SQLite has one writer at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from admin.ledgers import centre_clock
from admin.statistics.tallies import recount, staleness
from models.storage.database import Database
from models.tables.response import Response
from models.tables.tally import HiddenYear, TallyMonth
from tests.fixtures.tally_rows import make_store

MONTH = "2026-10"
SIGNED = 1_790_000_000_000
ONE, OTHER = ("HL", MONTH), ("SNV", MONTH)
#: How long somebody is given who has to wait for nobody, in seconds; it takes a fraction of one.
PATIENCE = 30


@pytest.fixture
def database(postgres_store_url: str) -> Iterator[Database]:
    database = make_store(postgres_store_url)
    yield database
    database.close()


def answer(session: Session, number: int, agency: str = "HL", month: str = MONTH) -> None:
    """A response, without its mark."""
    session.add(
        Response(
            id=f"{number:032x}", device_id="d", epoch=1, seq=number, agency_key=agency, channel="kiosk", lang="vi",
            instrument="short", version=1, state="complete", score=5, answers={"overall": 5}, topics=[],
            outcome="counted", at_ms=0, low_ms=0, high_ms=0, claimed_ms=0, day=f"{month}-01", month=month,
        )
    )  # fmt: skip
    session.flush()


def at_once(database: Database, *works: Callable[[Session], object]) -> list[Exception]:
    """Do each in a transaction and a thread of its own; returns what went wrong."""
    wrong: list[Exception] = []

    def alone(work: Callable[[Session], object]) -> None:
        try:
            with database.write() as session:
                work(session)
        except Exception as error:  # told below
            wrong.append(error)

    threads = [threading.Thread(target=alone, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return wrong


def waits(database: Database) -> bool:
    """Whether somebody waits for another's row."""
    with database.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def until(done: Callable[[], bool]) -> None:
    """Look until it is so."""
    for _try in range(PATIENCE * 50):
        if done():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it does not come to that")


def counted(database: Database) -> int:
    """How many answers the tallies of the month tell, once what is marked was counted."""
    with database.write() as session:
        recount.recount_stale(session)
        rows = session.execute(select(TallyMonth.n).where(TallyMonth.item == "overall", TallyMonth.agency_key == "HL"))
        return sum(n for (n,) in rows)


def marked(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return recount.find_stale_pairs(session)


@pytest.mark.parametrize("in_savepoints", [False, True], ids=["", "in savepoints"])
def test_two_transactions_that_mark_crosswise_both_end_well(database: Database, in_savepoints: bool) -> None:
    met = threading.Barrier(2, timeout=PATIENCE)

    def marks(*pairs: tuple[str, str]) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            for pair in pairs:
                if in_savepoints:
                    with session.begin_nested():
                        staleness.mark_stale(session, {pair})
                else:
                    staleness.mark_stale(session, {pair})
                met.wait()

        return work

    assert at_once(database, marks(ONE, OTHER), marks(OTHER, ONE)) == []
    assert marked(database) == [ONE, OTHER]


class _Meeting(dict[tuple[str, int], recount.VersionItems]):
    """Questions; whoever asks for the `nth` time goes on when the other does so too, or waits for him."""

    def __init__(self, database: Database, met: set[int], nth: int) -> None:
        super().__init__()
        self.database, self.met, self.nth = database, met, nth

    def get(self, key: tuple[str, int], default: Any = None) -> Any:
        self.nth -= 1
        if self.nth == 0:
            self.met.add(id(self))
            until(lambda: len(self.met) == 2 or waits(self.database))
        return super().get(key, default)


def recounts_at_once(database: Database, nth: int, *several: Sequence[tuple[str, str]]) -> list[Exception]:
    """Two recounts of several pairs each, which meet at the `nth` response they read."""
    met: set[int] = set()

    def counts(pairs: Sequence[tuple[str, str]]) -> Callable[[Session], object]:
        questions = _Meeting(database, met, nth)
        return lambda session: recount.recount_pairs(session, pairs, questions)

    return at_once(database, *map(counts, several))


def test_two_recounts_of_several_agencies_do_not_wait_crosswise(database: Database) -> None:
    with database.write() as session:
        for number, (agency, _month) in enumerate((ONE, OTHER), start=1):
            answer(session, number, agency)
    assert recounts_at_once(database, 1, [ONE, OTHER], [OTHER, ONE]) == []
    assert counted(database) == 1


def test_two_recounts_of_two_years_do_not_wait_crosswise(database: Database) -> None:
    """What is hidden of a year is everybody's: both change the same rows, each first the other's last."""
    first, second = [("HL", "2025-12"), ("SNV", "2026-01")], [("STC", "2026-01"), ("YM", "2025-12")]
    with database.write() as session:
        for number, (agency, month) in enumerate(first + second, start=1):
            answer(session, number, agency, month)
        for year in ("2025", "2026"):
            session.add(HiddenYear(instrument="short", year=year, stale_from=f"{year}-12"))
    assert recounts_at_once(database, 2, first, second) == []
    with database.read() as session:
        rows = session.execute(select(HiddenYear.year, HiddenYear.stale_from))
        assert {year: stale for year, stale in rows} == {"2025": "2025-12", "2026": "2026-01"}


def test_a_change_that_ends_while_a_recount_is_under_way_is_counted_after_it(database: Database) -> None:
    """The recount has read the responses and holds the mark: the change waits for its end, and marks anew."""
    read = threading.Event()
    with database.write() as session:
        staleness.mark_stale(session, {ONE})

    def recounts(session: Session) -> None:
        recount.recount_pairs(session, [ONE])
        read.set()
        until(lambda: waits(database))

    def changes(session: Session) -> None:
        assert read.wait(PATIENCE)
        answer(session, 1)
        staleness.mark_stale(session, {ONE})

    assert at_once(database, recounts, changes) == []
    assert marked(database) == [ONE] and counted(database) == 1 and marked(database) == []


def test_a_recount_that_begins_while_a_change_ends_waits_for_it(database: Database) -> None:
    """There is a mark already, which the change must not only look at: the recount would take it away."""
    held, done = threading.Event(), threading.Event()
    with database.write() as session:
        staleness.mark_stale(session, {ONE})

    def changes(session: Session) -> None:
        answer(session, 1)
        staleness.mark_stale(session, {ONE})
        event.listen(session, "before_commit", ends)

    def ends(session: Session) -> None:
        """Once all marks are written."""
        held.set()
        until(lambda: done.is_set() or waits(database))

    def recounts(session: Session) -> None:
        assert held.wait(PATIENCE)
        recount.recount_pairs(session, [ONE])
        event.listen(session, "after_commit", lambda session: done.set())

    assert at_once(database, changes, recounts) == []
    assert counted(database) == 1


def test_who_waits_for_a_recount_keeps_nobody_else_from_signing(database: Database) -> None:
    """The note of the newest signed time is everybody's: a phone's answer locks it last, after its mark."""
    counting, signed = threading.Event(), threading.Event()

    def recounts(session: Session) -> None:
        recount.recount_pairs(session, [ONE])
        counting.set()
        assert signed.wait(PATIENCE)

    def answers(session: Session) -> None:
        assert counting.wait(PATIENCE)
        staleness.mark_stale(session, {ONE})
        centre_clock.record_signed_time(session, SIGNED)

    def signs(session: Session) -> None:
        until(lambda: waits(database))  # the answer does, for the recount
        centre_clock.record_signed_time(session, SIGNED)
        event.listen(session, "after_commit", lambda session: signed.set())

    assert at_once(database, recounts, answers, signs) == []
    assert marked(database) == [ONE]


def test_whoever_changes_and_recounts_in_one_transaction_leaves_no_mark(database: Database) -> None:
    with database.write() as session:
        answer(session, 1)
        staleness.mark_stale(session, {ONE, OTHER})
        recount.recount_pairs(session, [ONE])
        rows = session.scalars(select(TallyMonth.n).where(TallyMonth.item == "overall"))
        assert list(rows) == [1]
    assert marked(database) == [OTHER]


def test_what_a_savepoint_took_back_is_counted_once_more_and_comes_out_the_same(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(LookupError), session.begin_nested():
            staleness.mark_stale(session, {ONE})
            raise LookupError
    assert marked(database) == [ONE] and counted(database) == 0


def test_a_transaction_that_is_taken_back_marks_nothing(database: Database) -> None:
    with pytest.raises(LookupError), database.write() as session:
        staleness.mark_stale(session, {ONE})
        raise LookupError
    assert marked(database) == []
